import { scalar, tensor2d } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backprop } from '../../src/core/network.ts'
import { stochasticGradientDescent } from '../../src/core/optimizers/sgd.ts'
import { regularizers, type RegularizerName } from '../../src/core/regularizers/index.ts'
import { l1 } from '../../src/core/regularizers/l1.ts'
import { withTensors } from '../../src/core/scope.ts'
import { batchOf, networkAndBatch, numbersOf, paramsOf, partsOf } from '../support/cases.ts'
import * as twin from '../support/float64.ts'

const names = Object.keys(regularizers) as readonly RegularizerName[]

const W = [2, -0.5, 0, -3]

describe('l1 by hand', () => {
  const on = (part: 'penalty' | 'gradient' | 'shrink'): number[] =>
    withTensors(
      () => {
        const w = tensor2d([W])
        if (part === 'penalty') return l1.penalty(paramsOf({ weights: [[W]], biases: [[7]] }))
        return part === 'gradient' ? l1.gradient(w) : l1.shrink(w, scalar(0.25))
      },
      result => [...result.dataSync()],
    )

  it('the penalty is the sum of |w|, without the biases: (95)', () => expect(on('penalty')).toEqual([5.5]))
  it('its gradient is the sign, and 0 at 0: (96)', () => expect(on('gradient')).toEqual([1, -1, 0, -1]))
  it('a step moves each weight by ηλ/n towards 0, and leaves 0: (97)', () =>
    expect(on('shrink')).toEqual([1.75, -0.25, 0, -2.75]))
})

it('golden: the penalty of 0.1, -0.2 and 0.3', () => {
  const params = { weights: [[[0.1, -0.2, 0.3]]], biases: [[1]] }
  const found = withTensors(
    () => [l1.penalty(paramsOf(params)), regularizers.l2.penalty(paramsOf(params))],
    values => values.map(value => value.dataSync()[0]!),
  )
  expect(found[0]).toBeCloseTo(0.6, 6)
  expect(found[1]).toBeCloseTo(0.07, 6)
})

describe.each(names)('law, %s:', name => {
  const regularizer = regularizers[name]

  it('its penalty is that of the twin', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net }) => {
        const found = withTensors(
          () => regularizer.penalty(paramsOf(net)),
          value => value.dataSync()[0]!,
        )
        expect(found / twin.penalty(net, name)).toBeCloseTo(1, 5)
      }),
    )
  })

  it('shrink is a step along its gradient', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -9, max: 9, noNaN: true }), { minLength: 1 }), row => {
        const [shrunk, slope] = withTensors(
          () => {
            const w = tensor2d([row])
            return [regularizer.shrink(w, scalar(regularizer.factor(0.125))), regularizer.gradient(w)]
          },
          results => results.map(result => [...result.dataSync()]),
        )
        row.forEach((w, i) => expect(shrunk![i]).toBeCloseTo(w - 0.125 * slope![i]!, 5))
      }),
    )
  })

  it("a step of SGD with it is the twin's", () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net, batch }) => {
        const hyper = { eta: 0.3, lmbda: 2, mu: 0, m: batch.length, n: 40 }
        const { rate, decay } = stochasticGradientDescent.scale(hyper, regularizer)
        const found = withTensors(() => {
          const params = paramsOf(net)
          const scale = { rate: scalar(rate), decay: scalar(decay) }
          const gradients = backprop(partsOf(net))(params, batchOf(batch))
          return stochasticGradientDescent.update(gradients, { params, optimizer: [] }, scale, regularizer)
            .params
        }, numbersOf)
        const expected = twin.updateMiniBatch(net, batch, { ...hyper, regularizer: name })
        expect(twin.relativeError(found, twin.leaves(expected), 1e-1)).toBeLessThan(1e-5)
      }),
    )
  })
})

import { scalar } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { network2Plans, recorded, type Golden } from '../../../scripts/golden.ts'
import type { Scalar } from '@tensorflow/tfjs-core'
import type { Params } from '../../../src/core/params.ts'
import { foldScoped, withTensors } from '../../../src/core/scope.ts'
import { backprop, type Batch } from '../../../src/core/network.ts'
import { stochasticGradientDescent } from '../../../src/core/optimizers/sgd.ts'
import { l2 } from '../../../src/core/regularizers/l2.ts'
import { batchOf, networkAndBatch, numbersOf, paramsOf, partsOf, type Case } from '../../support/cases.ts'
import * as twin from '../../support/float64.ts'

type Scale = { readonly rate: Scalar; readonly decay: Scalar }

/** One step of SGD with L2. */
const step =
  (net: Pick<twin.Network, 'cost'>) =>
  (params: Params, batch: Batch, scale: Scale): Params =>
    stochasticGradientDescent.update(
      backprop(partsOf(net))(params, batch),
      { params, optimizer: [] },
      scale,
      l2,
    ).params

/** The numbers after one step at this rate and decay. */
const after = ({ net, batch }: Case, rate: number, decay: number): twin.Vector[] =>
  withTensors(
    () =>
      step(net)(paramsOf(net), batchOf(batch), {
        rate: scalar(rate),
        decay: scalar(decay),
      }),
    numbersOf,
  )

const even: twin.Network = { cost: 'CrossEntropyCost', weights: [[[1, -1]], [[2]]], biases: [[0], [-1]] }
const ones: twin.Example = { x: [1, 1], y: [1] }

describe('by hand', () => {
  it('weights decay and descend, biases only descend: (93), (94)', () => {
    expect(after({ net: even, batch: [ones, ones] }, 0.5, 0.5)).toEqual([
      [0.75, -0.25],
      [0.25],
      [1.25],
      [-0.5],
    ])
  })

  it('without decay: (20), (21)', () => {
    expect(after({ net: even, batch: [ones] }, 1, 1)).toEqual([[1.25, -0.75], [0.25], [2.25], [-0.5]])
  })
})

describe('laws', () => {
  it("a step is network2's update_mini_batch", () => {
    const pace = fc.record({
      eta: fc.double({ min: 0.01, max: 3, noNaN: true }),
      lmbda: fc.double({ min: 0, max: 10, noNaN: true }),
      n: fc.integer({ min: 10, max: 1000 }),
    })
    fc.assert(
      fc.property(networkAndBatch, pace, ({ net, batch }, { eta, lmbda, n }) => {
        const found = after({ net, batch }, eta / batch.length, 1 - (eta * lmbda) / n)
        const expected = twin.leaves(twin.updateMiniBatch(net, batch, { eta, lmbda, n }))
        expect(twin.relativeError(found, expected, 1e-1)).toBeLessThan(1e-5)
      }),
    )
  })

  it('decay never touches biases', () => {
    fc.assert(
      fc.property(networkAndBatch, fc.float({ min: 0, max: 1, noNaN: true }), (given, decay) => {
        const biases = (leaves: twin.Vector[]): twin.Vector[] => leaves.filter((_, i) => i % 2 === 1)
        expect(biases(after(given, 0.25, decay))).toEqual(biases(after(given, 0.25, 1)))
        expect(biases(after(given, 0, decay))).toEqual(given.net.biases)
      }),
    )
  })

  it('at rate 0, weights do nothing but decay', () => {
    fc.assert(
      fc.property(networkAndBatch, given => {
        const weights = after(given, 0, 0.5).filter((_, i) => i % 2 === 0)
        expect(weights).toEqual(given.net.weights.map(w => w.flat().map(x => x / 2)))
      }),
    )
  })

  it('purity: nothing given is changed, and a second call answers the same', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net, batch }) => {
        const once = step(net)
        const all = withTensors(
          () => {
            const [params, given, pace] = [
              paramsOf(net),
              batchOf(batch),
              { rate: scalar(0.5), decay: scalar(0.9) },
            ]
            return {
              params,
              given,
              pace,
              first: once(params, given, pace),
              second: once(params, given, pace),
            }
          },
          ({ params, given, pace, first, second }) => ({
            params: numbersOf(params),
            given: [given.x.arraySync(), given.y.arraySync()],
            pace: [pace.rate.arraySync(), pace.decay.arraySync()],
            first: numbersOf(first),
            second: numbersOf(second),
          }),
        )
        expect(all.second).toEqual(all.first)
        expect(all.params).toEqual(twin.leaves(net))
        expect(all.given).toEqual([batch.map(({ x }) => x), batch.map(({ y }) => y)])
        expect(all.pace).toEqual([0.5, Math.fround(0.9)])
      }),
    )
  })
})

/** A recorded training as a bare fold of steps. */
const trained = ({ start, data, options }: Golden): twin.Vector[] => {
  const { eta, lmbda, miniBatchSize, epochs } = options
  const training = twin.examples(data.training, start.sizes.at(-1) ?? 0)
  const n = training.length
  const epoch = Array.from({ length: Math.ceil(n / miniBatchSize) }, (_, i) =>
    training.slice(i * miniBatchSize, (i + 1) * miniBatchSize),
  )
  const descend = foldScoped((params: Params, batch: readonly twin.Example[]): Params => {
    const pace = { rate: scalar(eta / batch.length), decay: scalar(1 - (eta * lmbda) / n) }
    return step(twin.load(start))(params, batchOf(batch), pace)
  })
  return withTensors(
    () => descend(paramsOf(twin.load(start)), Array.from({ length: epochs }, () => epoch).flat()),
    numbersOf,
  )
}

describe('golden', () => {
  it.each(network2Plans)('$name: the weights and biases of the last epoch', plan => {
    const golden = recorded(plan)
    const expected = twin.leaves(twin.load({ ...golden.start, ...golden.expected }))
    expect(twin.relativeError(trained(golden), expected)).toBeLessThan(1e-5)
  })
})

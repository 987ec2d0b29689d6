import { scalar } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { backprop } from '../../../src/core/network.ts'
import { momentum } from '../../../src/core/optimizers/momentum.ts'
import { stochasticGradientDescent } from '../../../src/core/optimizers/sgd.ts'
import { regularizers, type RegularizerName } from '../../../src/core/regularizers/index.ts'
import { withTensors } from '../../../src/core/scope.ts'
import { batchOf, networkAndBatch, numbersOf, paramsOf, partsOf, type Case } from '../../support/cases.ts'
import * as twin from '../../support/float64.ts'

type Hyper = { readonly eta: number; readonly lmbda: number; readonly mu: number; readonly n: number }

/** The parameters and the velocities after some steps on one mini-batch. */
const after = ({ net, batch }: Case, steps: number, hyper: Hyper, name: RegularizerName) =>
  withTensors(
    () => {
      const numbers = momentum.scale({ ...hyper, m: batch.length }, regularizers[name])
      const scale = { rate: scalar(numbers.rate), mu: scalar(numbers.mu), decay: scalar(numbers.decay) }
      const params = paramsOf(net)
      let state = { params, optimizer: momentum.init(params) }
      for (let i = 0; i < steps; i++)
        state = momentum.update(
          backprop(partsOf(net))(state.params, batchOf(batch)),
          state,
          scale,
          regularizers[name],
        )
      return state
    },
    ({ params, optimizer }) => ({ params: numbersOf(params), velocities: numbersOf(optimizer) }),
  )

/** One neuron without inputs that matter: with x = 0 only the bias has a gradient, a - y = -1/2 at b = 0. */
const neuron: Case = {
  net: { cost: 'CrossEntropyCost', weights: [[[2]]], biases: [[0]] },
  batch: [{ x: [0], y: [1] }],
}

describe('by hand', () => {
  it('the first step is that of plain descent; the velocity stays: (107), (108)', () => {
    expect(after(neuron, 1, { eta: 1, lmbda: 0, mu: 0.5, n: 1 }, 'l2')).toEqual({
      params: [[2], [0.5]],
      velocities: [[0], [0.5]],
    })
  })

  it('the penalty is part of the gradient: with L2 w loses ηλ/n w, then μ times that too', () => {
    const once = after(neuron, 1, { eta: 1, lmbda: 1, mu: 0.5, n: 4 }, 'l2')
    expect(once.params[0]).toEqual([1.5])
    const twice = after(neuron, 2, { eta: 1, lmbda: 1, mu: 0.5, n: 4 }, 'l2')
    expect(twice.velocities[0]).toEqual([-0.5 * 0.5 - 0.25 * 1.5])
    expect(twice.params[0]).toEqual([1.5 - 0.625])
  })
})

it('golden: the second step of the neuron moves by μ v and the new gradient', () => {
  // after the first step v = b = 1; then v = 1/2 + 2 (1 - σ(1))
  const { params } = after(neuron, 2, { eta: 2, lmbda: 0, mu: 0.5, n: 1 }, 'l2')
  expect(params[1]![0]).toBeCloseTo(2.0378828, 6)
})

describe('laws', () => {
  const hyper = fc.record({
    eta: fc.double({ min: 0.01, max: 0.5, noNaN: true }),
    lmbda: fc.double({ min: 0, max: 5, noNaN: true }),
    mu: fc.double({ min: 0, max: 0.95, noNaN: true }),
    n: fc.integer({ min: 10, max: 1000 }),
  })
  const names = fc.constantFrom(...(Object.keys(regularizers) as RegularizerName[]))

  it("a step is the twin's", () => {
    fc.assert(
      fc.property(networkAndBatch, hyper, names, (given, hyper, regularizer) => {
        const found = after(given, 1, hyper, regularizer)
        const expected = twin.momentumStep(given.net, twin.zeros(given.net), given.batch, {
          ...hyper,
          regularizer,
        })
        expect(twin.relativeError(found.params, twin.leaves(expected.net), 1e-1)).toBeLessThan(1e-5)
        expect(twin.relativeError(found.velocities, twin.leaves(expected.velocity), 1e-1)).toBeLessThan(1e-5)
      }),
    )
  })

  it('with μ = 0 it is plain descent', () => {
    fc.assert(
      fc.property(networkAndBatch, hyper, names, ({ net, batch }, hyper, name) => {
        const { params } = after({ net, batch }, 1, { ...hyper, mu: 0 }, name)
        const numbers = stochasticGradientDescent.scale({ ...hyper, m: batch.length }, regularizers[name])
        const plain = withTensors(() => {
          const params = paramsOf(net)
          const scale = { rate: scalar(numbers.rate), decay: scalar(numbers.decay) }
          const gradients = backprop(partsOf(net))(params, batchOf(batch))
          return stochasticGradientDescent.update(
            gradients,
            { params, optimizer: [] },
            scale,
            regularizers[name],
          ).params
        }, numbersOf)
        expect(twin.relativeError(params, plain, 1e-1)).toBeLessThan(1e-5)
      }),
    )
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { basename, dirname } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fileOf, plans, record, text } from '../../scripts/golden.ts'
import { networkAndBatch, thinnedAndBatch } from '../support/cases.ts'
import {
  accuracy,
  argmax,
  backprop,
  centralDifferences,
  costs,
  distanceFromKink,
  epochs,
  examples,
  feedforward,
  leaves,
  load,
  relativeError,
  save,
  sgd,
  sigmoid,
  sigmoidPrime,
  summedCost,
  summedGradient,
  totalCost,
  updateMiniBatch,
  type Example,
  type Network,
} from '../support/float64.ts'
import { randomCases } from '../support/long.ts'

/** [2, 1, 1], with every weighted input 0 and so every activation ½ on the input (1, 1). */
const even: Network = {
  cost: 'CrossEntropyCost',
  weights: [[[1, -1]], [[2]]],
  biases: [[0], [-1]],
}
const ones: Example = { x: [1, 1], y: [1] }

describe('by hand', () => {
  it('sigma is ½ at 0, where its slope is ¼: (3)', () => {
    expect([sigmoid(0), sigmoidPrime(0)]).toEqual([0.5, 0.25])
    expect(sigmoid(Math.log(3))).toBeCloseTo(0.75, 15)
  })

  it("feedforward gives the chapter's single neuron its outputs: 0.82 and 0.98", () => {
    const neuron = (w: number, b: number): Network => ({
      cost: 'QuadraticCost',
      weights: [[[w]]],
      biases: [[b]],
    })
    expect(feedforward(neuron(0.6, 0.9), [1])[0]).toBeCloseTo(0.82, 2)
    expect(feedforward(neuron(2, 2), [1])[0]).toBeCloseTo(0.98, 2)
  })

  it('backprop: BP1-BP4 on halves', () => {
    expect(backprop(even, ones)).toEqual({
      weights: [[[-0.25, -0.25]], [[-0.25]]],
      biases: [[-0.25], [-0.5]],
    })
    expect(backprop({ ...even, cost: 'QuadraticCost' }, ones)).toEqual({
      weights: [[[-0.0625, -0.0625]], [[-0.0625]]],
      biases: [[-0.0625], [-0.125]],
    })
  })

  it('costs: ½‖a - y‖² and the cross-entropy, summed over outputs', () => {
    expect(costs.QuadraticCost.fn([1, 0.5], [0, 0])).toBe(0.625)
    expect(costs.CrossEntropyCost.fn([0.5, 0.5], [1, 0])).toBeCloseTo(2 * Math.LN2, 15)
  })

  it("costs: network2's nan_to_num makes 0 of 0 ln 0 and the largest number of ln 0", () => {
    expect(costs.CrossEntropyCost.fn([0, 1], [0, 1])).toBe(0)
    expect(costs.CrossEntropyCost.fn([1], [0])).toBe(Number.MAX_VALUE)
  })

  it('a step divides the gradient by the length of its batch, decays weights by n, and leaves biases undecayed', () => {
    const batch = [ones, ones]
    const after = updateMiniBatch({ ...even, biases: [[0], [-1]] }, batch, { eta: 1, lmbda: 4, n: 8 })
    expect(after.weights).toEqual([[[0.5 + 0.25, -0.5 + 0.25]], [[1 + 0.25]]])
    expect(after.biases).toEqual([[0.25], [-0.5]])
  })

  it('the total cost is a mean, plus lmbda over twice the length of the data set times the squared weights', () => {
    expect(totalCost(even, [ones, ones], 0)).toBeCloseTo(Math.LN2, 15)
    expect(totalCost(even, [ones, ones], 4)).toBeCloseTo(Math.LN2 + 6, 14)
  })

  it('accuracy counts, and the first of equal outputs is the answer', () => {
    const indifferent: Network = { cost: 'QuadraticCost', weights: [[[0], [0], [0]]], biases: [[0, 0, 0]] }
    const digits = examples({ inputs: [[1], [2], [3]], labels: [0, 2, 0] }, 3)
    expect(argmax([1, 3, 3])).toBe(1)
    expect(accuracy(indifferent, digits)).toBe(2)
  })

  it('an epoch takes batches in order, the last one short', () => {
    const data = [1, 2, 3].map(x => ({ x: [x, x], y: [0] }))
    const options = { eta: 1, lmbda: 3, miniBatchSize: 2, epochs: 1 }
    const first = updateMiniBatch(even, data.slice(0, 2), { eta: 1, lmbda: 3, n: 3 })
    const second = updateMiniBatch(first, data.slice(2), { eta: 1, lmbda: 3, n: 3 })
    expect([...epochs(even, data, options)]).toEqual([second])
    expect(sgd(even, data, data, { ...options, epochs: 0 })).toEqual({
      net: even,
      monitored: { evaluationCost: [], evaluationAccuracy: [], trainingCost: [], trainingAccuracy: [] },
    })
  })

  it("network2's file has its biases as columns", () => {
    expect(save(even)).toEqual({
      sizes: [2, 1, 1],
      weights: [[[1, -1]], [[2]]],
      biases: [[[0]], [[-1]]],
      cost: 'CrossEntropyCost',
    })
    expect(load(save(even))).toEqual(even)
  })
})

/** How long a step the central differences take, and how exact they then are. */
const differences = {
  sigmoid: { step: 3e-3, limit: 1e-7 },
  tanh: { step: 8e-4, limit: 1e-7 },
  relu: { step: 1e-4, limit: 1e-6 },
}

describe('laws', () => {
  it.each([
    ['whole', networkAndBatch],
    ['thinned by dropout', thinnedAndBatch],
  ])('%s, the gradient is the slope of the cost: central differences, 1e-7 (relu: 1e-6)', (_, cases) => {
    fc.assert(
      fc.property(cases, ({ net, batch }) => {
        // tanh bends more than the sigmoid; and a difference must not reach over a kink, which leaves more to rounding
        const { step, limit } = differences[net.hidden ?? 'sigmoid']
        fc.pre(net.hidden !== 'relu' || distanceFromKink(net, batch) > 0.01)
        const found = leaves(summedGradient(net, batch))
        const expected = leaves(centralDifferences(net, batch, step))
        expect(relativeError(found, expected, 1e-4)).toBeLessThan(limit)
      }),
      { numRuns: randomCases(50, 200) },
    )
  })

  it('a batch costs what its examples cost, and so does its gradient', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net, batch }) => {
        expect(totalCost(net, batch, 0) * batch.length).toBeCloseTo(summedCost(net, batch), 9)
        const [first, ...rest] = batch as [Example, ...Example[]]
        const apart = [
          leaves(backprop(net, first)),
          ...rest.map(example => leaves(backprop(net, example))),
        ].reduce((total, one) => total.map((leaf, l) => leaf.map((x, i) => x + (one[l]?.[i] ?? NaN))))
        expect(relativeError(leaves(summedGradient(net, batch)), apart, 1e-9)).toBeLessThan(1e-12)
      }),
    )
  })

  it('nothing given is changed', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net, batch }) => {
        const before = structuredClone({ net, batch })
        sgd(net, batch, batch, { eta: 1, lmbda: 1, miniBatchSize: 2, epochs: 2 })
        expect({ net, batch }).toEqual(before)
      }),
    )
  })
})

describe('golden files', () => {
  it.each(plans)('$name is what its recorder records', plan => {
    expect(readFileSync(fileOf(plan), 'utf8')).toBe(text(record(plan)))
  })

  it('every file has its recorder', () => {
    const files = readdirSync(dirname(fileOf({ name: 'any' }))).filter(file => file.endsWith('.json'))
    expect(files.toSorted()).toEqual(plans.map(plan => basename(fileOf(plan))).toSorted())
  })
})

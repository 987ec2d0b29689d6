// for tf.grads: the Node bundle of tfjs-core registers no gradient
import '@tensorflow/tfjs'
import { grads, type Tensor2D } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { plans, recorded, startOf } from '../../scripts/golden.ts'
import { backprop, feedforward, output } from '../../src/core/network.ts'
import { withTensors } from '../../src/core/scope.ts'
import { leaves, unflatten } from '../../src/core/tree.ts'
import {
  batchOf,
  maskTensors,
  networkAndBatch,
  numbersOf,
  paramsOf,
  partsOf,
  rowsOf,
  summedCost,
  thinnedAndBatch,
  type Case,
} from '../support/cases.ts'
import * as twin from '../support/float64.ts'

const rows = (tensor: Tensor2D): number[][] => tensor.arraySync()

const found = ({ net, batch }: Case): twin.Vector[] =>
  withTensors(() => backprop(partsOf(net))(paramsOf(net), batchOf(batch), maskTensors(net)), numbersOf)

/** The same gradient by automatic differentiation of the summed cost. */
const automatic = ({ net, batch }: Case): twin.Vector[] =>
  withTensors(() => {
    const params = paramsOf(net)
    const given = batchOf(batch)
    const summed = (...tensors: Parameters<typeof unflatten>[1][number][]) =>
      summedCost(net, unflatten(params, tensors), given)
    return unflatten(params, grads(summed)([...leaves(params)]))
  }, numbersOf)

const neuron = (w: number, b: number): twin.Network => ({
  cost: 'QuadraticCost',
  weights: [[[w]]],
  biases: [[b]],
})

describe('by hand', () => {
  it("the chapter's neuron answers 0.82, and 0.98 when it starts badly: (25)", () => {
    for (const [net, a] of [
      [neuron(0.6, 0.9), 0.817574],
      [neuron(2, 2), 0.982014],
    ] as const) {
      // prettier-ignore
      const answer = withTensors(() => feedforward(partsOf(net))(paramsOf(net), rowsOf([[1]])), rows)
      expect(answer[0]?.[0]).toBeCloseTo(a, 5)
    }
  })

  it("the chapter's neuron learns from w and b alike: a σ'(z): (55), (56)", () => {
    const batch = [{ x: [1], y: [0] }]
    const [w, b] = found({ net: neuron(0.6, 0.9), batch })
    expect(w?.[0]).toBeCloseTo(0.121936, 5)
    expect(b?.[0]).toBeCloseTo(0.121936, 5)
    const slow = found({ net: neuron(2, 2), batch })
    expect(slow[0]?.[0]).toBeCloseTo(0.017345, 5)
  })

  it('two layers, every activation ½: BP1-BP4', () => {
    const net: twin.Network = { cost: 'CrossEntropyCost', weights: [[[1, -1]], [[2]]], biases: [[0], [-1]] }
    const batch = [{ x: [1, 1], y: [1] }]
    expect(found({ net, batch })).toEqual([[-0.25, -0.25], [-0.25], [-0.25], [-0.5]])
    expect(found({ net: { ...net, cost: 'QuadraticCost' }, batch })).toEqual([
      [-0.0625, -0.0625],
      [-0.0625],
      [-0.0625],
      [-0.125],
    ])
  })

  it('a deleted neuron gets no error, whatever its slope, and its weights no gradient', () => {
    // [1, 2, 1] with tanh: z = (1, 1); the first hidden neuron is deleted. a - y = ½ - 1, or ½ + tanh(1)/2 without masks
    const weights = [[[1], [1]], [[1, 0]]]
    const net: twin.Network = {
      cost: 'LinearQuadraticCost',
      hidden: 'tanh',
      weights,
      biases: [[0, 0], [0.5]],
      masks: [[0, 1]],
    }
    const batch = [{ x: [1], y: [1] }]
    const [w1, b1, w2, b2] = found({ net, batch })
    // δ^1 = (w^2)ᵀ δ^2 ⊙ (1 - a²) ⊙ r: of the first neuron -½ · 1 · 0, of the second 0 · …
    expect(w1!.map(Math.abs)).toEqual([0, 0])
    expect(b1!.map(Math.abs)).toEqual([0, 0])
    expect(w2![0]).toBeCloseTo(0, 10)
    expect(w2![1]).toBeCloseTo(-0.5 * Math.tanh(1), 6)
    expect(b2).toEqual([-0.5])
  })

  it('the gradient of a batch is a sum over its examples, not a mean', () => {
    const net: twin.Network = { cost: 'CrossEntropyCost', weights: [[[0]]], biases: [[0]] }
    const batch = [1, 2, 3].map(x => ({ x: [x], y: [0] }))
    expect(found({ net, batch })).toEqual([[3], [1.5]])
  })
})

describe('golden', () => {
  it.each(plans)('$name: the gradient at the start is that of the twin', plan => {
    const golden = recorded(plan)
    const net = startOf(golden)
    const batch = twin.examples(golden.data.training, golden.start.sizes.at(-1) ?? 0)
    expect(
      twin.relativeError(found({ net, batch }), twin.leaves(twin.summedGradient(net, batch))),
    ).toBeLessThan(1e-5)
  })
})

describe('laws', () => {
  it('feedforward agrees with the twin, row by row', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net, batch }) => {
        const answers = withTensors(() => feedforward(partsOf(net))(paramsOf(net), batchOf(batch).x), rows)
        const expected = batch.map(({ x }) => twin.feedforward(net, x))
        expect(twin.relativeError(answers, expected, 1)).toBeLessThan(1e-6)
      }),
    )
  })

  it('output gives z beside a, the output neurons of the cost, and a is what feedforward answers', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net, batch }) => {
        const [z, a, answer] = withTensors(
          () => {
            const params = paramsOf(net)
            const { x } = batchOf(batch)
            const { z, a } = output(partsOf(net))(params, x)
            return [z, a, feedforward(partsOf(net))(params, x)]
          },
          tensors => tensors.map(rows),
        )
        expect(answer).toEqual(a)
        expect(
          twin.relativeError(
            a ?? [],
            (z ?? []).map(row => twin.costs[net.cost].output(row)),
            1,
          ),
        ).toBeLessThan(1e-6)
      }),
    )
  })

  describe.each([
    ['whole', networkAndBatch],
    ['thinned by dropout', thinnedAndBatch],
  ])('of a network that is %s, backprop is the gradient of the summed cost', (_, cases) => {
    it('tf.grads, 1e-4', () => {
      fc.assert(
        fc.property(cases, given => {
          expect(twin.relativeError(found(given), automatic(given), 1e-3)).toBeLessThan(1e-4)
        }),
        { numRuns: 200 },
      )
    })

    it('the twin, 1e-4', () => {
      fc.assert(
        fc.property(cases, given => {
          const expected = twin.leaves(twin.summedGradient(given.net, given.batch))
          expect(twin.relativeError(found(given), expected, 1e-3)).toBeLessThan(1e-4)
        }),
        { numRuns: 200 },
      )
    })
  })

  it('purity: nothing given is changed, and a second call answers the same', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net, batch }) => {
        const gradient = backprop(partsOf(net))
        const all = withTensors(
          () => {
            const params = paramsOf(net)
            const given = batchOf(batch)
            const [first, second] = [gradient(params, given), gradient(params, given)]
            const [a, b] = [
              feedforward(partsOf(net))(params, given.x),
              feedforward(partsOf(net))(params, given.x),
            ]
            return { first, second, a, b, params, given }
          },
          ({ first, second, a, b, params, given }) => ({
            first: numbersOf(first),
            second: numbersOf(second),
            a: rows(a),
            b: rows(b),
            params: numbersOf(params),
            given: { x: rows(given.x), y: rows(given.y) },
          }),
        )
        expect(all.second).toEqual(all.first)
        expect(all.b).toEqual(all.a)
        expect(all.params).toEqual(twin.leaves(net))
        expect(all.given).toEqual({ x: batch.map(({ x }) => x), y: batch.map(({ y }) => y) })
      }),
    )
  })
})

// for tf.grad: the Node bundle of tfjs-core registers no gradient
import '@tensorflow/tfjs'
import { grad, mul, sum, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sigmoid } from '../../../src/core/activations/sigmoid.ts'
import { crossEntropy } from '../../../src/core/costs/cross-entropy.ts'
import { l2 } from '../../../src/core/regularizers/l2.ts'
import { quadratic } from '../../../src/core/costs/quadratic.ts'
import type { Cost } from '../../../src/core/cost.ts'
import { costs } from '../../../src/core/costs/index.ts'
import { withTensors } from '../../../src/core/scope.ts'
import { costPartAt, networkAndBatch, paramsOf, type CostPart } from '../../support/cases.ts'
import * as twin from '../../support/float64.ts'

/** `fn` or `delta` of one example, from its weighted inputs. */
const at = costPartAt(sigmoid)

const one = (part: CostPart, z: number, y: number): number => at(part, [z], [y])[0] ?? NaN

/** The cross-entropy of one output in float64, stable like the project's but by another way: ln(1 + e^z) - y z. */
const reference = (z: number, y: number): number =>
  (z > 0 ? z + Math.log1p(Math.exp(-z)) : Math.log1p(Math.exp(z))) - y * z

const twinOf = (cost: Cost): (typeof twin.costs)[twin.CostName] =>
  cost.name === 'quadratic' ? twin.costs.QuadraticCost : twin.costs.CrossEntropyCost

const both = [quadratic, crossEntropy]
const weighted = (limit: number): fc.Arbitrary<number> => fc.float({ min: -limit, max: limit, noNaN: true })
const desired = fc.float({ min: 0, max: 1, noNaN: true })
const outputs = fc.array(fc.tuple(weighted(12), desired), { minLength: 1, maxLength: 6 })

describe('by hand', () => {
  it('quadratic: two outputs of ½, one of which should be 1 and one 0: (6), (65)', () => {
    expect(at(quadratic.fn, [0, 0], [1, 0])).toEqual([0.25])
    expect(at(quadratic.delta, [0, 0], [1, 0])).toEqual([-0.125, 0.125])
  })

  it('cross-entropy: the same: (63), (66)', () => {
    expect(at(crossEntropy.fn, [0, 0], [1, 0])[0]).toBeCloseTo(2 * Math.LN2, 6)
    expect(at(crossEntropy.delta, [0, 0], [1, 0])).toEqual([-0.5, 0.5])
  })

  it('each example has its own cost', () => {
    const costs = withTensors(
      () => {
        const z = tensor2d([[0, 0], [Math.log(3), 0]]) // prettier-ignore
        const y = tensor2d([[0, 0], [1, 1]]) // prettier-ignore
        return both.map(cost => cost.fn(z, sigmoid.fn(z), y))
      },
      tensors => tensors.map(tensor => Array.from(tensor.dataSync())),
    )
    expect(costs.map(({ length }) => length)).toEqual([2, 2])
    expect(costs[0]?.[0]).toBeCloseTo(0.25, 6)
    expect(costs[0]?.[1]).toBeCloseTo(0.5 * (1 / 16 + 1 / 4), 6)
    expect(costs[1]?.[0]).toBeCloseTo(2 * Math.LN2, 6)
    expect(costs[1]?.[1]).toBeCloseTo(Math.log(4 / 3) + Math.LN2, 6)
  })

  it('half the squared weights, and no bias: (85)', () => {
    const params = { weights: [[[1, -2]], [[3]]], biases: [[100], [-100]] }
    const penalty = withTensors(
      () => l2.penalty(paramsOf(params)),
      value => value.dataSync()[0],
    )
    expect(penalty).toBe(7)
  })

  it('a cost of each name', () => {
    expect([costs.quadratic, costs.xent]).toEqual([quadratic, crossEntropy])
    expect(both.map(({ name }) => name)).toEqual(['quadratic', 'xent'])
  })
})

describe('golden', () => {
  it('weighted inputs 2 and -1, desired outputs 0 and 0.25', () => {
    expect(at(quadratic.fn, [2, -1], [0, 0.25])[0]).toBeCloseTo(0.3880811, 6)
    expect(at(crossEntropy.fn, [2, -1], [0, 0.25])[0]).toBeCloseTo(2.6901897, 6)
  })
})

describe('laws', () => {
  it('fn and delta are those of the twin', () => {
    fc.assert(
      fc.property(fc.constantFrom(...both), outputs, (cost, pairs) => {
        const z = pairs.map(([z]) => z)
        const y = pairs.map(([, y]) => y)
        const a = z.map(twin.sigmoid)
        const expected = twinOf(cost).fn(a, y)
        expect(Math.abs((at(cost.fn, z, y)[0] ?? NaN) - expected)).toBeLessThan(1e-6 * Math.max(1, expected))
        expect(twin.relativeError([at(cost.delta, z, y)], [twinOf(cost).delta(z, a, y)], 1)).toBeLessThan(
          1e-6,
        )
      }),
    )
  })

  it('delta is the slope of fn in z: BP1', () => {
    fc.assert(
      fc.property(fc.constantFrom(...both), outputs, (cost, pairs) => {
        const z = pairs.map(([z]) => z)
        const y = pairs.map(([, y]) => y)
        const slope: CostPart = (z, _a, y) =>
          grad(z => sum(cost.fn(z as Tensor2D, sigmoid.fn(z as Tensor2D), y)))(z)
        // at 0 itself |z| and max(z, 0) have a kink each; they cancel, but automatic differentiation cannot know
        fc.pre(z.every(z => z !== 0))
        expect(twin.relativeError([at(cost.delta, z, y)], [at(slope, z, y)], 1)).toBeLessThan(1e-6)
      }),
    )
  })

  it('cross-entropy: (60) to (61), the slope of the sigmoid cancels', () => {
    fc.assert(
      fc.property(weighted(12), desired, (z, y) => {
        const a = twin.sigmoid(z)
        const written = ((a - y) / (a * (1 - a))) * twin.sigmoidPrime(z)
        expect(Math.abs(one(crossEntropy.delta, z, y) - written)).toBeLessThan(1e-6)
      }),
    )
  })

  it('quadratic: (65) is (66) times the slope of the sigmoid', () => {
    fc.assert(
      fc.property(weighted(12), desired, (z, y) => {
        const scaled: CostPart = (z, a, y) => mul(crossEntropy.delta(z, a, y), sigmoid.prime(a))
        expect(one(quadratic.delta, z, y)).toBe(one(scaled, z, y))
      }),
    )
  })

  it('cross-entropy: one neuron learns from w and b by (61) and (62)', () => {
    const neuron = fc.record({
      w: fc.array(weighted(2), { minLength: 3, maxLength: 3 }),
      b: weighted(2),
      data: fc.array(fc.tuple(fc.array(weighted(2), { minLength: 3, maxLength: 3 }), desired), {
        minLength: 1,
        maxLength: 9,
      }),
    })
    fc.assert(
      fc.property(neuron, ({ w, b, data }) => {
        const n = data.length
        const z = data.map(([x]) => x.reduce((z, xj, j) => z + xj * (w[j] ?? NaN), b))
        const deltas = z.map((z, i) => one(crossEntropy.delta, z, data[i]?.[1] ?? NaN))
        const inW = w.map(
          (_, j) => deltas.reduce((s, delta, i) => s + delta * (data[i]?.[0][j] ?? NaN), 0) / n,
        )
        const inB = deltas.reduce((s, delta) => s + delta, 0) / n
        const net: twin.Network = { cost: 'CrossEntropyCost', weights: [[w]], biases: [[b]] }
        const slopes = twin.centralDifferences(
          net,
          data.map(([x, y]) => ({ x, y: [y] })),
        )
        expect(
          twin.relativeError(
            [inW, [inB]],
            twin.leaves(slopes).map(leaf => leaf.map(s => s / n)),
            1,
          ),
        ).toBeLessThan(1e-6)
      }),
    )
  })

  it('cross-entropy: at a = y it costs the binary entropy of y, and elsewhere more: (64)', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.001, max: 0.999, noNaN: true }), weighted(12), (exact, elsewhere) => {
        const y = Math.fround(exact)
        const entropy = -y * Math.log(y) - (1 - y) * Math.log(1 - y)
        const least = Math.log(y / (1 - y))
        expect(Math.abs(one(crossEntropy.fn, least, y) - entropy)).toBeLessThan(1e-6)
        expect(Math.abs(one(crossEntropy.delta, least, y))).toBeLessThan(1e-6)
        const gap = reference(elsewhere, y) - entropy
        expect(Math.abs(one(crossEntropy.fn, elsewhere, y) - entropy - gap)).toBeLessThan(2e-6)
        if (Math.abs(elsewhere - least) > 0.1) expect(gap).toBeGreaterThan(0)
      }),
    )
  })

  it('cross-entropy: finite and right at any z, also where a is exactly 0 or 1', () => {
    const z = fc.oneof(fc.constantFrom(1e4, -1e4, 17.5, -17.5, 104, -104, 0, -0), weighted(1e4))
    fc.assert(
      fc.property(z, fc.oneof(fc.constantFrom(0, 1), desired), (z, y) => {
        const expected = reference(z, y)
        expect(Math.abs(one(crossEntropy.fn, z, y) - expected)).toBeLessThan(1e-6 * Math.max(1, Math.abs(z)))
        expect(Math.abs(one(crossEntropy.delta, z, y) - (twin.sigmoid(z) - y))).toBeLessThan(1e-6)
        expect(Math.abs(one(quadratic.fn, z, y) - (twin.sigmoid(z) - y) ** 2 / 2)).toBeLessThan(1e-6)
        expect(
          Math.abs(one(quadratic.delta, z, y) - (twin.sigmoid(z) - y) * twin.sigmoidPrime(z)),
        ).toBeLessThan(1e-6)
      }),
      { numRuns: 300 },
    )
  })

  it('cross-entropy: a small cost keeps its digits', () => {
    fc.assert(
      fc.property(fc.float({ min: 1, max: 60, noNaN: true }), z => {
        const expected = Math.log1p(Math.exp(-z))
        expect(Math.abs(one(crossEntropy.fn, z, 1) / expected - 1)).toBeLessThan(1e-5)
        expect(Math.abs(one(crossEntropy.fn, -z, 0) / expected - 1)).toBeLessThan(1e-5)
      }),
    )
  })

  it('half the squared weights are those of the twin', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net }) => {
        const penalty = withTensors(
          () => l2.penalty(paramsOf(net)),
          value => value.dataSync()[0] ?? NaN,
        )
        const expected = 0.5 * net.weights.flat(2).reduce((s, w) => s + w * w, 0)
        expect(Math.abs(penalty / expected - 1)).toBeLessThan(1e-5)
      }),
    )
  })

  it('purity: nothing given is changed, and a second call answers the same', () => {
    for (const part of both.flatMap(({ fn, delta }): CostPart[] => [fn, delta])) {
      const read = withTensors(
        () => {
          const given = [[[-30, 0, 2]], [[0, 0.5, 0.75]], [[1, 0, 0.5]]].map(rows => tensor2d(rows))
          const [z, a, y] = given as [Tensor2D, Tensor2D, Tensor2D]
          return [part(z, a, y), part(z, a, y), ...given]
        },
        tensors => tensors.map(tensor => Array.from(tensor.dataSync())),
      )
      expect(read[1]).toEqual(read[0])
      expect(read.slice(2)).toEqual([[-30, 0, 2], [0, 0.5, 0.75], [1, 0, 0.5]]) // prettier-ignore
    }
  })
})

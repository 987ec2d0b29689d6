import { scalar } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { network2Plans, recorded } from '../../scripts/golden.ts'
import { batchMetrics, totalCost } from '../../src/core/metrics.ts'
import { l2 } from '../../src/core/regularizers/l2.ts'
import { withTensors } from '../../src/core/scope.ts'
import { batchOf, networkAndBatch, numbersOf, paramsOf, partsOf, type Case } from '../support/cases.ts'
import * as twin from '../support/float64.ts'

type Seen = { readonly cost: number; readonly correct: number; readonly total: number }

/** The tally of a batch and its total cost, as numbers. */
const seen = ({ net, batch }: Case, lmbda = 0): Seen =>
  withTensors(
    () => {
      const params = paramsOf(net)
      const { cost, correct } = batchMetrics(partsOf(net))(params, batchOf(batch))
      return { cost, correct, total: totalCost(l2, params, cost, batch.length, lmbda) }
    },
    ({ cost, correct, total }) => ({
      cost: cost.arraySync(),
      correct: correct.arraySync(),
      total: total.arraySync(),
    }),
  )

/** A network whose output is σ(x), whatever its cost. */
const mirror = (outputs: number, cost: twin.CostName = 'QuadraticCost'): twin.Network => ({
  cost,
  weights: [Array.from({ length: outputs }, (_, j) => twin.vectorizedResult(j, outputs))],
  biases: [Array.from({ length: outputs }, () => 0)],
})

const digits = (inputs: twin.Matrix, labels: readonly number[]): twin.Example[] =>
  twin.examples({ inputs, labels }, inputs[0]?.length ?? 0)

describe('by hand', () => {
  it('the cost of a batch is a sum, the accuracy a count', () => {
    const batch = digits([[0, 0], [0, 5], [5, 0]], [0, 0, 0]) // prettier-ignore
    const found = seen({ net: mirror(2, 'CrossEntropyCost'), batch })
    expect(found.correct).toBe(2)
    const [right, wrong] = [Math.log1p(Math.exp(-5)), Math.log1p(Math.exp(5))]
    expect(found.cost).toBeCloseTo(2 * Math.LN2 + (right + Math.LN2) + (wrong + Math.LN2), 5)
  })

  it('of equal outputs the first is the answer', () => {
    const equal = [[1, 1, 1], [0, 2, 2], [-1, -1, -2]] // prettier-ignore
    expect(seen({ net: mirror(3), batch: digits(equal, [0, 1, 0]) }).correct).toBe(3)
    expect(seen({ net: mirror(3), batch: digits(equal, [1, 2, 1]) }).correct).toBe(0)
    expect(seen({ net: mirror(3), batch: digits(equal, [2, 0, 2]) }).correct).toBe(0)
  })

  it('of equal desired outputs the first is meant', () => {
    const y = [0, 0.5, 0.5]
    expect(seen({ net: mirror(3), batch: [{ x: [1, 3, 2], y }] }).correct).toBe(1)
    expect(seen({ net: mirror(3), batch: [{ x: [1, 2, 3], y }] }).correct).toBe(0)
  })

  it('the total cost: the mean, and lmbda over twice the size of the set times the squared weights: (85)', () => {
    const batch = digits([[0, 0], [0, 0]], [0, 1]) // prettier-ignore
    expect(seen({ net: mirror(2), batch }).total).toBeCloseTo(0.25, 6)
    expect(seen({ net: mirror(2), batch }, 6).total).toBeCloseTo(0.25 + (6 / (2 * 2)) * 2, 6)
  })
})

describe('golden', () => {
  it.each(network2Plans.filter(({ options }) => options.epochs > 0))(
    '$name: the last value of each monitor',
    plan => {
      const { start, data, options, expected } = recorded(plan)
      const net = twin.load({ ...start, ...expected })
      const [training, test] = [data.training, data.test].map(split =>
        seen({ net, batch: twin.examples(split, start.sizes.at(-1) ?? 0) }, options.lmbda),
      )
      expect(training?.correct).toBe(expected.trainingAccuracy.at(-1))
      expect(test?.correct).toBe(expected.evaluationAccuracy.at(-1))
      expect((training?.total ?? NaN) / (expected.trainingCost.at(-1) ?? NaN)).toBeCloseTo(1, 5)
      expect((test?.total ?? NaN) / (expected.evaluationCost.at(-1) ?? NaN)).toBeCloseTo(1, 5)
    },
  )
})

/** Whether float32 could take another output for the largest. */
const isCloseCall = ({ net, batch }: Case): boolean =>
  batch.some(({ x }) => {
    const [first = 1, second = 0] = twin.feedforward(net, x).toSorted((a, b) => b - a)
    return first - second < 1e-5
  })

describe('laws', () => {
  it('cost and accuracy are those of the twin', () => {
    fc.assert(
      fc.property(networkAndBatch, fc.double({ min: 0, max: 10, noNaN: true }), (given, lmbda) => {
        const { net, batch } = given
        const found = seen(given, lmbda)
        expect(Math.abs(found.cost - twin.summedCost(net, batch))).toBeLessThan(
          1e-5 * Math.max(1, found.cost),
        )
        const total = twin.totalCost(net, batch, lmbda)
        expect(Math.abs(found.total - total)).toBeLessThan(1e-5 * Math.max(1, total))
        if (!isCloseCall(given)) expect(found.correct).toBe(twin.accuracy(net, batch))
      }),
      { numRuns: 200 },
    )
  })

  it('a set observed in pieces is the set observed whole', () => {
    fc.assert(
      fc.property(networkAndBatch, fc.nat(), ({ net, batch }, cut) => {
        fc.pre(batch.length > 1)
        const at = 1 + (cut % (batch.length - 1))
        const whole = seen({ net, batch })
        const [first, second] = [batch.slice(0, at), batch.slice(at)].map(piece =>
          seen({ net, batch: piece }),
        )
        expect((first?.correct ?? NaN) + (second?.correct ?? NaN)).toBe(whole.correct)
        expect((first?.cost ?? NaN) + (second?.cost ?? NaN)).toBeCloseTo(whole.cost, 4)
      }),
    )
  })

  it('purity: nothing given is changed, and a second call answers the same', () => {
    fc.assert(
      fc.property(networkAndBatch, ({ net, batch }) => {
        const look = batchMetrics(partsOf(net))
        const all = withTensors(
          () => {
            const [params, given, sum] = [paramsOf(net), batchOf(batch), scalar(3)]
            const [first, second] = [look(params, given), look(params, given)]
            const totals = [totalCost(l2, params, sum, 7, 2), totalCost(l2, params, sum, 7, 2)]
            return { params, given, sum, first, second, totals }
          },
          ({ params, given, sum, first, second, totals }) => ({
            params: numbersOf(params),
            given: [given.x.arraySync(), given.y.arraySync(), sum.arraySync()],
            looks: [first, second].map(({ cost, correct }) => [cost.arraySync(), correct.arraySync()]),
            totals: totals.map(total => total.arraySync()),
          }),
        )
        expect(all.looks[1]).toEqual(all.looks[0])
        expect(all.totals[1]).toBe(all.totals[0])
        expect(all.params).toEqual(twin.leaves(net))
        expect(all.given).toEqual([batch.map(({ x }) => x), batch.map(({ y }) => y), 3])
      }),
    )
  })
})

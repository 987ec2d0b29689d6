import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  comparison,
  learnNeuron,
  observation,
  type SlowdownResult,
  type SlowdownTrial,
} from '../../src/book/slowdown.ts'

/** The costs of (54) and (57) as functions of weight and bias, where x = 1 and y = 0. */
const costOf = {
  quadratic: (w: number, b: number): number => (0 - 1 / (1 + Math.exp(-(w + b)))) ** 2 / 2,
  xent: (w: number, b: number): number => -Math.log(1 - 1 / (1 + Math.exp(-(w + b)))),
}

const trial = fc.record<SlowdownTrial>({
  cost: fc.constantFrom('quadratic', 'xent'),
  start: fc.record({
    w: fc.double({ min: -3, max: 3, noNaN: true }),
    b: fc.double({ min: -3, max: 3, noNaN: true }),
  }),
  eta: fc.double({ min: 0.001, max: 1, noNaN: true }),
  epochs: fc.integer({ min: 1, max: 20 }),
  step: fc.constantFrom('gradient', 'dC/da'),
})

describe('learn', () => {
  it('by hand: one epoch from z = 0, where a is 1/2', () => {
    const start = { w: 1, b: -1 }
    const of = (cost: SlowdownTrial['cost'], step: SlowdownTrial['step']) =>
      learnNeuron({ cost, start, eta: 2, epochs: 1, step })
    // 1/2 · 1/4 = 1/8, so w and b each fall by 1/4
    expect(of('quadratic', 'gradient')).toMatchObject({ z: [0, -0.5], gradient: [0.125, expect.any(Number)] })
    expect(of('xent', 'gradient')).toMatchObject({ z: [0, -2], gradient: [0.5, expect.any(Number)] })
    expect(of('quadratic', 'dC/da').z).toEqual([0, -2])
    expect(of('xent', 'dC/da').z).toEqual([0, -8])
    expect(of('quadratic', 'gradient').cost[0]).toBe(1 / 8)
    expect(of('xent', 'gradient').cost[0]).toBeCloseTo(Math.LN2, 15)
  })

  it('law: the gradient is the slope of the cost, by weight and by bias', () => {
    fc.assert(
      fc.property(trial, given => {
        const { start, cost } = given
        const h = 1e-5
        const c = costOf[cost]
        const [gradient] = learnNeuron({ ...given, step: 'gradient' }).gradient
        expect((c(start.w + h, start.b) - c(start.w - h, start.b)) / (2 * h)).toBeCloseTo(gradient!, 7)
        expect((c(start.w, start.b + h) - c(start.w, start.b - h)) / (2 * h)).toBeCloseTo(gradient!, 7)
      }),
    )
  })

  it("law: dC/da lacks the factor σ'(z) and nothing else", () => {
    fc.assert(
      fc.property(trial, given => {
        const [a] = learnNeuron(given).a
        const [gradient] = learnNeuron({ ...given, step: 'gradient' }).gradient
        const [slope] = learnNeuron({ ...given, step: 'dC/da' }).gradient
        expect(slope! * a! * (1 - a!)).toBeCloseTo(gradient!, 12)
      }),
    )
  })

  it('law: every epoch takes eta times the gradient from weight and from bias', () => {
    fc.assert(
      fc.property(trial, given => {
        const { z, a, cost, gradient } = learnNeuron(given)
        for (const list of [z, a, cost, gradient]) expect(list).toHaveLength(given.epochs + 1)
        expect(z[0]).toBe(given.start.w + given.start.b)
        for (let i = 1; i < z.length; i++) {
          expect(z[i]! - z[i - 1]!).toBeCloseTo(-2 * given.eta * gradient[i - 1]!, 9)
          expect(cost[i]).toBeCloseTo(costOf[given.cost](z[i]!, 0), 12)
        }
      }),
    )
  })
})

const output = ({ curve }: SlowdownResult, epoch: number): number => curve.a[epoch]!

describe('what the chapter says', () => {
  const [wrong, wrongXent, saturated, saturatedXent] = comparison(0.15, 300)
  const fall = ({ curve: { cost } }: SlowdownResult): number => 1 - cost[100]! / cost[0]!

  it('the quadratic cost ends at outputs near 0.09 and 0.20', () => {
    expect(output(wrong, 300)).toBeCloseTo(0.094, 3)
    expect(output(saturated, 300)).toBeCloseTo(0.203, 3)
  })

  it('and hardly moves for 150 epochs from (2, 2)', () => {
    expect(output(saturated, 0) - output(saturated, 150)).toBeLessThan(0.05)
  })

  it('at the same rate, the cross-entropy falls by 99 % in 100 epochs, and the quadratic cost by 3.6 %', () => {
    expect(fall(saturatedXent)).toBeCloseTo(0.99, 2)
    expect(fall(saturated)).toBeCloseTo(0.036, 3)
    expect(fall(wrongXent)).toBeGreaterThan(fall(wrong))
  })
})

describe('the rate that the text names for the cross-entropy', () => {
  const [wrong, saturated, wrongWithout, saturatedWithout] = observation(300)

  it('is too small for the curves of the book', () => {
    expect([output(saturated, 0), output(saturated, 300)].map(a => a.toFixed(2))).toEqual(['0.98', '0.78'])
    expect(output(wrong, 300)).toBeCloseTo(0.42, 2)
  })

  it("without σ'(z) it gives such curves", () => {
    expect(output(wrongWithout, 300)).toBeCloseTo(0.04, 2)
    expect(output(saturatedWithout, 300)).toBeCloseTo(0.05, 2)
  })

  it('by arithmetic: (1 + e^-z) grows by e^(2 eta) an epoch, as a differential equation has it', () => {
    for (const { curve } of [wrongWithout, saturatedWithout]) {
      const u = 1 + Math.exp(-curve.z[0]!)
      expect(curve.a[300]).toBeCloseTo(1 / (u * Math.exp(2 * 0.005 * 300)), 2)
    }
  })
})

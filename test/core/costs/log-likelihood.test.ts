import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { logLikelihood } from '../../../src/core/costs/log-likelihood.ts'
import { softmax } from '../../../src/core/activations/softmax.ts'
import { costPartAt } from '../../support/cases.ts'

const at = costPartAt(softmax)

const cost = (zs: readonly number[], ys: readonly number[]): number => at(logLikelihood.fn, zs, ys)[0]!

describe('by hand', () => {
  it('equal weighted inputs: each of four outputs is ¼, and the cost is ln 4: (78), (80)', () => {
    expect(at((_z, a) => a, [2, 2, 2, 2], [1, 0, 0, 0])).toEqual([0.25, 0.25, 0.25, 0.25])
    expect(cost([2, 2, 2, 2], [0, 1, 0, 0])).toBeCloseTo(Math.log(4), 6)
    expect(at(logLikelihood.delta, [2, 2, 2, 2], [0, 1, 0, 0])).toEqual([0.25, -0.75, 0.25, 0.25])
  })

  it('weighted inputs ln 1, ln 2, ln 5: outputs ⅛, ¼, ⅝, and -ln of the desired one', () => {
    const zs = [1, 2, 5].map(Math.log)
    at((_z, a) => a, zs, [0, 0, 1]).forEach((a, j) => expect(a).toBeCloseTo([1, 2, 5][j]! / 8, 6))
    expect(cost(zs, [0, 0, 1])).toBeCloseTo(Math.log(8 / 5), 6)
    at(logLikelihood.delta, zs, [0, 0, 1]).forEach((d, j) => expect(d).toBeCloseTo([1, 2, -3][j]! / 8, 6))
  })
})

it('golden: weighted inputs 2, -1 and 0.5, desired outputs 0.25, 0.25 and 0.5', () => {
  expect(cost([2, -1, 0.5], [0.25, 0.25, 0.5])).toBeCloseTo(1.7413113, 6)
})

describe('laws', () => {
  const z = fc.float({ min: -1e4, max: 1e4, noNaN: true })
  const zs = fc.array(z, { minLength: 2, maxLength: 6 })

  it('outputs are a distribution, (79), and are finite for any weighted inputs', () => {
    fc.assert(
      fc.property(zs, zs => {
        const a = at((_z, a) => a, zs, zs)
        expect(a.every(a => a >= 0 && a <= 1)).toBe(true)
        expect(a.reduce((s, a) => s + a, 0)).toBeCloseTo(1, 5)
      }),
    )
  })

  it('the cost is finite and right where the desired output is exactly 0 in float32', () => {
    fc.assert(
      fc.property(fc.float({ min: 100, max: 1e4, noNaN: true }), gap => {
        expect(at((_z, a) => a, [gap + 10, 0], [0, 1])[1]).toBeLessThan(1e-37)
        expect(cost([gap, 0], [0, 1]) / gap).toBeCloseTo(1, 6)
        expect(at(logLikelihood.delta, [gap, 0], [0, 1])).toEqual([1, -1])
      }),
    )
  })

  it('a number added to all weighted inputs changes nothing', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -40, max: 40 }), { minLength: 2 }),
        fc.integer({ min: -999, max: 999 }),
        (zs, by) => {
          const y = zs.map((_, j) => (j === 0 ? 1 : 0))
          expect(
            at(
              logLikelihood.fn,
              zs.map(z => z + by),
              y,
            ),
          ).toEqual(at(logLikelihood.fn, zs, y))
          expect(
            at(
              logLikelihood.delta,
              zs.map(z => z + by),
              y,
            ),
          ).toEqual(at(logLikelihood.delta, zs, y))
        },
      ),
    )
  })

  it('its error has the sum 0, as a and y both have the sum 1', () => {
    fc.assert(
      fc.property(zs, zs => {
        const y = zs.map((_, j) => (j === 1 ? 1 : 0))
        expect(Math.abs(at(logLikelihood.delta, zs, y).reduce((s, d) => s + d, 0))).toBeLessThan(1e-5)
      }),
    )
  })
})

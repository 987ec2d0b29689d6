import fc from 'fast-check'
import { expect, it } from 'vitest'
import { curveSpread, summarize } from '../../src/report/summary.ts'

it('by hand: 2, 4, 4, 4, 5, 5, 7, 9', () => {
  const { deviation, ...rest } = summarize([2, 4, 4, 4, 5, 5, 7, 9])
  expect(rest).toEqual({ n: 8, mean: 5, min: 2, max: 9 })
  expect(deviation).toBeCloseTo(Math.sqrt(32 / 7), 12)
})

it('of equal numbers the deviation is exactly 0, although their mean is rounded', () => {
  expect(summarize([0.1, 0.1, 0.1]).deviation).toBe(0)
})

it('of one there is no deviation, and of none nothing', () => {
  expect(summarize([3])).toEqual({ n: 1, mean: 3, deviation: undefined, min: 3, max: 3 })
  expect(summarize([])).toEqual({ n: 0, mean: NaN, deviation: undefined, min: NaN, max: NaN })
})

it('curves of unlike length: those that got so far count', () => {
  expect(
    curveSpread([
      [
        { x: 1, y: 10 },
        { x: 2, y: 8 },
      ],
      [{ x: 1, y: 4 }],
    ]),
  ).toEqual([
    { x: 1, y: 7, low: 4, high: 10 },
    { x: 2, y: 8, low: 8, high: 8 },
  ])
})

it('law: the mean lies within the band, and x rises', () => {
  const curve = fc.array(fc.record({ x: fc.nat(20), y: fc.double({ noNaN: true, min: -1e3, max: 1e3 }) }))
  fc.assert(
    fc.property(fc.array(curve), curves => {
      const points = curveSpread(curves)
      const xs = points.map(({ x }) => x)
      expect(xs).toEqual([...new Set(xs)].toSorted((a, b) => a - b))
      for (const { y, low, high } of points) {
        expect(y).toBeGreaterThanOrEqual(low! - 1e-9)
        expect(y).toBeLessThanOrEqual(high! + 1e-9)
      }
    }),
  )
})

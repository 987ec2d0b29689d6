import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { rates, usualTruth } from '../../scripts/simulated-studies.ts'
import {
  errorsOf,
  lookAt,
  lookDefaults,
  looksSoFar,
  searchesForWidth,
  type LookRule,
} from '../../src/study/looks.ts'
import { meanInterval, quantileOfT } from '../../src/study/statistics.ts'

const oneLook = (searches: number): LookRule => ({ ...lookDefaults, looks: [searches] })

describe('the error of the looks', () => {
  it('by hand: 5, 10 and 20 of 20 searches spend a sixteenth, three sixteenths and three quarters', () => {
    const [first, second, third] = errorsOf(lookDefaults)
    expect(first).toBeCloseTo(0.05 / 16, 12)
    expect(second).toBeCloseTo((3 * 0.05) / 16, 12)
    expect(third).toBeCloseTo((12 * 0.05) / 16, 12)
  })

  it('law: it adds up to the error of the rule, whatever the looks', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.integer({ min: 2, max: 500 }), { minLength: 1, maxLength: 9 }),
        numbers => {
          const errors = errorsOf({ ...lookDefaults, looks: numbers.toSorted((a, b) => a - b) })
          expect(errors.every(error => error > 0)).toBe(true)
          expect(errors.reduce((a, b) => a + b, 0)).toBeCloseTo(lookDefaults.error, 12)
        },
      ),
    )
  })

  it.each([
    // from a printed table of the distribution
    [0.9995, 4, 8.61],
    [0.995, 9, 3.25],
    [0.99, 19, 2.539],
    [0.975, 39, 2.023],
  ])('the quantile %f of t with %i degrees of freedom', (p, df, t) =>
    expect(quantileOfT(p, df)).toBeCloseTo(t, 3),
  )
})

describe('a look', () => {
  /** Differences with a mean and a half-width of the interval of one look after two searches. */
  const two = (mean: number, half: number): readonly number[] => {
    const around = half / meanInterval([-1, 1], lookDefaults.error).interval[1]
    return [mean - around, mean + around]
  }

  it.each([
    ['better', 0.5, 0.39],
    ['undecided', 0.5, 0.41],
    ['better', -0.5, 0.39],
    ['undecided', -0.5, 0.41],
    // significant, but perhaps too small to matter
    ['undecided', 0.15, 0.1],
    // the one-sided tests need less than the two-sided interval: half of it for two searches
    ['equivalent', 0, 0.19],
    ['undecided', 0, 0.21],
    ['undecided', 0.05, 0.19],
  ] as const)('%s: mean %f, half-width %f', (answer, mean, half) => {
    expect(lookAt(oneLook(2), 0, two(mean, half)).answer).toBe(answer)
  })

  it('of equal differences is certain: at delta itself neither is claimed', () => {
    const answer = (difference: number) => lookAt(oneLook(3), 0, [difference, difference, difference]).answer
    expect([0, 0.09, 0.1, 0.11].map(answer)).toEqual(['equivalent', 'equivalent', 'undecided', 'better'])
  })

  it('ends the study once it decides, and later searches do not change that', () => {
    const early = [1, 1.01, 0.99, 1.02, 0.98]
    const later = [...early, ...Array.from({ length: 15 }, () => -9)]
    for (const differences of [early, later]) {
      const looks = looksSoFar(lookDefaults, differences)
      expect(looks.map(({ searches, answer }) => [searches, answer])).toEqual([[5, 'better']])
    }
  })

  it('is taken when all its searches are done, not before', () => {
    const differences = Array.from({ length: 20 }, (_, i) => (i % 2 === 0 ? 1 : -1))
    const after = (n: number) =>
      looksSoFar(lookDefaults, differences.slice(0, n)).map(({ searches }) => searches)
    expect([0, 4, 5, 9, 10, 19, 20].map(after)).toEqual([[], [], [5], [5], [5, 10], [5, 10], [5, 10, 20]])
  })
})

describe('the searches for a sharper answer', () => {
  it('are the fewest whose interval is narrow enough', () => {
    const differences = [0.1, 0.3, -0.2, 0.15]
    const sd = Math.sqrt(differences.reduce((s, d) => s + (d - 0.0875) ** 2, 0) / 3)
    const half = (n: number): number => (quantileOfT(0.975, n - 1) * sd) / Math.sqrt(n)
    for (const width of [0.5, 0.1, 0.02]) {
      const n = searchesForWidth(differences, width, 0.05)
      expect(half(n)).toBeLessThanOrEqual(width)
      expect(half(n - 1)).toBeGreaterThan(width)
    }
    expect(searchesForWidth(differences, 1e-6, 0.05)).toBe(Infinity)
    expect(searchesForWidth([1, 1], 1e-6, 0.05)).toBe(2)
  })
})

describe('how often the rule errs, by simulation', () => {
  const STUDIES = 400

  /** Three standard deviations above this probability. */
  const atMost = (probability: number): number =>
    probability + 3 * Math.sqrt((probability * (1 - probability)) / STUDIES)

  it.each([5, 10, 20])('after one look at %i searches, the interval holds in 95 of 100 studies', searches => {
    for (const effect of [0, 0.1, 0.2, 0.5]) {
      const { covered } = rates(oneLook(searches), { ...usualTruth, effect }, STUDIES)
      expect(1 - covered).toBeLessThan(atMost(0.05))
      expect(1 - covered).toBeGreaterThan(0.02)
    }
  })

  it('over three looks, the intervals of all looks hold, and a wrong answer is as rare as promised', () => {
    for (const effect of [0, 0.05, 0.1, -0.1, 0.2, 0.5]) {
      const found = rates(lookDefaults, { ...usualTruth, effect }, STUDIES)
      expect(1 - found.covered).toBeLessThan(atMost(0.05))
      expect(found.wronglyBetter).toBeLessThan(atMost(0.05))
      expect(found.wronglyEquivalent).toBeLessThan(atMost(0.05))
    }
  })

  it('the error is not kept by taking the whole of it at every look', () => {
    // searches differ by so much that only chance can take an interval away from 0
    const truth = { ...usualTruth, effect: 0, search: 10 }
    const looks = [5, 10, 20, 40]
    const careless = rates({ ...lookDefaults, looks, error: 0.2 - 0.04 }, truth, STUDIES)
    expect(1 - rates({ ...lookDefaults, looks }, truth, STUDIES).covered).toBeLessThan(atMost(0.05))
    expect(1 - careless.covered).toBeGreaterThan(atMost(0.05))
  })

  it('no difference is called equivalent, and half a point better, in more than 8 of 10', () => {
    expect(rates(lookDefaults, { ...usualTruth, effect: 0 }, STUDIES).equivalent).toBeGreaterThan(0.8)
    expect(rates(lookDefaults, { ...usualTruth, effect: 0.2 }, STUDIES).better).toBeGreaterThan(0.8)
    const half = rates(lookDefaults, { ...usualTruth, effect: 0.5 }, STUDIES)
    expect(half.better).toBeGreaterThan(0.99)
    // and before the last look
    expect(half.searches).toBeLessThan(10)
  })
})

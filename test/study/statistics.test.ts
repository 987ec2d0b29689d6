import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { mean, standardDeviation } from '../../src/study/moments.ts'
import { holm, pairedT, quantile, signTest, wilcoxon, wilsonInterval } from '../../src/study/statistics.ts'

/*
 * Recorded from SciPy 1.17.1 by
 *
 *   from scipy import stats
 *   import numpy as np
 *   for d in [[21,-4,35,12,40,28,-9,17,33,25], [0.5,-1.25,3], [(i*37)%101-38.3 for i in range(25)],
 *             [31,28,35,22,41,30,27,33,-8600,29]]:
 *       t = stats.ttest_1samp(d, 0)
 *       ci = t.confidence_interval(0.95)
 *       print(*map(float, (ci.low, ci.high, t.pvalue, np.mean(d) / np.std(d, ddof=1),
 *                          stats.wilcoxon(d, method='exact').pvalue)))
 */
const RECORDED = [
  [
    [21, -4, 35, 12, 40, 28, -9, 17, 33, 25],
    8.182697818767007,
    31.417302181232994,
    0.0038735067800657968,
    1.2192216847987565,
    0.009765625,
  ],
  [[0.5, -1.25, 3], -4.556120478269835, 6.056120478269835, 0.6049438468244676, 0.3511234415883917, 0.75],
  [
    Array.from({ length: 25 }, (_, i) => ((i * 37) % 101) - 38.3),
    -2.6833500832172295,
    22.243350083217237,
    0.11839796452247063,
    0.32390854461999746,
    0.11993378400802612,
  ],
  [
    [31, 28, 35, 22, 41, 30, 27, 33, -8600, 29],
    -2784.7957911130397,
    1119.9957911130396,
    0.36001013660158676,
    -0.304990971216197,
    0.083984375,
  ],
] as const satisfies readonly (readonly [readonly number[], ...number[]])[]

const differences = fc.array(fc.integer({ min: -50, max: 50 }), { minLength: 1, maxLength: 12 })

describe('the paired t-test', () => {
  it.each(RECORDED)('agrees with SciPy on %j', (d, low, high, p, effect) => {
    const t = pairedT(d)
    expect(t.n).toBe(d.length)
    expect(t.interval[0]).toBeCloseTo(low, 4)
    expect(t.interval[1]).toBeCloseTo(high, 4)
    expect(t.p).toBeCloseTo(p, 8)
    expect(t.effect).toBeCloseTo(effect, 10)
  })

  it('far in the tail p keeps its digits: stats.ttest_1samp([99999, 100001] * 5, 0).pvalue', () => {
    const t = pairedT(Array.from({ length: 10 }, (_, i) => 1e5 + (i % 2 === 0 ? -1 : 1)))
    expect(t.p / 2.586899391419518e-46).toBeCloseTo(1, 6)
  })

  it('law: p is below 0.05 exactly where the interval leaves 0 out', () => {
    fc.assert(
      fc.property(differences, d => {
        const { interval, p } = pairedT(d)
        expect(p < 0.05).toBe(interval[0] > 0 || interval[1] < 0)
      }),
    )
  })

  it('law: the other way round, everything but its sign stays', () => {
    fc.assert(
      fc.property(differences, d => {
        const [one, other] = [pairedT(d), pairedT(d.map(x => -x))]
        expect(other.p).toBe(one.p)
        expect(other.mean).toBeCloseTo(-one.mean, 12)
        expect(other.interval[0]).toBeCloseTo(-one.interval[1], 12)
      }),
    )
  })

  it('of equal differences: that point, certain; of zeros: no effect at all', () => {
    // 0.1 has no exact double, so that the mean of ten of them is not 0.1
    const tenths = pairedT(Array.from({ length: 10 }, () => 0.1))
    expect(tenths).toEqual({ n: 10, mean: 0.1, interval: [0.1, 0.1], p: 0, effect: Infinity })
    expect(pairedT([-3, -3])).toEqual({ n: 2, mean: -3, interval: [-3, -3], p: 0, effect: -Infinity })
    expect(pairedT([0, 0, 0])).toEqual({ n: 3, mean: 0, interval: [0, 0], p: 1, effect: 0 })
  })

  it('of one or none: the whole line', () => {
    const line = [-Infinity, Infinity]
    expect(pairedT([4])).toEqual({ n: 1, mean: 4, interval: line, p: 1, effect: NaN })
    expect(pairedT([])).toEqual({ n: 0, mean: NaN, interval: line, p: 1, effect: NaN })
  })

  it.each([[[1, NaN]], [[Infinity, 1]]])('of %j: an error', d => {
    expect(() => pairedT(d)).toThrow('must be a finite number')
    expect(() => wilcoxon(d)).toThrow('must be a finite number')
  })
})

describe("Wilcoxon's signed-rank test", () => {
  it.each(RECORDED)('agrees with SciPy on %j', (d, _low, _high, _p, _effect, p) => {
    expect(wilcoxon(d)).toBeCloseTo(p, 12)
  })

  it('with ties and a zero: stats.wilcoxon of those that are not 0, by all permutations of signs', () => {
    expect(wilcoxon([2, 2, -2, 5, 5, 7, -1, 0, 9, 9])).toBeCloseTo(0.03125, 12)
  })

  it('of nothing but zeros, or of nothing: 1', () => {
    expect(wilcoxon([0, 0])).toBe(1)
    expect(wilcoxon([])).toBe(1)
  })

  it('law: by every choice of signs, one by one', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -5, max: 5 }), { maxLength: 9 }), d => {
        const sizes = d.filter(x => x !== 0).map(Math.abs)
        const sorted = sizes.toSorted((a, b) => a - b)
        const rank = (x: number): number => (sorted.indexOf(x) + sorted.lastIndexOf(x)) / 2 + 1
        const sumOf = (up: (i: number) => boolean): number =>
          sizes.reduce((s, x, i) => s + (up(i) ? rank(x) : 0), 0)
        const signs = d.filter(x => x !== 0).map(x => x > 0)
        const seen = sumOf(i => signs[i]!)
        const all = Array.from({ length: 2 ** sizes.length }, (_, bits) =>
          sumOf(i => ((bits >> i) & 1) === 1),
        )
        const share = (fits: (w: number) => boolean): number => all.filter(fits).length / all.length
        const p = Math.min(
          1,
          2 *
            Math.min(
              share(w => w <= seen),
              share(w => w >= seen),
            ),
        )
        expect(wilcoxon(d)).toBeCloseTo(p, 12)
      }),
    )
  })
})

describe('the sign test', () => {
  // float(stats.binomtest(wins, wins + losses).pvalue)
  it.each([
    [10, 0, 0.001953125],
    [8, 1, 0.0390625],
    [5, 5, 1],
    [3, 7, 0.34375],
    [0, 1, 1],
    [0, 0, 1],
  ])('agrees with SciPy: %i to %i', (wins, losses, p) => {
    expect(signTest(wins, losses)).toBeCloseTo(p, 12)
  })
})

describe("Wilson's interval of a rate", () => {
  it('by hand, for one of four: (p + z²/2n ± z √(p(1 - p)/n + z²/4n²)) / (1 + z²/n), with z² = 3.8415', () => {
    const [low, high] = wilsonInterval(1, 4)
    expect(low).toBeCloseTo((0.25 + 0.48018 - 1.95996 * Math.sqrt(0.046875 + 0.060023)) / 1.96037, 4)
    expect(high).toBeCloseTo((0.25 + 0.48018 + 1.95996 * Math.sqrt(0.046875 + 0.060023)) / 1.96037, 4)
  })

  it('of none or all: from or to the end, and not a point', () => {
    expect(wilsonInterval(0, 10)[0]).toBe(0)
    expect(wilsonInterval(0, 10)[1]).toBeCloseTo(3.84146 / 13.84146, 5)
    expect(wilsonInterval(10, 10)[1]).toBe(1)
  })

  it('law: the other outcome has the mirrored interval, and the rate lies in it', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (n, share) => {
          const count = Math.round(share * n)
          const [[low, high], [from, to]] = [wilsonInterval(count, n), wilsonInterval(n - count, n)]
          expect(low).toBeCloseTo(1 - to, 10)
          expect(high).toBeCloseTo(1 - from, 10)
          expect(low <= count / n && count / n <= high + 1e-12).toBe(true)
        },
      ),
    )
  })
})

describe("Holm's adjustment", () => {
  it('by hand', () => {
    const close = (ps: readonly number[], expected: readonly number[]): void =>
      holm(ps).forEach((p, i) => expect(p).toBeCloseTo(expected[i]!, 12))
    // 3 · 0.01; then 2 · 0.03; then 1 · 0.04, but not below the one before
    close([0.01, 0.04, 0.03], [0.03, 0.06, 0.06])
    close([0.5, 0.6], [1, 1])
    close([0.02, 0.02], [0.04, 0.04])
    expect(holm([])).toEqual([])
    expect(holm(Array.from({ length: 300_000 }, () => 1e-9)).at(-1)).toBeCloseTo(3e-4, 12)
  })

  it('law: never below the p-value, never beyond Bonferroni, and in the same order', () => {
    const chance = fc.double({ min: 0, max: 1, noNaN: true })
    fc.assert(
      fc.property(fc.array(chance, { maxLength: 6 }), ps => {
        const adjusted = holm(ps)
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p)
          expect(adjusted[i]).toBeLessThanOrEqual(Math.min(1, ps.length * p))
          ps.forEach((q, j) => {
            if (p < q) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]!)
          })
        })
      }),
    )
  })
})

describe('the rest', () => {
  it('mean and standard deviation by hand', () => {
    expect(mean([1, 2, 6])).toBe(3)
    expect(standardDeviation([1, 2, 6])).toBeCloseTo(Math.sqrt((4 + 1 + 9) / 2), 12)
    expect(standardDeviation(Array.from({ length: 10 }, () => 0.1))).toBe(0)
    expect(standardDeviation([1])).toBeNaN()
  })

  it('quantiles: [float(numpy.quantile([15, 7, 1, 36, 41, 40, 39], p)) for p in [0, .25, .5, .9, 1]]', () => {
    const found = [0, 0.25, 0.5, 0.9, 1].map(p => quantile([15, 7, 1, 36, 41, 40, 39], p))
    expect(found).toEqual([1, 11, 36, 40.4, 41])
  })

  it('quantiles take infinity for a number', () => {
    expect(quantile([2, Infinity, 1], 0.5)).toBe(2)
    expect(quantile([2, Infinity, 1, Infinity], 0.5)).toBe(Infinity)
    expect(quantile([Infinity, Infinity], 0.5)).toBe(Infinity)
    expect(quantile([3, Infinity], 0)).toBe(3)
    expect(quantile([3, Infinity], 1)).toBe(Infinity)
    expect(quantile([], 0.5)).toBeNaN()
  })
})

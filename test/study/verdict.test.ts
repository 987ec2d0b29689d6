import { describe, expect, it } from 'vitest'
import { findingOf, verdictOf, type Verdict } from '../../src/study/verdict.ts'
import type { TrialResult } from '../../src/study/trial.ts'
import { fold, key, normalNumbers, type Key } from '../../src/core/rng.ts'
import { diverged, done, pairs, stuck } from './finals.ts'

const CLASSES = 10

const verdict = (first: readonly TrialResult[], second: readonly TrialResult[]): Verdict =>
  verdictOf(
    [
      { name: 'quadratic', results: first },
      { name: 'xent', results: second },
    ],
    CLASSES,
  )

describe('the rule', () => {
  const t = (mean: number, interval: readonly [number, number], p: number): string =>
    findingOf({ n: 10, mean, interval, p, effect: 1 })

  it.each([
    ['better', 0.1, [0.01, 0.19], 0.0499],
    ['better', -0.1, [-0.19, -0.01], 0.0499],
    // a p-value of 0.05 is not below it
    ['undecided', 0.1, [0, 0.2], 0.05],
    // significant, but perhaps too small to matter
    ['undecided', 0.0999, [0.01, 0.19], 0.01],
    // significant, and certainly too small to matter
    ['negligible', 0.05, [0.01, 0.09], 0.01],
    ['negligible', 0, [-0.1, 0.1], 1],
    ['undecided', 0, [-0.1001, 0.1], 1],
    ['undecided', 0, [-0.1, 0.1001], 1],
    ['undecided', 3, [-Infinity, Infinity], 1],
  ] as const)('%s: mean %f, interval %j, p %f', (finding, mean, interval, p) => {
    expect(t(mean, interval, p)).toBe(finding)
  })

  it('ten images of ten thousand, each time, are a difference that matters; nine are not', () => {
    expect(verdictOf(pairs(Array.from({ length: 10 }, () => 10)), CLASSES).finding).toBe('better')
    expect(verdictOf(pairs(Array.from({ length: 10 }, () => 9)), CLASSES).finding).toBe('negligible')
  })
})

describe('the numbers', () => {
  it('are in points, the second arm minus the first', () => {
    const { difference, wilcoxon, arms } = verdictOf(pairs([21, -4, 35, 12, 40, 28, -9, 17, 33, 25]), CLASSES)
    // the differences for which test/study/statistics.test.ts has SciPy's answers
    expect(difference.mean).toBeCloseTo(0.198, 12)
    expect(difference.interval[0]).toBeCloseTo(0.08182697818767007, 6)
    expect(difference.interval[1]).toBeCloseTo(0.3141730218, 6)
    expect(difference.p).toBeCloseTo(0.0038735067800657968, 8)
    expect(difference.effect).toBeCloseTo(1.2192216847987565, 10)
    expect(wilcoxon).toBeCloseTo(0.009765625, 12)
    expect(arms[0]).toMatchObject({ name: 'quadratic', n: 10, mean: 95, standardDeviation: 0 })
    expect(arms[1]).toMatchObject({ name: 'xent', n: 10, min: 94.91, max: 95.4 })
  })

  it('are of the last epoch, seed by seed', () => {
    const { difference, afterOne } = verdict(
      [done(5000, 9500), done(6000, 9000)],
      [done(7000, 9600), done(8000, 9100)],
    )
    expect(difference).toMatchObject({ mean: 1, interval: [1, 1], p: 0 })
    expect(afterOne).toMatchObject({ mean: 20, interval: [20, 20] })
  })

  it('a diverged run counts as guessing, and is counted', () => {
    const { arms, difference, afterOne } = verdict(
      [done(9000, 9500), done(9000, 9500)],
      [diverged(9100), diverged()],
    )
    expect(arms[1]).toMatchObject({ mean: 10, n: 2, diverged: 2, stuck: 0 })
    expect(arms[0]).toMatchObject({ diverged: 0, stuck: 0 })
    expect(difference).toMatchObject({ mean: -85, n: 2 })
    // the epoch before it diverged was a real one: 91 - 90, and then 10 - 90
    expect(afterOne.mean).toBeCloseTo((1 - 80) / 2, 12)
  })

  it.each<[string, readonly TrialResult[], readonly TrialResult[], string]>([
    ['all runs of both', [diverged(), diverged()], [diverged(9000), diverged()], 'none'],
    ['all of one, the other better', [diverged(), diverged()], [done(9500), done(9400)], 'better'],
    ['all of one, the other no better', [diverged(), diverged()], [done(1000), done(1000)], 'none'],
    ['all of one, the other worse than guessing', [done(900), done(900)], [diverged(), diverged()], 'none'],
    ['all of one, undecided', [done(900), done(9900)], [diverged(), diverged()], 'none'],
    ['one run of each', [diverged(), done(9500)], [diverged(), done(9500)], 'negligible'],
  ])('diverged: %s', (_what, first, second, finding) => {
    expect(verdict(first, second).finding).toBe(finding)
    expect(verdict(second, first).finding).toBe(finding)
  })

  it('a stuck run counts as it is, and is counted', () => {
    const { arms } = verdict([stuck(8000), done(9500)], [done(8000), done(9500)])
    expect(arms[0]).toMatchObject({ stuck: 1, mean: 87.5, diverged: 0 })
    expect(arms[1]).toMatchObject({ stuck: 0 })
  })

  it('what diverged after it was stuck is counted once', () => {
    const { arms } = verdict([{ ...stuck(8000), outcome: 'diverged' }], [done(9500)])
    expect(arms[0]).toMatchObject({ stuck: 0, diverged: 1 })
  })

  it('the first epoch with an accuracy: a run that never reaches it is later than all that do', () => {
    const { timesToAccuracy } = verdict(
      [done(8999, 9000, 9500), done(9000, 9000), done(8000, 8000), done(8000, 8000)],
      [done(9000, 9400, 9500), done(9000, 9000), done(8000, 9600), diverged(8000)],
    )
    expect(timesToAccuracy[0]).toMatchObject({
      milestone: 90,
      median: [Infinity, 1.5],
      never: [2, 1],
      first: [0, 2],
    })
    expect(timesToAccuracy[1]).toMatchObject({
      milestone: 95,
      median: [Infinity, Infinity],
      never: [3, 2],
      first: [0, 1],
    })
  })

  it('secondary p-values are adjusted for three looks', () => {
    const slow = Array.from({ length: 10 }, (_, i) => done(5000 + i, 9000, 9600))
    const fast = Array.from({ length: 10 }, (_, i) => done(8000 - 7 * i, 9100, 9600))
    const { timesToAccuracy, afterOne } = verdict(slow, fast)
    // ten of ten: the sign test gives 2/1024. The smallest p is the t-test's; the sign tests come second and third
    expect(afterOne.p).toBeLessThan(1e-9)
    expect(timesToAccuracy.map(({ p }) => p)).toEqual([1, 1])
    const first = verdict(
      slow,
      fast.map(() => done(9000, 9500, 9600)),
    ).timesToAccuracy
    expect(first.map(({ p }) => p)).toEqual([2 * (2 / 1024), 2 * (2 / 1024)])
  })

  it('pairs on one test set only: anything else is an error', () => {
    expect(() => verdict([done(1)], [done(1), done(2)])).toThrow('are not pairs on one test set')
    expect(() => verdict([done(1)], [{ ...done(1), n: 5 }])).toThrow('are not pairs on one test set')
    expect(() => verdict([], [])).toThrow('are not pairs on one test set')
  })
})

describe('how often the verdict errs', () => {
  const SEEDS = 10
  /** A run's accuracy has a standard deviation of 15 images in MNIST's 10,000. */
  const SPREAD = 15

  /** The share of simulated studies in which an arm is called better. */
  const called = (studies: number, effect: number, diverging = false): number => {
    const arm = (of: Key, base: number): readonly TrialResult[] => {
      const noise = normalNumbers(of, 2 * SEEDS)
      return Array.from({ length: SEEDS }, (_, i) =>
        // a normal number is beyond 1.645 five times in a hundred
        diverging && noise[SEEDS + i]! > 1.645 ? diverged() : done(base + Math.round(SPREAD * noise[i]!)),
      )
    }
    const findings = Array.from({ length: studies }, (_, study) => {
      const of = fold(key(2026), study)
      return verdict(arm(fold(of, 0), 9600), arm(fold(of, 1), 9600 + effect)).finding
    })
    return findings.filter(finding => finding === 'better').length / studies
  }

  /** Three standard deviations above 5 in a hundred. */
  const limit = (studies: number): number => 0.05 + 3 * Math.sqrt((0.05 * 0.95) / studies)

  it('where there is no difference, it calls one in at most 5 of 100', () => {
    const share = called(2000, 0)
    expect(share).toBeLessThan(limit(2000))
    // and not because it never calls anything
    expect(share).toBeGreaterThan(0.02)
  })

  it('nor more often where one run of twenty diverges', () => {
    expect(called(500, 0, true)).toBeLessThan(limit(500))
  })

  it('where 0.3 points are between the arms, it calls them in more than 9 of 10', () => {
    expect(called(500, 30)).toBeGreaterThan(0.9)
  })
})

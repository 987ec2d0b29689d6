/** Final runs for the tests: what they answered correctly, of 10,000. */
import type { Finals } from '../../src/study/verdict.ts'
import type { TrialResult } from '../../src/study/trial.ts'

export const N = 10_000

export const done = (...accuracies: readonly number[]): TrialResult => ({
  id: 'a trial',
  outcome: 'done',
  accuracies,
  n: N,
  costs: [],
  answered: Array.from({ length: 10 }, () => N / 10),
  rightPerClass: Array.from({ length: 10 }, () => 900),
  perClass: Array.from({ length: 10 }, () => N / 10),
  seconds: 1,
})

export const diverged = (...accuracies: readonly number[]): TrialResult => ({
  ...done(...accuracies),
  outcome: 'diverged',
})

export const stuck = (...accuracies: readonly number[]): TrialResult => ({
  ...done(...accuracies),
  answered: [1200, 0, 1100, 1100, 1100, 1100, 1100, 1100, 1100, 1100],
})

/** A pair of arms: the first ends with `base` everywhere, the second ahead by these numbers of images, seed by seed. */
export const pairs = (ahead: readonly number[], base = 9500): readonly [Finals, Finals] => [
  { name: 'quadratic', results: ahead.map(() => done(base)) },
  { name: 'xent', results: ahead.map(by => done(base + by)) },
]

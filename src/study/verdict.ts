/**
 * What the final runs of two arms come to, in numbers, and the finding that follows from them.
 *
 * One outcome is primary: the test accuracy after the last epoch, in points (hundredths of the test set). It alone
 * decides. How fast the arms learn is secondary: three looks, whose p-values are adjusted for being three.
 *
 * No run is dropped. One that diverged enters with the accuracy of guessing, which is what is left to its owner: to
 * leave it out would reward the arm that diverges. A run that never reaches an accuracy is later than all that do.
 */
import { holm, mean, pairedT, quantile, signTest, standardDeviation, wilcoxon } from './statistics.ts'
import type { PairedT } from './statistics.ts'
import { isStuck, type TrialResult } from './trial.ts'

/** A mean difference from here on, in points, is worth having: ten images of ten thousand. */
export const DELTA = 0.1

/** The level of the tests. */
export const LEVEL = 0.05

/** The accuracies, in per cent, whose first epoch is asked for. */
const MILESTONES = [90, 95] as const

/** An arm's final runs; the i-th of either arm has the same seed. */
export type Finals = { readonly name: string; readonly results: readonly TrialResult[] }

/**
 * - `better`: one arm is, and by enough to be worth having
 * - `negligible`: no difference worth having is left in the interval
 * - `undecided`: the data cannot tell
 */
export type Finding = 'better' | 'negligible' | 'undecided'

/** An arm's test accuracies after the last epoch, in per cent, and the runs that went wrong. */
export type ArmSummary = {
  readonly name: string
  readonly n: number
  readonly mean: number
  readonly standardDeviation: number
  readonly min: number
  readonly max: number
  readonly diverged: number
  readonly stuck: number
}

/** When either arm first reached an accuracy. Of two values, the first is the first arm's. */
export type TimeToAccuracy = {
  /** Per cent. */
  readonly milestone: number
  /** The median epoch; Infinity is never. */
  readonly median: readonly [number, number]
  /** The runs that never got there. */
  readonly never: readonly [number, number]
  /** The seeds with which this arm was there first. */
  readonly first: readonly [number, number]
  /** Of the sign test on who was first, adjusted by Holm's method. */
  readonly p: number
}

/** Differences are the second arm's accuracy minus the first arm's, in points. */
export type Verdict = {
  readonly finding: Finding
  readonly arms: readonly [ArmSummary, ArmSummary]
  /** After the last epoch. */
  readonly difference: PairedT
  /** The p-value of Wilcoxon's signed-rank test on the same differences. */
  readonly wilcoxon: number
  /** After one epoch; p is adjusted by Holm's method. */
  readonly afterOne: PairedT
  readonly timesToAccuracy: readonly TimeToAccuracy[]
  /** The accuracy of guessing, in per cent. */
  readonly guessing: number
}

/** The finding that the printed rule demands. */
export const findingOf = ({ mean, interval: [low, high], p }: PairedT): Finding =>
  p < LEVEL && Math.abs(mean) >= DELTA
    ? 'better'
    : low >= -DELTA && high <= DELTA
      ? 'negligible'
      : 'undecided'

/**
 * @param arms their final runs, one or more each, with the same seeds and on the same test set
 * @param classes of the data, among which a guess chooses
 */
export const verdictOf = (arms: readonly [Finals, Finals], classes: number): Verdict => {
  const n = testSize(arms)
  const [first, second] = [arms[0].results, arms[1].results]
  // counts, for their differences are exact, and equal ones tie
  const differences = (correct: Correct): readonly number[] =>
    second.map((result, i) => (correct(result) ?? n / classes) - (correct(first[i]!) ?? n / classes))
  const inPoints = ({ mean, interval: [low, high], ...t }: PairedT): PairedT => ({
    ...t,
    mean: (100 * mean) / n,
    interval: [(100 * low) / n, (100 * high) / n],
  })

  const atEnd = differences(correctAtEnd)
  const difference = inPoints(pairedT(atEnd))
  const afterOne = inPoints(pairedT(differences(({ accuracies }) => accuracies[0])))
  const races = MILESTONES.map(milestone => timeToAccuracy(milestone, first, second))
  const [p, ...ps] = holm([afterOne.p, ...races.map(race => race.p)])
  return {
    finding: findingOf(difference),
    arms: [summary(arms[0], n, classes), summary(arms[1], n, classes)],
    difference,
    wilcoxon: wilcoxon(atEnd),
    afterOne: { ...afterOne, p: p! },
    timesToAccuracy: races.map((race, i) => ({ ...race, p: ps[i]! })),
    guessing: 100 / classes,
  }
}

/** How many right answers a final run counts with: a run that diverged, with those of guessing. */
export const countedCorrect = (result: TrialResult, classes: number): number =>
  correctAtEnd(result) ?? result.n / classes

type Correct = (result: TrialResult) => number | undefined

const correctAtEnd: Correct = ({ outcome, accuracies }) =>
  outcome === 'done' ? accuracies.at(-1) : undefined

/** The size of the test set, which all runs must share. */
const testSize = ([first, second]: readonly [Finals, Finals]): number => {
  const [n, ...others] = new Set([...first.results, ...second.results].map(result => result.n))
  if (n === undefined || others.length > 0 || first.results.length !== second.results.length)
    throw new Error('the final runs of the arms are no pairs on one test set')
  return n
}

const summary = ({ name, results }: Finals, n: number, classes: number): ArmSummary => {
  const accuracies = results.map(result => (100 * countedCorrect(result, classes)) / n)
  return {
    name,
    n: results.length,
    mean: mean(accuracies),
    standardDeviation: standardDeviation(accuracies),
    min: quantile(accuracies, 0),
    max: quantile(accuracies, 1),
    diverged: results.filter(({ outcome }) => outcome === 'diverged').length,
    stuck: results.filter(isStuck).length,
  }
}

const timeToAccuracy = (
  milestone: number,
  first: readonly TrialResult[],
  second: readonly TrialResult[],
): TimeToAccuracy => {
  const [a, b] = [first.map(firstEpochWith(milestone)), second.map(firstEpochWith(milestone))]
  const wins = [a.filter((at, i) => at < b[i]!).length, b.filter((at, i) => at < a[i]!).length] as const
  const never = (epochs: readonly number[]): number => epochs.filter(epoch => epoch === Infinity).length
  return {
    milestone,
    median: [quantile(a, 0.5), quantile(b, 0.5)],
    never: [never(a), never(b)],
    first: wins,
    p: signTest(...wins),
  }
}

/** The first epoch, from 1, with that accuracy; Infinity where there is none. */
const firstEpochWith =
  (milestone: number) =>
  ({ accuracies, n }: TrialResult): number => {
    const at = accuracies.findIndex(correct => 100 * correct >= milestone * n)
    return at < 0 ? Infinity : at + 1
  }

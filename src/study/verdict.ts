/**
 * The statistics of the final runs of two arms, and the finding that follows from them.
 *
 * One outcome is primary: the test accuracy after the last epoch, in points (hundredths of the test set). It alone
 * decides. How fast the arms learn is secondary: three tests, with p-values corrected for that.
 *
 * No run is excluded. A diverged run counts with the accuracy of guessing: to exclude it would reward the arm that
 * diverges. Where nothing but such counts speaks for a finding, there is none. A run that never reaches an accuracy counts as later than all that do.
 */
import { mean, standardDeviation } from './moments.ts'
import { holm, pairedT, quantile, signTest, wilcoxon } from './statistics.ts'
import type { PairedT } from './statistics.ts'
import { isStuck, type TrialResult } from './trial.ts'

/** The smallest mean difference that matters, in points: ten images of ten thousand. */
export const DELTA = 0.1

/** The significance level of the tests. */
export const LEVEL = 0.05

/** The accuracies, in per cent, for which the first epoch is compared. */
const MILESTONES = [90, 95] as const

/** An arm's final runs; the i-th of either arm has the same seed. */
export type Finals = { readonly name: string; readonly results: readonly TrialResult[] }

/**
 * - `better`: one arm is better, by a difference that matters
 * - `negligible`: the interval contains no difference that matters
 * - `undecided`: neither of these
 * - `none`: every run of an arm diverged, and the other arm did not do better
 */
export type Finding = 'better' | 'negligible' | 'undecided' | 'none'

/** An arm's test accuracies after the last epoch, in per cent, and the number of diverged and stuck runs. */
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
  /** The median epoch; Infinity: never. */
  readonly median: readonly [number, number]
  /** The number of runs that never reached it. */
  readonly never: readonly [number, number]
  /** The number of seeds with which this arm reached it first. */
  readonly first: readonly [number, number]
  /** The p-value of the sign test on which arm was first, with Holm's correction. */
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
  /** After one epoch; p has Holm's correction. */
  readonly afterOne: PairedT
  readonly timesToAccuracy: readonly TimeToAccuracy[]
  /** The accuracy of guessing, in per cent. */
  readonly guessing: number
}

/** The finding by the printed rule, where the arms have real accuracies. */
export const findingOf = ({ mean, interval: [low, high], p }: PairedT): Exclude<Finding, 'none'> =>
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
  // counts, because their differences are exact, so that equal ones tie
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
  const summaries = [summarizeArm(arms[0], n, classes), summarizeArm(arms[1], n, classes)] as const
  const finding = findingOf(difference)
  return {
    finding: isFounded(finding, summaries, leaderOf(difference)) ? finding : 'none',
    arms: summaries,
    difference,
    wilcoxon: wilcoxon(atEnd),
    afterOne: { ...afterOne, p: p! },
    timesToAccuracy: races.map((race, i) => ({ ...race, p: ps[i]! })),
    guessing: 100 / classes,
  }
}

/** The arm with the higher mean; the second of equal ones. */
export const leaderOf = ({ mean }: PairedT): 0 | 1 => (mean < 0 ? 0 : 1)

/** A difference as the advantage of the leader: its mean is not negative. */
export const advantage = ({ mean, interval: [low, high], ...t }: PairedT): PairedT =>
  mean < 0 ? { ...t, mean: -mean, interval: [-high, -low] } : { ...t, mean, interval: [low, high] }

/** Whether every run of an arm diverged. */
export const isLost = ({ n, diverged }: ArmSummary): boolean => diverged === n

/** Of an arm without a real accuracy it can only be found that the other one is better. */
const isFounded = (finding: Finding, arms: Verdict['arms'], leader: 0 | 1): boolean =>
  !arms.some(isLost) || (finding === 'better' && !isLost(arms[leader]))

/** The number of correct answers that a final run counts with: a diverged run, with those of guessing. */
export const countedCorrect = (result: TrialResult, classes: number): number =>
  correctAtEnd(result) ?? result.n / classes

type Correct = (result: TrialResult) => number | undefined

const correctAtEnd: Correct = ({ outcome, accuracies }) =>
  outcome === 'done' ? accuracies.at(-1) : undefined

/** The size of the test set, which all runs must share. */
const testSize = ([first, second]: readonly [Finals, Finals]): number => {
  const [n, ...others] = new Set([...first.results, ...second.results].map(result => result.n))
  if (n === undefined || others.length > 0 || first.results.length !== second.results.length)
    throw new Error('the final runs of the arms are not pairs on one test set')
  return n
}

/** The accuracies of an arm's final runs. */
export const summarizeArm = ({ name, results }: Finals, n: number, classes: number): ArmSummary => {
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
export const firstEpochWith =
  (milestone: number) =>
  ({ accuracies, n }: TrialResult): number => {
    const at = accuracies.findIndex(correct => 100 * correct >= milestone * n)
    return at < 0 ? Infinity : at + 1
  }

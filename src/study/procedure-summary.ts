/**
 * What repeated searches show beside their answer: the accuracies of all final runs, and how fast the arms learn. These are
 * secondary: their intervals are not corrected for their number, nor for the looks.
 */
import { extent } from '../extent.ts'
import { mean } from './moments.ts'
import { meanInterval, quantile, type Interval } from './statistics.ts'
import { accuraciesThrough, type TrialResult } from './trial.ts'
import { firstEpochWith, LEVEL, summarizeArm, type ArmSummary, type Finals } from './verdict.ts'

/** A difference over the searches, the second arm minus the first, in points: its mean and 95 % interval. */
export type SpeedDifference = { readonly mean: number; readonly interval: Interval }

/** The accuracy, in per cent, for which the first epoch is compared. */
export const SPEED_MILESTONE = 95

export type ProcedureSummary = {
  /** The final runs of all searches, arm by arm. */
  readonly arms: readonly [ArmSummary, ArmSummary]
  /** The accuracy after one epoch. */
  readonly afterOne: SpeedDifference
  /** The mean accuracy over all epochs: the area under the learning curve. */
  readonly area: SpeedDifference
  /** The median epoch in which an arm's runs reach 95 %; Infinity: never. */
  readonly milestone: readonly [number, number]
}

/** @param searches the final runs of each: the i-th of either arm has the same seed */
export const procedureSummary = (
  searches: readonly (readonly [Finals, Finals])[],
  classes: number,
): ProcedureSummary => {
  const all = (i: 0 | 1): Finals => ({
    name: searches[0]![i].name,
    results: searches.flatMap(search => search[i].results),
  })
  const [first, second] = [all(0), all(1)]
  const n = first.results[0]!.n
  const differenceOf = (inPoints: (result: TrialResult) => number): SpeedDifference =>
    meanInterval(
      searches.map(([a, b]) => mean(b.results.map(inPoints)) - mean(a.results.map(inPoints))),
      LEVEL,
    )
  const [, epochs] = extent([...first.results, ...second.results].map(({ accuracies }) => accuracies.length))
  const milestoneOf = ({ results }: Finals): number =>
    quantile(results.map(firstEpochWith(SPEED_MILESTONE)), 0.5)
  return {
    arms: [summarizeArm(first, n, classes), summarizeArm(second, n, classes)],
    afterOne: differenceOf(result => meanPoints(result, 1, classes)),
    area: differenceOf(result => meanPoints(result, epochs, classes)),
    milestone: [milestoneOf(first), milestoneOf(second)],
  }
}

/** The mean accuracy of the first epochs, in per cent; once a run has diverged, it is that of guessing. */
const meanPoints = (result: TrialResult, epochs: number, classes: number): number => {
  const accuracies = accuraciesThrough(result, epochs)
  const points = Array.from({ length: epochs }, (_, epoch) => accuracies[epoch] ?? result.n / classes)
  return (100 * mean(points)) / result.n
}

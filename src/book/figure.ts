/**
 * A figure of the book, or a result that it states: the trainings behind it, and what is compared with the book. A figure is
 * a record; the list, the command line, the pages and the table of claims derive from it.
 */
import type { MonitorName } from '../core/metrics.ts'
import type { Rng } from '../core/seeded.ts'
import type { FlagTexts } from '../study/space.ts'
import type { Trial, TrialResult } from '../study/trial.ts'
import { extent } from '../extent.ts'
import type { FigureName } from './published.ts'

/** One training of a figure, but for its seed. */
export type FigureArm = {
  /** The neurons of each hidden layer; one layer of 30 if missing. */
  readonly hidden?: readonly number[]
  /** Flags of `train`. The cost is the cross-entropy and a mini-batch has 10 examples, unless they say otherwise. */
  readonly flags: FlagTexts
  readonly epochs: number
  readonly evaluateOn: Trial['evaluateOn']
  /** The random numbers of the author's own run (`--rng`), if it can be replayed. */
  readonly replay?: Exclude<Rng, 'default'>
}

/** The results of all arms with one seed, by the names of the arms. */
export type ArmResults = Readonly<Record<string, TrialResult>>

/** A number that the book states, or that its text makes worth a look: it is measured for each seed. */
export type Claim = {
  /** A noun phrase, such as `best accuracy on the test set`. */
  readonly what: string
  readonly unit: '%' | 'points' | 'epochs' | ''
  /** The number in the book. */
  readonly book?: number
  /** What the book says of a number that it does not give: on which side of a limit it is. */
  readonly expected?: { readonly side: 'above' | 'below'; readonly limit: number }
  /** A number with which ours is compared, where the book asks a question and states no answer. */
  readonly asked?: { readonly limit: number }
  readonly measure: (results: ArmResults) => number
}

/** A chart: a monitor after each epoch, or the last accuracy of each arm. */
export type FigureChart =
  | { readonly kind: 'epochs'; readonly monitor: MonitorName }
  | { readonly kind: 'arms'; readonly x: string; readonly at: (arm: string) => number }

export type BookFigure = {
  /** A noun phrase, without a full stop. */
  readonly title: string
  /** The section of chapter 3, or the paper. */
  readonly section: string
  /** The claim of the section or the paper, in a sentence or two. */
  readonly says: string
  /** The author's file: its runs are those of the arms, in their order. */
  readonly file?: FigureName
  /** The number of seeds, if no other is asked for: 1 … n. */
  readonly seeds: number
  readonly arms: Readonly<Record<string, FigureArm>>
  readonly claims: readonly Claim[]
  readonly charts: readonly FigureChart[]
}

const of = (arm: string, results: ArmResults): TrialResult => {
  const found = results[arm]
  if (found === undefined) throw new Error(`the figure has no arm ${arm}`)
  return found
}

/** The accuracy of an arm after the last epoch, in per cent. */
export const lastOf =
  (arm: string) =>
  (results: ArmResults): number =>
    accuraciesOf(of(arm, results)).at(-1) ?? NaN

/** The accuracy of an arm after its best epoch, in per cent. */
export const bestOf =
  (arm: string) =>
  (results: ArmResults): number =>
    extent(accuraciesOf(of(arm, results)))[1]

/** The accuracy of an arm after an epoch, from 1, in per cent. */
export const afterEpoch =
  (arm: string, epoch: number) =>
  (results: ArmResults): number =>
    accuraciesOf(of(arm, results))[epoch - 1] ?? NaN

/** The best accuracy of an arm on its training set, in per cent. */
export const bestTrainingOf =
  (arm: string) =>
  (results: ArmResults): number =>
    extent(trainingAccuraciesOf(of(arm, results)))[1]

/** The cost of an arm on its training set, after each epoch. */
export const trainingCostsOf =
  (arm: string) =>
  (results: ArmResults): readonly number[] =>
    (of(arm, results).trainingCosts ?? []).map(Number)

/** The number of epochs of an arm. */
export const epochsOf =
  (arm: string) =>
  (results: ArmResults): number =>
    of(arm, results).accuracies.length

/** One number minus another. */
export const minus =
  (one: Claim['measure'], other: Claim['measure']): Claim['measure'] =>
  results =>
    one(results) - other(results)

const accuraciesOf = ({ accuracies, n }: TrialResult): readonly number[] =>
  accuracies.map(count => (100 * count) / n)

const trainingAccuraciesOf = ({ trainingAccuracies = [], trainingN = NaN }: TrialResult): readonly number[] =>
  trainingAccuracies.map(count => (100 * count) / trainingN)

/** The values of a monitor after each epoch; accuracies in per cent. Empty if it was off. */
export const seriesOf = (result: TrialResult, monitor: MonitorName): readonly number[] => {
  switch (monitor) {
    case 'evaluationAccuracy':
      return accuraciesOf(result)
    case 'trainingAccuracy':
      return trainingAccuraciesOf(result)
    case 'evaluationCost':
      return (result.costs ?? []).map(Number)
    case 'trainingCost':
      return (result.trainingCosts ?? []).map(Number)
  }
}

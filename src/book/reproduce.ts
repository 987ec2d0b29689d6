/**
 * The table of chapter 3's first section: the two costs with 30 and with 100 hidden neurons, over several seeds, and the
 * single figures of the book.
 *
 * Accuracies are in per cent of the test set.
 */
import type { CostName } from '../core/costs/index.ts'
import { extent } from '../extent.ts'
import { counted } from '../format.ts'
import type { FlagTexts } from '../study/space.ts'
import { mean, standardDeviation } from '../study/moments.ts'
import { quantile } from '../study/statistics.ts'
import {
  isStuck,
  namedTrial,
  unanswered,
  type TrialResult,
  type TrialResults,
  type Trial,
} from '../study/trial.ts'
import { trialImages } from './trial-images.ts'

/** A row of the table: a cost, with its learning rate, in a network with a number of hidden neurons. */
export type BookArm = {
  readonly hidden: number
  readonly cost: CostName
  readonly eta: number
  /**
   * The accuracy that the book gives. With the quadratic cost: chapter 1, "Implementing our network to classify digits";
   * with the cross-entropy: chapter 3, "Using the cross-entropy to classify MNIST digits".
   */
  readonly book: number
}

/** M. Nielsen, Neural Networks and Deep Learning (2015). */
export const bookArms: readonly BookArm[] = [
  { hidden: 30, cost: 'quadratic', eta: 3.0, book: 95.42 },
  { hidden: 30, cost: 'xent', eta: 0.5, book: 95.49 },
  { hidden: 100, cost: 'quadratic', eta: 3.0, book: 96.59 },
  { hidden: 100, cost: 'xent', eta: 0.5, book: 96.82 },
]

/** The epochs of the book's runs. */
const BOOK_EPOCHS = 30

/** Whether runs of this length can be compared with the book's figures. */
export const isAsLongAsTheBook = (epochs: number): boolean => epochs === BOOK_EPOCHS

const ABOUT_THE_BOOK = [
  'A figure in the book is one run at its best epoch, chosen by its accuracy on the test set; those of',
  'chapter 1 (quadratic) are the best of three runs. Compare them with "best epoch" and its maximum.',
] as const

/** What the book's figures mean beside runs of this length, one line each. */
export const aboutTheBook = (epochs: number): readonly string[] =>
  isAsLongAsTheBook(epochs)
    ? ABOUT_THE_BOOK
    : [
        `The figures of the book are of ${BOOK_EPOCHS} epochs: they are not shown beside these runs of ${counted(epochs, 'epoch')}.`,
      ]

export type ReproductionPreset = {
  /** Seeds 1 … n. */
  readonly seeds: number
  readonly epochs: number
  readonly hidden: readonly number[]
}

/** The whole table, and a small part of it. */
export const reproductionPresets = {
  full: { seeds: 5, epochs: BOOK_EPOCHS, hidden: [30, 100] },
  quick: { seeds: 2, epochs: 10, hidden: [30] },
} as const satisfies Record<string, ReproductionPreset>

/** The data set to train on: its fingerprint, and the neurons at either end of a network for it. */
export type DataShape = { readonly data: string; readonly inputs: number; readonly outputs: number }

export type Planned = { readonly arm: BookArm; readonly trials: readonly Trial[] }

/** The flags in which the arms differ from the other figures, and from one another. */
export const flagsOfArm = ({ cost, eta }: BookArm): FlagTexts => ({ cost, eta: String(eta), init: 'large' })

/** The trials of the table, arm by arm, seed by seed. */
export const planReproduction = (
  { seeds, epochs, hidden }: ReproductionPreset,
  { data, inputs, outputs }: DataShape,
): readonly Planned[] =>
  bookArms
    .filter(arm => hidden.includes(arm.hidden))
    .map(arm => ({
      arm,
      trials: Array.from({ length: seeds }, (_, i) =>
        namedTrial({
          flags: {
            ...flagsOfArm(arm),
            sizes: [inputs, arm.hidden, outputs].join(','),
            'mini-batch-size': '10',
            monitor: 'evaluation-accuracy',
          },
          seed: i + 1,
          epochs,
          evaluateOn: 'test',
          data,
        }),
      ),
    }))

export type AccuracySpread = {
  readonly mean: number
  readonly standardDeviation: number
  readonly min: number
  readonly max: number
}

export type RunsSummary = {
  readonly runs: number
  readonly last: AccuracySpread
  /** Each run at its own best epoch. */
  readonly best: AccuracySpread
}

/** A run that never or almost never predicts some classes at its end. */
export type StuckRun = {
  readonly seed: number
  readonly accuracy: number
  /** Those classes, with the number of times that each is predicted, and the number of its examples. */
  readonly unanswered: readonly { readonly label: number; readonly answered: number; readonly n: number }[]
  /** The accuracy on the examples of the other classes. */
  readonly others: number
}

export type Row = {
  readonly arm: BookArm
  /** The runs that did not diverge. */
  readonly all: RunsSummary
  /** Those of them that are not stuck. */
  readonly free: RunsSummary
  readonly stuck: readonly StuckRun[]
  /** The seeds of the runs that diverged. */
  readonly diverged: readonly number[]
}

/** The rows of the table. */
export const rowsOf = (plan: readonly Planned[], results: TrialResults): readonly Row[] =>
  plan.map(({ arm, trials }) => {
    const runs = trials.flatMap(({ id, seed }) => {
      const result = results.get(id)
      return result === undefined ? [] : [{ seed, result }]
    })
    const done = runs.filter(({ result }) => result.outcome === 'done')
    return {
      arm,
      all: summary(done.map(({ result }) => result)),
      free: summary(done.map(({ result }) => result).filter(result => !isStuck(result))),
      stuck: done.flatMap(({ seed, result }) => (isStuck(result) ? [stuck(seed, result)] : [])),
      diverged: runs.filter(({ result }) => result.outcome === 'diverged').map(({ seed }) => seed),
    }
  })

const summary = (results: readonly TrialResult[]): RunsSummary => ({
  runs: results.length,
  last: accuracySpread(results.map(lastAccuracy)),
  best: accuracySpread(results.map(result => bestAccuracy(result).accuracy)),
})

/** The spread of some accuracies, or of other numbers; NaN without any. */
export const accuracySpread = (accuracies: readonly number[]): AccuracySpread => ({
  mean: mean(accuracies),
  standardDeviation: standardDeviation(accuracies),
  min: quantile(accuracies, 0),
  max: quantile(accuracies, 1),
})

/** The accuracy after the last epoch; NaN without epochs. */
export const lastAccuracy = ({ accuracies, n }: TrialResult): number => (100 * (accuracies.at(-1) ?? NaN)) / n

/** The highest accuracy, and the first epoch with it, from 1. */
export const bestAccuracy = ({
  accuracies,
  n,
}: TrialResult): { readonly accuracy: number; readonly epoch: number } => {
  const [, best] = extent(accuracies)
  return { accuracy: (100 * best) / n, epoch: accuracies.indexOf(best) + 1 }
}

const stuck = (seed: number, result: TrialResult): StuckRun => {
  const never = unanswered(result)
  const sum = (counts: readonly number[] = []): number =>
    counts.reduce((total, count, label) => (never.includes(label) ? total : total + count), 0)
  return {
    seed,
    accuracy: lastAccuracy(result),
    unanswered: never.map(label => ({
      label,
      answered: result.answered?.[label] ?? 0,
      n: result.perClass?.[label] ?? 0,
    })),
    others: (100 * sum(result.rightPerClass)) / sum(result.perClass),
  }
}

/** The images of MNIST's training set, which a trial uses if it does not say otherwise. */
const ALL_IMAGES = 50_000

/** How long a trial takes, in arbitrary units: most of it are the products of the first layer. */
export const trialWork = (trial: Trial): number =>
  trial.epochs * trialImages(trial, ALL_IMAGES).epoch * Number(trial.flags.sizes?.split(',')[1] ?? 1)

/**
 * The results of the author's own runs: the data of the figures in chapter 3, as his programs printed it.
 *
 * Source: M. Nielsen, https://github.com/mnielsen/neural-networks-and-deep-learning, folder `fig` (MIT licence). The
 * project does not contain the files: `figure-files.ts` downloads them. Their key figures are here.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { parseJson } from '../io/json.ts'
import { dataError, type DataError } from '../errors.ts'
import type { Initializer } from '../core/params.ts'
import { extent } from '../extent.ts'

/** The figures, by the names of their files. */
export const figures = [
  'overfitting',
  'regularized',
  'weight_initialization_30',
  'weight_initialization_100',
  'overfitting_full',
  'regularized_full',
  'more_data',
  'multiple_eta',
] as const

export type FigureName = (typeof figures)[number]

/** One training of a figure. Each list has a value per epoch; the list of a monitor that was off is empty. */
export type PublishedRun = {
  readonly start: Initializer
  readonly evaluationCost: readonly number[]
  /** Correct of 10,000, in the test set or in the validation set. */
  readonly evaluationAccuracy: readonly number[]
  readonly trainingCost: readonly number[]
  readonly trainingAccuracy: readonly number[]
}

/** The trainings of a figure, in the order of the author's program. */
export type Figure = readonly PublishedRun[]

/** The key figures of a run: its first epoch, and its best one, counted from 0 as in the book. */
export type KeyFigures = {
  readonly start: Initializer
  readonly epochs: number
  readonly first: { readonly evaluationCost?: number; readonly evaluationAccuracy: number }
  readonly best: { readonly evaluationAccuracy: number; readonly epoch: number }
}

/** The size and checksum of a file. */
export type Published = {
  readonly bytes: number
  readonly sum: string
  /** The key figures of the runs that can be replayed, to compare with if the file is not available. */
  readonly facts?: readonly KeyFigures[]
}

/** The author's files at `COMMIT`. */
export const published: Readonly<Record<FigureName, Published>> = {
  overfitting: {
    bytes: 21_624,
    sum: '721a998b496cd1fb9c5b19cdae41e50e277500cd9c3d3fd06998c9c850f4c26d',
    facts: [
      {
        start: 'large',
        epochs: 400,
        first: { evaluationCost: 2.076277232332908, evaluationAccuracy: 5887 },
        best: { evaluationAccuracy: 8227, epoch: 374 },
      },
    ],
  },
  regularized: {
    bytes: 21_203,
    sum: '5c969fce435aae558b131deb5eb8a5a98ee59bda53936e31720abe5f37fbae57',
    facts: [
      {
        start: 'large',
        epochs: 400,
        first: { evaluationCost: 2.1903999605374445, evaluationAccuracy: 5898 },
        best: { evaluationAccuracy: 8710, epoch: 383 },
      },
    ],
  },
  weight_initialization_30: {
    bytes: 456,
    sum: 'd3c60914786448a388920b072d2c0c1d3772dc815fef2f03a9695d4a60ac5b2c',
    facts: [
      {
        start: 'default',
        epochs: 30,
        first: { evaluationAccuracy: 9270 },
        best: { evaluationAccuracy: 9653, epoch: 25 },
      },
      {
        start: 'large',
        epochs: 30,
        first: { evaluationAccuracy: 8643 },
        best: { evaluationAccuracy: 9648, epoch: 27 },
      },
    ],
  },
  weight_initialization_100: {
    bytes: 456,
    sum: '57282de76dec79720ada7ca9f678aeaf739b85ca25242be923eff638d7f8b82d',
    facts: [
      {
        start: 'default',
        epochs: 30,
        first: { evaluationAccuracy: 9295 },
        best: { evaluationAccuracy: 9781, epoch: 29 },
      },
      {
        start: 'large',
        epochs: 30,
        first: { evaluationAccuracy: 8994 },
        best: { evaluationAccuracy: 9755, epoch: 28 },
      },
    ],
  },
  overfitting_full: {
    bytes: 1649,
    sum: 'fb706fd8d54a47ab8bcb059a4ab780503e848a706d544accdffb272d7c64efd6',
  },
  regularized_full: {
    bytes: 1641,
    sum: 'a8e2c6f6357cb6ef2fed20ffaeaf689159248f15bc9f1ce5f1ff7589f2762a92',
  },
  more_data: {
    bytes: 63,
    sum: 'a72cc54bff860f796b858227d9e48ce863ab20b0d95dc428cdaf269429e77b03',
  },
  multiple_eta: {
    bytes: 1931,
    sum: '5703710ec2e9915e0f9b29e84ffcfb66a3c47d31e264fcc739d9e24c18c79c96',
  },
}

/** The commit of the author's repository to which the checksums belong. */
const COMMIT = '72db53d750f571bef8804de4a52224e44dcab3a1'

/** Where the files are, at that commit. */
export const source = `https://raw.githubusercontent.com/mnielsen/neural-networks-and-deep-learning/${COMMIT}/fig/`

/** The key figures of a run. */
export const keyFigures = ({ start, evaluationCost, evaluationAccuracy }: PublishedRun): KeyFigures => {
  const [cost] = evaluationCost
  const [, best] = extent(evaluationAccuracy)
  return {
    start,
    epochs: evaluationAccuracy.length,
    first: {
      ...(cost === undefined ? {} : { evaluationCost: cost }),
      evaluationAccuracy: evaluationAccuracy[0]!,
    },
    best: { evaluationAccuracy: best, epoch: evaluationAccuracy.indexOf(best) },
  }
}

/** As the author's programs write them: evaluation cost and accuracy, training cost and accuracy. */
const Lists = t.tuple([t.array(t.number), t.array(t.number), t.array(t.number), t.array(t.number)])

type Lists = t.TypeOf<typeof Lists>

const File = t.union([
  Lists,
  t.type({ default_weight_initialization: Lists, large_weight_initialization: Lists }),
  // multiple_eta: a run for each learning rate
  t.array(Lists),
  // more_data: the accuracy of each run at its end, in per cent
  t.array(t.number),
])

type File = t.TypeOf<typeof File>

/**
 * Reads the text of one of the author's files.
 *
 * @param name the path of the file, as the user gave it
 */
export const decodeFigure = (name: string, text: string): E.Either<DataError, Figure> =>
  pipe(
    parseJson(text),
    E.mapLeft(() => undefined),
    E.filterOrElse(
      (json): json is File => File.is(json),
      () => undefined,
    ),
    E.map(runsIn),
    E.filterOrElse(
      runs =>
        runs.length > 0 &&
        runs.every(
          ({ evaluationAccuracy, trainingCost }) => evaluationAccuracy.length + trainingCost.length > 0,
        ),
      () => undefined,
    ),
    E.mapLeft(() =>
      dataError(
        `${name} does not have the lists of costs and accuracies of the book's figures`,
        `get it from ${source}`,
      ),
    ),
  )

const runsIn = (file: File): Figure => {
  if (Lists.is(file)) return [run('large', file)]
  if (!Array.isArray(file))
    return [
      run('default', file.default_weight_initialization),
      run('large', file.large_weight_initialization),
    ]
  return (file as readonly (Lists | number)[]).map(each =>
    typeof each === 'number' ? run('large', [[], [Math.round(100 * each)], [], []]) : run('default', each),
  )
}

const run = (
  start: Initializer,
  [evaluationCost, evaluationAccuracy, trainingCost, trainingAccuracy]: Lists,
): PublishedRun => ({ start, evaluationCost, evaluationAccuracy, trainingCost, trainingAccuracy })

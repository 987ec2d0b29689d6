/**
 * The data of an experiment. It is loaded here once, so that it is downloaded or generated once and a notice is shown
 * once; the child processes then find it on the disk.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { choiceOf, inputWidth, outputsNeeded, type Dataset } from '../data/dataset.ts'
import { dataIdentity } from '../data/fingerprint.ts'
import { dataError, type AppError, type DataError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { loadDataset } from '../runs/resources.ts'

/** What a study needs of its data once they are checked. */
export type ExperimentNames = {
  /** For people, such as `MNIST`. */
  readonly name: string
  /** Where a child process finds it, as `--data` says it. */
  readonly choice: string
  /** A fingerprint of its contents. */
  readonly data: string
  /** The neurons at either end of a network for it. */
  readonly inputs: number
  readonly outputs: number
}

export type ExperimentData = ExperimentNames & { readonly dataset: Dataset }

export const loadExperimentData = (env: Env, choice: string): TE.TaskEither<AppError, ExperimentData> =>
  pipe(
    loadDataset(choice, env),
    TE.map(dataset => ({
      name: dataset.name,
      choice: choiceOf(dataset, choice),
      data: dataIdentity(dataset).fingerprint,
      inputs: inputWidth(dataset),
      outputs: outputsNeeded(dataset).count,
      dataset,
    })),
  )

/** The error of data that lack a set on which trials are evaluated; undefined if they have them all. */
export const missingParts = (
  { name, ...dataset }: Dataset,
  wanted: readonly ('validation' | 'test')[],
): DataError | undefined => {
  const missing = wanted.filter(part => dataset[part] === undefined)
  return missing.length === 0
    ? undefined
    : dataError(
        `--data: ${name} has no ${missing.join(' and no ')} set, on which trials are evaluated`,
        'give mnist, digits, or a FILE.json with "training", "validation" and "test"',
      )
}

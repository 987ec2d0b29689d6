/**
 * The data of an experiment. It is loaded here once, so that it is downloaded or generated once and a notice is shown
 * once; the child processes then find it on the disk.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { choiceOf, inputWidth, outputsNeeded } from '../data/dataset.ts'
import { dataIdentity } from '../data/fingerprint.ts'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { loadDataset } from '../runs/resources.ts'

export type ExperimentData = {
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

export const loadExperimentData = (env: Env, choice: string): TE.TaskEither<AppError, ExperimentData> =>
  pipe(
    loadDataset(choice, env),
    TE.map(dataset => ({
      name: dataset.name,
      choice: choiceOf(dataset, choice),
      data: dataIdentity(dataset).fingerprint,
      inputs: inputWidth(dataset),
      outputs: outputsNeeded(dataset).count,
    })),
  )

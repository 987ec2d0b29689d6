/**
 * Who does the trials: processes of this machine here, or the workers of a queue (trial-queue.ts).
 */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { root } from '#scripts/package'
import { usageError, type AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { openPool, type PoolFailure } from './pool.ts'
import type { TrialError, TrialTask } from './train-trial.ts'
import { describeFlags, type Trial, type TrialResult } from './trial.ts'

/**
 * Why a trial has no result:
 *
 * - `closed`: the pool was closed before
 * - `trial`: it cannot be done; others can
 * - `machine`: this machine cannot do it, and probably no other trial either
 * - `killed`: the process was killed each time that it was tried
 * - `crashed`, `threw`: an internal error: the process ended, or threw an exception
 */
export type TrialFailure =
  | { readonly kind: 'closed' }
  | { readonly kind: 'trial' | 'machine'; readonly error: AppError }
  | { readonly kind: 'killed'; readonly error: AppError; readonly why: string }
  | { readonly kind: 'crashed' | 'threw'; readonly why: string }

/** What runs trials, several at a time. */
export type TrialPool = {
  /** Runs a trial. `onProgress` receives the share of it that is done, 0 to 1. */
  readonly run: (
    trial: Trial,
    onProgress?: (share: number) => void,
  ) => TE.TaskEither<TrialFailure, TrialResult>
  /** Ends all trials at once. */
  readonly close: () => void
}

export type LocalPoolOptions = {
  /** How many trials are done at a time. */
  readonly jobs: number
  /** Where the data is, as `--data` says it. */
  readonly data: string
  /** The module that a child runs. */
  readonly entry?: URL
}

/** Processes of this machine. Each has one thread: there are usually as many as cores. */
export const localPool = (
  { variables, bar, log }: Pick<Env, 'variables' | 'bar' | 'log'>,
  { jobs, data, entry = pathToFileURL(join(root, 'scripts', 'trial.mjs')) }: LocalPoolOptions,
): TrialPool => {
  // every trial of a study has the same ones
  const notices = new Set<string>()
  const pool = openPool<TrialTask, number, E.Either<TrialError, TrialResult>>({
    entry,
    jobs,
    env: { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', ...variables },
    onNotice: line => {
      if (notices.has(line)) return
      notices.add(line)
      bar?.clear()
      log(line)
    },
  })
  return {
    run: (trial, onProgress) =>
      pipe(
        pool.run({ trial, data }, onProgress),
        TE.mapLeft(failureOf(trial, jobs)),
        TE.flatMapEither(E.mapLeft(({ cause, error }): TrialFailure => ({ kind: cause, error }))),
      ),
    close: pool.close,
  }
}

const failureOf =
  (trial: Trial, jobs: number) =>
  (failure: PoolFailure): TrialFailure => {
    if (failure.kind !== 'lost') return failure
    if (failure.signal === undefined) return { kind: 'crashed', why: failure.why }
    const why = `its process was killed each time it was tried (${failure.why})`
    return {
      kind: 'killed',
      why,
      error: usageError(
        `--jobs ${jobs}: ${describeFlags(trial)}: ${why}`,
        `memory may have run out: ${jobs > 1 ? 'give --jobs 1' : 'free some, or give smaller --sizes'}; ` +
          'the same command continues with the trials that are left',
      ),
    }
  }

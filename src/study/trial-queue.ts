/**
 * Trials over a queue: the side of the study, and the side of a worker.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { interrupted, usageError, type AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { decodeResultOf, decodeTrial, largestResult } from './decode-trial.ts'
import { loadExperimentData, type ExperimentNames } from './experiment-data.ts'
import type { QueueAddress } from './queue-address.ts'
import { openQueue } from './queue-client.ts'
import { queueRefused } from './queue-connection.ts'
import { serveQueue, type WorkEnd } from './queue-worker.ts'
import { localPool, type LocalPoolOptions, type TrialFailure, type TrialPool } from './trial-pool.ts'
import { describeFlags, type Trial, type TrialResult } from './trial.ts'
import { counted } from '../format.ts'

/**
 * The workers of a queue as a pool.
 *
 * @param data the fingerprint of the data set: only workers that have it take the trials
 */
export const queuePool = (env: Pick<Env, 'log'>, address: QueueAddress, data: string): TrialPool => {
  const queue = openQueue<Trial, TrialResult>({
    address,
    topic: data,
    // the queue refuses a name that is a whole number, which 1 of 2,000 ids is
    nameOf: ({ id }) => `trial-${id}`,
    decode: (trial, json) => decodeResultOf(trial)(json),
    largest: largestResult,
    log: line => env.log(`network2: ${line}`),
  })
  return {
    run: (trial, onProgress) =>
      pipe(
        queue.run(trial, onProgress),
        TE.mapLeft((failure): TrialFailure => {
          switch (failure.kind) {
            case 'closed':
              return failure
            case 'refused':
              return { kind: 'machine', error: queueRefused(address, failure.why) }
            case 'failed':
              return {
                kind: 'trial',
                error: usageError(
                  `${describeFlags(trial)}: no worker could do it: ${failure.why}`,
                  'correct that, and run the same command again',
                ),
              }
          }
        }),
      ),
    close: queue.close,
  }
}

export type TrialWorkerOptions = LocalPoolOptions & {
  readonly address: QueueAddress
  /** A worker that is silent for this long, in seconds, counts as dead. */
  readonly patience: number
}

/**
 * Does the trials of a queue whose data set this machine has, until the program is asked to stop, or turns out to be
 * unfit: without the backend that a trial asks for, for example.
 */
export const runWorker = (env: Env, options: TrialWorkerOptions): TE.TaskEither<AppError, never> =>
  pipe(
    loadExperimentData(env, options.data),
    // the processes that do the trials load the data themselves
    TE.map(({ dataset: _dataset, ...data }): ExperimentNames => data),
    TE.flatMap(data => async () => {
      const { address, jobs, patience } = options
      env.log(
        `Doing the trials on ${data.name} (${data.data}) from ${address.shown}, ${jobs} at a time; ` +
          'Ctrl-C returns unfinished ones to the queue.',
      )
      const ending = endOf(env)
      const pool = localPool(env, { ...options, data: data.choice })
      const { close } = serveQueue<Trial, TrialResult>({
        ...{ address, jobs, patience },
        topic: data.data,
        decode: decodeTrial,
        work: trial => doTrial(env, pool, data, ending, trial),
        onOtherTopics: others =>
          env.log(
            `network2: no trials wait for ${data.name} (${data.data}); trials wait for the data ` +
              `${others.join(', ')}: start a worker with these data (--data)`,
          ),
        onRefused: why => ending.set(queueRefused(address, why)),
        log: line => env.log(`network2: ${line}`),
      })
      try {
        return await ending.reached
      } finally {
        const closed = close()
        pool.close()
        await closed
      }
    }),
  )

/** Why a worker ends; the first reason counts. */
type Ending = {
  readonly isSet: () => boolean
  /** @param reason an Error is an internal error */
  readonly set: (reason: AppError | Error) => void
  readonly reached: Promise<E.Either<AppError, never>>
}

/** Set when the program is asked to stop. */
const endOf = ({ abortSignal, stopReason }: Env): Ending => {
  let isSet = false
  let set: Ending['set'] = () => undefined
  const reached = new Promise<E.Either<AppError, never>>((resolve, reject) => {
    set = reason => {
      isSet = true
      if (reason instanceof Error) reject(reason)
      else resolve(E.left(reason))
    }
  })
  const stop = (): void =>
    set(interrupted(stopReason() ?? 'SIGTERM', 'the worker was stopped', 'start it again at any time'))
  if (abortSignal.aborted) stop()
  else abortSignal.addEventListener('abort', stop, { once: true })
  return { isSet: () => isSet, set: reason => set(reason), reached }
}

const doTrial = async (
  env: Env,
  pool: TrialPool,
  { data }: ExperimentNames,
  ending: Ending,
  trial: Trial,
): Promise<WorkEnd<TrialResult>> => {
  if (trial.data !== data)
    return { kind: 'failed', why: `its data are ${trial.data}, those of its queue ${data}` }
  // nothing more is begun: the worker is about to close
  if (ending.isSet()) return { kind: 'closed' }
  const end = await pool.run(trial)()
  if (E.isRight(end)) {
    env.log(describeEnd(trial, end.right))
    return { kind: 'done', result: end.right }
  }
  const failure = end.left
  if (failure.kind === 'machine') ending.set(failure.error)
  if (failure.kind === 'crashed')
    ending.set(new Error(`${describeFlags(trial)}: its process ended each time it was tried: ${failure.why}`))
  const back = workEndOf(failure)
  if (back.kind === 'retry') env.log(`${trial.id} goes back to the queue: ${back.why}`)
  if (back.kind === 'failed') env.log(`${trial.id} cannot be done: ${back.why}`)
  return back
}

const workEndOf = (failure: TrialFailure): Exclude<WorkEnd<TrialResult>, { kind: 'done' }> => {
  switch (failure.kind) {
    case 'closed':
      return failure
    case 'trial':
      return { kind: 'failed', why: `${failure.error.message}; ${failure.error.remedy}` }
    case 'threw':
      return { kind: 'failed', why: failure.why }
    case 'machine':
      return { kind: 'retry', why: failure.error.message }
    case 'killed':
    case 'crashed':
      return { kind: 'retry', why: failure.why }
  }
}

const describeEnd = (trial: Trial, { outcome, accuracies, n, seconds = 0 }: TrialResult): string =>
  `${trial.id}: ${outcome === 'done' ? `${accuracies.at(-1) ?? 0} / ${n} on the ${trial.evaluateOn} set` : 'diverged'}` +
  ` after ${counted(trial.epochs, 'epoch')}, ${seconds.toFixed(2)} s`

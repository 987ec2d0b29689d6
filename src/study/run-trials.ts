/**
 * Runs the trials of an experiment: a pool does them, and each result is appended to the journal. Results that the
 * journal has are not computed again: run the same command again to continue.
 */
import { EventEmitter, on } from 'node:events'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { interrupted, type AppError, type StopReason } from '../errors.ts'
import { openJournal, type Journal, type StudyIdentity } from './journal.ts'
import { decodeTrialResult } from './decode-trial.ts'
import { JOURNAL, noteUnusable } from './study-folder.ts'
import type { TrialFailure, TrialPool } from './trial-pool.ts'
import { trialProgress, type ProgressOptions, type TrialProgress } from './trial-progress.ts'
import { describeFlags, usableResults, type Trial, type TrialResult, type TrialResults } from './trial.ts'
import { acquireLock, unlockAfter } from '../io/lock.ts'
import { unwritable } from '../io/failure.ts'
import type { Env } from '../io/env.ts'
import { rarely } from './rarely.ts'
import { counted } from '../format.ts'

export type TrialBatch = ProgressOptions & {
  /** The folder of the journal. */
  readonly out: string
  /** What the journal belongs to. */
  readonly subject: StudyIdentity
  /** Opens the pool that does the trials. */
  readonly pool: () => TrialPool
  /** The trials that can be done now and have no result yet. If there is none, the experiment is done. */
  readonly outstanding: (results: TrialResults) => readonly Trial[]
}

/** Does all outstanding trials, and returns all results. */
export const runTrials = (env: Env, batch: TrialBatch): TE.TaskEither<AppError, TrialResults> =>
  withLockedFolder(env, batch.out, () =>
    pipe(
      TE.fromIOEither(openJournal(join(batch.out, JOURNAL), batch.subject, decodeTrialResult)),
      TE.flatMap(journal => () => perform(env, batch, journal)),
    ),
  )

/** Makes the folder, and holds its lock during the work. */
export const withLockedFolder = <A>(
  env: Env,
  folder: string,
  work: () => TE.TaskEither<AppError, A>,
): TE.TaskEither<AppError, A> =>
  pipe(
    TE.tryCatch(() => env.files.makeFolder(folder), unwritable(folder)),
    TE.flatMap(() => acquireLock(env.files, env.processes, folder)),
    TE.flatMap(unlock => unlockAfter(unlock, () => work()())),
  )

/** What happens during a run. */
type RunEvent =
  | { readonly kind: 'ended'; readonly trial: Trial; readonly end: E.Either<TrialFailure, TrialResult> }
  | { readonly kind: 'broken'; readonly error: unknown }
  | { readonly kind: 'tick' }

type Run = {
  readonly env: Env
  readonly batch: TrialBatch
  readonly journal: Journal<TrialResult>
  readonly pool: TrialPool
  readonly progress: TrialProgress
  readonly events: EventEmitter<{ event: [RunEvent] }>
  readonly results: Map<string, TrialResult>
  /** The ids of the trials that the pool was given, this time. */
  readonly given: Set<string>
  /** Those of them that have not ended. */
  readonly running: Set<string>
  /** The trials that cannot be done. */
  readonly failed: { readonly trial: Trial; readonly error: AppError }[]
}

/** How often the run checks whether it should stop, or can hand out more trials, in milliseconds. */
const TICK = 100

const perform = async (
  env: Env,
  batch: TrialBatch,
  journal: Journal<TrialResult>,
): Promise<E.Either<AppError, TrialResults>> => {
  const results = new Map(usableResults(journal.entries))
  noteUnusable(env, join(batch.out, JOURNAL), journal.entries)
  if (results.size > 0 && batch.outstanding(results).length > 0)
    env.log(`Continuing in ${batch.out}: ${counted(results.size, 'trial is done', 'trials are done')}.`)
  const run: Run = {
    ...{ env, batch, journal, results },
    pool: batch.pool(),
    progress: trialProgress(env, batch, results),
    events: new EventEmitter(),
    given: new Set(),
    running: new Set(),
    failed: [],
  }
  const ticks = setInterval(() => run.events.emit('event', { kind: 'tick' }), TICK)
  try {
    return await untilEnd(run)
  } finally {
    clearInterval(ticks)
    run.pool.close()
    journal.close()
    run.progress.clear()
  }
}

/** Takes the events in their order, until one ends the run. */
const untilEnd = async (run: Run): Promise<E.Either<AppError, TrialResults>> => {
  const handOutRarely = rarely(run.env, () => handOut(run))
  const events = on(run.events, 'event') as AsyncIterable<[RunEvent]>
  handOut(run)
  if (run.running.size === 0) return result(run)
  for await (const [event] of events) {
    const end = handle(run, event)
    if (end !== undefined) return end
    if (run.running.size === 0) handOut(run)
    else handOutRarely()
    if (run.running.size === 0) return result(run)
  }
  throw new Error('the events of a run have ended')
}

/** Gives the pool the trials that can be done now. */
const handOut = ({ batch, pool, progress, events, results, given, running }: Run): void => {
  for (const trial of batch.outstanding(results)) {
    if (given.has(trial.id)) continue
    given.add(trial.id)
    running.add(trial.id)
    pool
      .run(trial, share => progress.share(trial, share))()
      .then(
        end => events.emit('event', { kind: 'ended', trial, end }),
        (error: unknown) => events.emit('event', { kind: 'broken', error }),
      )
  }
}

/** @returns how the event ends the run; undefined if it does not */
const handle = (run: Run, event: RunEvent): E.Either<AppError, never> | undefined => {
  switch (event.kind) {
    case 'tick': {
      const stop = run.env.stopReason()
      return stop === undefined ? undefined : E.left(stopped(run, stop))
    }
    case 'ended':
      run.running.delete(event.trial.id)
      return E.isRight(event.end)
        ? keep(run, event.trial, event.end.right)
        : fail(run, event.trial, event.end.left)
    case 'broken':
      throw event.error
  }
}

const keep = (run: Run, trial: Trial, result: TrialResult): E.Either<AppError, never> | undefined => {
  const written = run.journal.append(result)()
  if (E.isLeft(written)) return written
  run.results.set(trial.id, result)
  run.progress.result(trial, result)
  return undefined
}

const fail = (run: Run, trial: Trial, failure: TrialFailure): E.Either<AppError, never> | undefined => {
  switch (failure.kind) {
    // the run closes its pool only at its end
    case 'closed':
      return undefined
    // the other trials can still be done
    case 'trial':
      run.failed.push({ trial, error: failure.error })
      run.env.log(`network2: ${failure.error.message}`)
      return undefined
    case 'machine':
    case 'killed':
      return E.left(failure.error)
    case 'crashed':
      throw new Error(
        `${describeFlags(trial)}: its process ended each time it was tried, the last with ${failure.why}`,
      )
    case 'threw':
      throw new Error(`${describeFlags(trial)}: ${failure.why}`)
  }
}

/** When nothing more can be done. */
const result = ({ batch, results, failed }: Run): E.Either<AppError, TrialResults> => {
  const [first, ...others] = failed
  if (first === undefined) return E.right(results)
  const { error } = first
  const more = others.length === 0 ? '' : ` (${counted(others.length, 'more trial')} failed, see above)`
  return E.left({
    ...error,
    message: `${error.message}${more}`,
    remedy: `${error.remedy}; ${counted(results.size, 'result so far is', 'results so far are')} in ${join(batch.out, JOURNAL)}`,
  })
}

const stopped = ({ batch, results }: Run, reason: StopReason): AppError =>
  interrupted(
    reason,
    `stopped: ${counted(results.size, 'trial is', 'trials are')} done; the results are ${join(batch.out, JOURNAL)}`,
    'run the same command again to continue',
  )

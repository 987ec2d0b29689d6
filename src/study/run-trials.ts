/**
 * Running an experiment: its trials go through a pool of processes, their results into a journal, and one display shows
 * how far it is. What the journal has is not done again, so that the same command goes on wherever it was ended.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { interrupted, type AppError } from '../errors.ts'
import { firstById, openJournal, type Journal, type StudyIdentity } from './journal.ts'
import { openPool, type Pool, type PoolFailure } from './pool.ts'
import { TrialResult, trainingFlags, type TrialResults, type Trial } from './trial.ts'
import { acquireLock } from '../io/lock.ts'
import { unwritable } from '../io/failure.ts'
import { noProgressBar, type Env } from '../io/env.ts'
import { clock } from '../format.ts'
import type { TrialTask } from './train-trial.ts'

export type TrialBatch = {
  /** The folder of the journal. */
  readonly out: string
  /** What the journal is of. */
  readonly subject: StudyIdentity
  /** Where the data is, as `--data` says it. */
  readonly data: string
  /** How many trials are done at a time. */
  readonly jobs: number
  /** Who does them: processes of this machine, unless it is said. */
  readonly pool?: TrialPool
  /** The trials that can be done now and have no result yet. None: the experiment is done. */
  readonly outstanding: (results: TrialResults) => readonly Trial[]
  /** How long a trial takes, in any unit. */
  readonly workOf: (trial: Trial) => number
  /** How long all that is left takes, as far as can be said, in the same unit. */
  readonly remaining: (results: TrialResults) => number
  /** A trial in a few words, with what came of it. */
  readonly describe: (trial: Trial, result: TrialResult) => string
}

export type TrialPool = Pool<TrialTask, number, E.Either<AppError, TrialResult>>

const ENTRY = new URL('../../scripts/trial.mjs', import.meta.url)

/** Processes of this machine that do trials: where there are as many as cores, each has a thread. */
export const localPool = ({ variables }: Env, jobs: number): TrialPool =>
  openPool({
    entry: ENTRY,
    jobs,
    env: { TF_NUM_INTRAOP_THREADS: '1', TF_NUM_INTEROP_THREADS: '1', ...variables },
  })

/** How often the program looks whether it should stop, in milliseconds. */
const LOOK = 100

/** Does what is outstanding, and returns all results. */
export const runTrials =
  (experiment: TrialBatch) =>
  (env: Env): TE.TaskEither<AppError, TrialResults> =>
    withLockedFolder(env, experiment.out, () =>
      pipe(
        TE.fromIOEither(openJournal(join(experiment.out, 'journal.jsonl'), experiment.subject, TrialResult)),
        TE.flatMap(journal => perform(env, experiment, journal)),
      ),
    )

/** Makes the folder, and is its owner for the time. */
export const withLockedFolder = <A>(
  env: Env,
  folder: string,
  work: () => TE.TaskEither<AppError, A>,
): TE.TaskEither<AppError, A> =>
  pipe(
    TE.tryCatch(() => env.files.makeFolder(folder), unwritable(folder)),
    TE.flatMap(() => acquireLock(env.files, env.processes, folder)),
    TE.flatMap(release => async () => {
      try {
        return await work()()
      } finally {
        await release()
      }
    }),
  )

const perform =
  (env: Env, experiment: TrialBatch, journal: Journal<TrialResult>): TE.TaskEither<AppError, TrialResults> =>
  async () => {
    const { data, jobs, outstanding } = experiment
    const results = new Map(firstById(journal.entries))
    const display = displayOf(env, experiment, results)
    if (results.size > 0 && outstanding(results).length > 0)
      env.log(`Going on in ${experiment.out}: ${results.size} trials are done.`)
    const pool = experiment.pool ?? localPool(env, jobs)
    let look: NodeJS.Timeout | undefined
    try {
      return await new Promise<E.Either<AppError, TrialResults>>((resolve, reject) => {
        const given = new Set<string>()
        let unfinished = 0
        const giveOut = (): void => {
          const trials = outstanding(results)
          if (trials.length === 0) resolve(E.right(results))
          for (const trial of trials.filter(({ id }) => !given.has(id))) {
            given.add(trial.id)
            unfinished++
            void pool
              .run({ trial, data }, share => display.progress(trial, share))()
              .then(ended(trial), reject)
          }
        }
        const giveOutRarely = rarely(env, giveOut)
        const ended =
          (trial: Trial) =>
          (end: E.Either<PoolFailure, E.Either<AppError, TrialResult>>): void => {
            if (E.isLeft(end)) {
              if (end.left.kind !== 'closed') reject(new Error(`${nameOf(trial)} ${inWords(end.left)}`))
              return
            }
            const kept = pipe(
              end.right,
              E.tap(result => journal.append(result)()),
            )
            if (E.isLeft(kept)) {
              resolve(kept)
              return
            }
            results.set(trial.id, kept.right)
            display.result(trial, kept.right)
            unfinished--
            if (unfinished === 0) giveOut()
            else giveOutRarely()
          }
        look = setInterval(() => {
          giveOutRarely()
          const by = env.stopReason()
          if (by !== undefined)
            resolve(
              E.left(
                interrupted(
                  by,
                  `stopped with ${results.size} trials done, kept in ${experiment.out}`,
                  'the same command goes on from there',
                ),
              ),
            )
        }, LOOK)
        giveOut()
      })
    } finally {
      clearInterval(look)
      pool.close()
      journal.close()
      display.clear()
    }
  }

/** Does what takes a while, unless it would take more than a twentieth of the time. */
const rarely = ({ now }: Env, work: () => void): (() => void) => {
  let next = -Infinity
  return () => {
    const began = now()
    if (began < next) return
    work()
    next = now() + 20 * (now() - began)
  }
}

/** A trial as an error names it: by its hash, and by its flags. */
const nameOf = (trial: Trial): string =>
  `trial ${trial.id} (${Object.entries(trainingFlags(trial))
    .map(([flag, text]) => `--${flag} ${text}`)
    .join(' ')})`

const inWords = (failure: Exclude<PoolFailure, { kind: 'closed' }>): string =>
  failure.kind === 'lost'
    ? `was given up: every process that tried it has died, the last with ${failure.why}`
    : `cannot be done: ${failure.why}`

/** A bar on a terminal; elsewhere a line for each trial. */
const displayOf = (env: Env, { workOf, remaining, describe }: TrialBatch, results: TrialResults) => {
  const bar = env.bar ?? noProgressBar
  const began = env.now()
  const whole = remaining(new Map())
  const atFirst = remaining(results)
  const shares = new Map<string, number>()
  let left = atFirst
  const count = rarely(env, () => {
    left = remaining(results) - [...shares.values()].reduce((sum, share) => sum + share, 0)
  })
  const time = (): string => {
    const seconds = ((env.now() - began) / 1000 / (atFirst - left)) * left
    return Number.isFinite(seconds) ? `${clock(seconds)} left` : ''
  }
  return {
    progress: (trial: Trial, share: number): void => {
      shares.set(trial.id, share * workOf(trial))
      count()
      bar.update(1 - left / whole, 'Trials', time())
    },
    result: (trial: Trial, result: TrialResult): void => {
      shares.delete(trial.id)
      count()
      if (env.bar === undefined) env.log(`${describe(trial, result)}   ${time()}`)
    },
    clear: bar.clear,
  }
}

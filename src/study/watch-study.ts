/**
 * Watches a study while another process runs it. It only reads, so it needs no lock.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { ownerOf } from '../io/lock.ts'
import { JOURNAL, readResults, readStudy } from './study-folder.ts'
import { planStudy, type StudyPlan } from './study-plan.ts'
import { searchFailure, studyOutcome, studyProgress, type StudyOutcome, type StudyProgress } from './study.ts'

/** How far a study is, and how fast it was since it is watched. */
export type WatchedProgress = StudyProgress & {
  /** Undefined until results have come. */
  readonly speed: { readonly trialsPerSecond: number; readonly secondsLeft: number } | undefined
}

/**
 * How the watching ended:
 *
 * - `outcome`, `failed`: the study has ended, with an outcome or without
 * - `unowned`: no process runs it
 * - `stopped`: the program was asked to stop
 */
export type WatchEnd =
  | { readonly kind: 'outcome'; readonly plan: StudyPlan; readonly outcome: StudyOutcome }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'unowned' | 'stopped' }

/** The time between two looks at the journal, in milliseconds. */
const INTERVAL = 1000

/** Calls `onProgress` at the beginning and whenever the journal has grown, until the study ends. */
export const watchStudy = (
  env: Env,
  folder: string,
  onProgress: (progress: WatchedProgress) => void,
): TE.TaskEither<AppError, WatchEnd> =>
  pipe(
    readStudy(env, folder),
    TE.flatMap(study => async (): Promise<E.Either<AppError, WatchEnd>> => {
      const plan = planStudy(study)
      let [seen, wait] = [-1, INTERVAL]
      let first: { readonly at: number; readonly progress: StudyProgress } | undefined
      while (!env.abortSignal.aborted) {
        // before the journal: a process that ends in between has written its last results
        const isOwned = (await ownerOf(env.files, env.processes, folder)) !== undefined
        const size = await sizeOf(join(folder, JOURNAL))
        if (size !== seen) {
          seen = size
          const began = env.now()
          const found = await readResults(env, folder, study)()
          if (E.isLeft(found)) return found
          const progress = studyProgress(plan, found.right)
          onProgress({ ...progress, speed: speedSince(first, env.now(), progress) })
          first ??= { at: env.now(), progress }
          const outcome = studyOutcome(plan, found.right)
          if (outcome !== undefined) return E.right({ kind: 'outcome', plan, outcome })
          const failure = searchFailure(plan, found.right)
          if (failure !== undefined) return E.right({ kind: 'failed', why: failure.message })
          // a large journal is read more rarely: the study needs the cores
          wait = Math.max(INTERVAL, 20 * (env.now() - began))
        }
        if (!isOwned) return E.right({ kind: 'unowned' })
        await setTimeout(wait, undefined, { signal: env.abortSignal }).catch(() => undefined)
      }
      return E.right({ kind: 'stopped' })
    }),
  )

const sizeOf = (path: string): Promise<number> =>
  stat(path).then(
    ({ size }) => size,
    () => 0,
  )

const speedSince = (
  first: { readonly at: number; readonly progress: StudyProgress } | undefined,
  now: number,
  { done, left }: StudyProgress,
): WatchedProgress['speed'] => {
  if (first === undefined) return undefined
  const seconds = (now - first.at) / 1000
  const [trials, work] = [done.trials - first.progress.done.trials, done.work - first.progress.done.work]
  return trials > 0 && seconds > 0
    ? { trialsPerSecond: trials / seconds, secondsLeft: (seconds / work) * left.work }
    : undefined
}

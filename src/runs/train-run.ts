/**
 * A whole run: opens its folder, trains, and saves the result. It needs no command line.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { EpochMetrics } from '../core/train.ts'
import { dataIdentity, fingerprint } from '../data/fingerprint.ts'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import type { DataIdentity } from '../io/model.ts'
import { unlockAfter } from '../io/lock.ts'
import { bestEpoch, monitored } from './history.ts'
import { openRun, type RunOrigin, type SaveFlags } from './open-run.ts'
import type { Recorder } from './recorder.ts'
import type { Resources } from './resources.ts'
import type { RunResult } from './run-folder.ts'
import type { PlannedRun } from './run-plan.ts'
import { trainSession, type SessionListener, type SessionResult } from './session.ts'

/** A run that has ended, and is saved. */
export type FinishedRun = SessionResult & {
  /** The folder of the run; undefined if nothing was saved. */
  readonly path: string | undefined
  /** The last complete epoch. */
  readonly last: EpochMetrics | undefined
  /** The first epoch with the highest accuracy on the selection set. */
  readonly best: EpochMetrics | undefined
  /** The data that the network was trained on. */
  readonly trainedOn: DataIdentity
}

export type TrainRunOptions = {
  readonly listener: SessionListener
  /** Runs after the result was saved, before the folder is released: to write a report into it, for example. */
  readonly beforeUnlock?: (run: FinishedRun) => TE.TaskEither<AppError, unknown>
}

/**
 * Trains a planned run and saves it.
 *
 * A training that diverges, or is stopped, is no error here: see `failure` of the result.
 */
export const trainRun = (
  env: Env,
  flags: SaveFlags,
  resources: Resources,
  run: PlannedRun,
  { listener, beforeUnlock }: TrainRunOptions,
): TE.TaskEither<AppError, FinishedRun> =>
  pipe(
    TE.fromIO(() => originOf(resources, run)),
    TE.bindTo('origin'),
    TE.bindW('recorder', ({ origin }) => openRun(env, flags, origin)),
    TE.flatMap(({ recorder }) =>
      unlockAfter(
        recorder.unlock,
        pipe(
          TE.fromTask(() => trainSession(env, listener, resources, run, recorder)),
          TE.flatMap(session => conclude(run, recorder, session, resources)),
          TE.tapIO(() => resources.interpreter.dispose),
          TE.tap(finished => beforeUnlock?.(finished) ?? TE.right(undefined)),
        ),
      ),
    ),
    TE.tapError(() => TE.fromIO(resources.interpreter.dispose)),
  )

const originOf = ({ dataset, backend, interpreter }: Resources, run: PlannedRun): RunOrigin => ({
  config: run.config,
  initial: run.initial,
  dataHash: () =>
    fingerprint([run.training, run.evaluation, ...(run.selection === undefined ? [] : [run.selection])]),
  machine: {
    data: dataset.name,
    backend: backend.name,
    engine: interpreter.name,
    threads: backend.threads,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    versions: backend.versions,
  },
})

const conclude = (
  { config, training, evaluation }: PlannedRun,
  recorder: Recorder,
  session: SessionResult,
  { dataset, interpreter }: Resources,
): TE.TaskEither<AppError, FinishedRun> => {
  const { outcome, sentence, snapshot, history } = session
  const trainedOn = dataIdentity(dataset)
  const { epochs } = snapshot
  const last = history.at(-1)?.report
  const best =
    config.monitor.includes('evaluationAccuracy') || config.selectOn === 'validation'
      ? bestEpoch(history.map(({ report }) => report))
      : undefined
  const result: RunResult = {
    outcome,
    sentence,
    epochs,
    seconds: history.reduce((sum, timed) => sum + timed.seconds + timed.observing, 0),
    bestEpoch: best?.epoch,
    ...(last === undefined ? {} : monitored(last)),
  }
  return pipe(
    recorder.conclude(result, snapshot, history, { training, evaluation, trainedOn, interpreter }),
    TE.map(() => ({ ...session, path: recorder.path, last, best, trainedOn })),
  )
}

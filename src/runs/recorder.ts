/**
 * What is saved of a run while it is trained: checkpoints, logs, and at the end its result.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { basename, join } from 'node:path'
import { networkNamed } from '../core/parts.ts'
import type { Examples } from '../data/dataset.ts'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { encodeModel } from '../io/model.ts'
import type { CheckpointInterval } from '../options/train-options.ts'
import type { Checkpoint } from './checkpoint.ts'
import { eventLog, type EventLog } from './event-log.ts'
import { bestEpoch, type TimedEpoch } from './history.ts'
import { encodePredictions, predict } from './predictions.ts'
import { appendLogs, concludeRun, writeLogs, type RunFolder, type RunResult } from './run-folder.ts'
import { comparesOutputs, type RunConfig } from './run-plan.ts'
import { saveCheckpoint } from './saves.ts'

/** A network, how far its training is, and the metrics up to there. */
export type TrainSnapshot = Pick<Checkpoint, 'epochs' | 'examples' | 'history' | 'layers' | 'optimizer'>

export type Recorder = {
  readonly path: string | undefined
  /** Where to start: at the beginning, or where the run was interrupted. */
  readonly from: TrainSnapshot
  /** Whether a checkpoint is due in the middle of an epoch, because the interval has passed. */
  readonly isDue: () => boolean
  readonly save: (snapshot: TrainSnapshot) => TE.TaskEither<AppError, void>
  /** Logs an epoch, and saves it if a checkpoint is due or it is the best. A log that fails is reported once. */
  readonly epoch: (snapshot: TrainSnapshot, timed: TimedEpoch) => TE.TaskEither<AppError, void>
  /** Writes the result, the network, and its predictions on the evaluation set. */
  readonly conclude: (
    result: RunResult,
    snapshot: TrainSnapshot,
    evaluation: Examples | undefined,
  ) => TE.TaskEither<AppError, void>
  /** Releases the folder. */
  readonly unlock: () => Promise<void>
}

/** Saves nothing. */
export const nullRecorder = (from: TrainSnapshot): Recorder => ({
  path: undefined,
  from,
  isDue: () => false,
  save: () => TE.right(undefined),
  epoch: () => TE.right(undefined),
  conclude: () => TE.right(undefined),
  unlock: () => Promise.resolve(),
})

/** What a recorder remembers between two epochs. */
type RecorderState = {
  /** The last checkpoint: the epochs in it, and when it was saved. */
  readonly saved: { readonly epochs: number; readonly at: number }
  /** Whether every epoch so far is in the logs. */
  readonly logsComplete: boolean
}

export type Recording = {
  readonly folder: RunFolder
  readonly config: RunConfig
  /** What the checkpoints belong to. */
  readonly identity: string
  readonly from: TrainSnapshot
  readonly every: CheckpointInterval
  readonly logDir: string | undefined
}

const isBest = ({ epochs, examples, history }: TrainSnapshot): boolean =>
  examples === 0 && bestEpoch(history.map(({ report }) => report))?.epoch === epochs

/** Saves into the folder of a run. */
export const fileRecorder = (
  env: Env,
  { folder, config, identity, from, every, logDir }: Recording,
): Recorder => {
  const { files } = env
  const { path, unlock } = folder
  const events: EventLog | undefined =
    logDir === undefined
      ? undefined
      : eventLog(files, join(logDir, basename(path)), env.date, env.processes.me, from.epochs)
  let state: RecorderState = { saved: { epochs: from.epochs, at: env.now() }, logsComplete: true }

  const intervalHasPassed = (): boolean =>
    'seconds' in every && env.now() - state.saved.at >= every.seconds * 1000

  const checkpointIsDue = ({ epochs }: TrainSnapshot): boolean =>
    'epochs' in every ? epochs - state.saved.epochs >= every.epochs : intervalHasPassed()

  const saveIf = (due: boolean, snapshot: TrainSnapshot): TE.TaskEither<AppError, void> =>
    pipe(
      saveCheckpoint(files, path, { identity, ...snapshot }, { best: isBest(snapshot), last: due }),
      TE.tapIO(() => () => {
        if (due) state = { ...state, saved: { epochs: snapshot.epochs, at: env.now() } }
      }),
    )

  const logFailed = (error: AppError): void => {
    if (state.logsComplete) env.log(`network2: ${error.message}; training continues without this log`)
    state = { ...state, logsComplete: false }
  }

  const appendToLogs = (timed: TimedEpoch): TE.TaskEither<never, void> =>
    pipe(
      appendLogs(files, folder, config.monitor, timed),
      TE.flatMap(() => events?.epoch(timed) ?? TE.right(undefined)),
      TE.orElse(error => TE.fromIO(() => logFailed(error))),
    )

  /** The disk may have room again for what the logs miss. */
  const repairLogs = ({ history }: TrainSnapshot): TE.TaskEither<AppError, void> =>
    state.logsComplete
      ? TE.right(undefined)
      : pipe(
          writeLogs(files, folder, config.monitor, history),
          TE.orElse((): TE.TaskEither<AppError, void> => TE.right(undefined)),
        )

  return {
    path,
    from,
    unlock,
    isDue: intervalHasPassed,
    save: snapshot => saveIf(true, snapshot),
    epoch: (snapshot, timed) =>
      pipe(
        appendToLogs(timed),
        TE.flatMap(() => saveIf(checkpointIsDue(snapshot), snapshot)),
      ),
    conclude: (result, snapshot, evaluation) => {
      const { layers } = snapshot
      const { sizes, cost, activation, evaluateOn } = config
      return pipe(
        state.saved.epochs < snapshot.epochs ? saveIf(true, snapshot) : TE.right(undefined),
        TE.flatMap(() => repairLogs(snapshot)),
        TE.flatMap(() =>
          concludeRun(files, folder, result, {
            model: encodeModel({ sizes, cost, activation, layers }),
            answers:
              evaluation === undefined || !comparesOutputs(sizes)
                ? undefined
                : encodePredictions(evaluateOn, predict(networkNamed(config), layers, evaluation)),
          }),
        ),
      )
    },
  }
}

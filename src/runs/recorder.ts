/**
 * What is saved of a run while it is trained: checkpoints, logs, and at the end its result.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { basename, join } from 'node:path'
import { networkNamed } from '../core/parts.ts'
import type { Interpreter } from '../core/scan.ts'
import { selectionAccuracy } from '../core/train.ts'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { encodeModel, type DataIdentity } from '../io/model.ts'
import type { CheckpointInterval } from '../options/train-options.ts'
import { eventLog, type EventLog } from './event-log.ts'
import { encodeExpandedSamples, expandedSamples } from './expanded-samples.ts'
import { bestEpoch, type TimedEpoch } from './history.ts'
import { encodePredictions, predictionsOn } from './predictions.ts'
import { appendLogs, concludeRun, writeLogs, type RunFolder, type RunResult } from './run-folder.ts'
import { comparesOutputs, modelOf, type PlannedRun, type RunConfig } from './run-plan.ts'
import { checkpointWriter, type TrainSnapshot, type TrainStart } from './saves.ts'

export type Recorder = {
  readonly path: string | undefined
  /** Where to start: at the beginning, or where the run was interrupted. */
  readonly from: TrainStart
  /** Whether a checkpoint is due in the middle of an epoch, because the interval has passed. */
  readonly isDue: () => boolean
  readonly save: (snapshot: TrainSnapshot) => TE.TaskEither<AppError, void>
  /** Logs an epoch, which must be given once, and saves it if a checkpoint is due or it is the best. A log that fails is reported once. */
  readonly epoch: (snapshot: TrainSnapshot, timed: TimedEpoch) => TE.TaskEither<AppError, void>
  /** Writes the result, the network, its predictions on the evaluation set, and samples of an expanded training set. */
  readonly conclude: (
    result: RunResult,
    snapshot: TrainSnapshot,
    history: readonly TimedEpoch[],
    given: Pick<PlannedRun, 'training' | 'evaluation'> & {
      readonly trainedOn: DataIdentity
      readonly interpreter: Interpreter
    },
  ) => TE.TaskEither<AppError, void>
  /** Releases the folder. */
  readonly unlock: () => Promise<void>
}

/** Saves nothing. */
export const nullRecorder = (from: TrainStart): Recorder => ({
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
  /** The highest accuracy on the selection set so far, as a count; -1 before there is one. */
  readonly best: number
  /** The epoch that is the best so far, until its network is saved. */
  readonly unsavedBest: number | undefined
}

export type Recording = {
  readonly folder: RunFolder
  readonly config: RunConfig
  /** What the checkpoints belong to. */
  readonly identity: string
  readonly from: TrainStart
  readonly every: CheckpointInterval
  readonly logDir: string | undefined
}

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
  const checkpoints = checkpointWriter(files, path, identity, from)
  const before = bestEpoch(from.history.map(({ report }) => report))
  let state: RecorderState = {
    saved: { epochs: from.epochs, at: env.now() },
    logsComplete: true,
    best: (before && selectionAccuracy(before)) ?? -1,
    unsavedBest: undefined,
  }

  const intervalHasPassed = (): boolean =>
    'seconds' in every && env.now() - state.saved.at >= every.seconds * 1000

  const checkpointIsDue = ({ epochs }: TrainSnapshot): boolean =>
    'epochs' in every ? epochs - state.saved.epochs >= every.epochs : intervalHasPassed()

  const saveIf = (due: boolean, snapshot: TrainSnapshot): TE.TaskEither<AppError, void> => {
    const best = snapshot.examples === 0 && snapshot.epochs === state.unsavedBest
    return pipe(
      checkpoints.save(snapshot, { best, last: due }),
      TE.tapIO(() => () => {
        if (best) state = { ...state, unsavedBest: undefined }
        if (due) state = { ...state, saved: { epochs: snapshot.epochs, at: env.now() } }
      }),
    )
  }

  const logFailed = (error: AppError): void => {
    if (state.logsComplete) env.log(`network2: ${error.message}; training continues without this log`)
    state = { ...state, logsComplete: false }
  }

  const appendToLogs = (timed: TimedEpoch): TE.TaskEither<never, void> =>
    pipe(
      appendLogs(files, folder, config, timed),
      TE.flatMap(() => events?.epoch(timed) ?? TE.right(undefined)),
      TE.orElse(error => TE.fromIO(() => logFailed(error))),
    )

  /** The disk may have room again for what the logs miss. */
  const repairLogs = (history: readonly TimedEpoch[]): TE.TaskEither<AppError, void> =>
    state.logsComplete
      ? TE.right(undefined)
      : pipe(
          writeLogs(files, folder, config, history),
          TE.orElse((): TE.TaskEither<AppError, void> => TE.right(undefined)),
        )

  return {
    path,
    from,
    unlock,
    isDue: intervalHasPassed,
    save: snapshot => saveIf(true, snapshot),
    epoch: (snapshot, timed) => {
      const correct = selectionAccuracy(timed.report) ?? NaN
      if (correct > state.best) state = { ...state, best: correct, unsavedBest: snapshot.epochs }
      checkpoints.add(timed)
      return pipe(
        appendToLogs(timed),
        TE.flatMap(() => saveIf(checkpointIsDue(snapshot), snapshot)),
      )
    },
    conclude: (result, snapshot, history, { training, evaluation, trainedOn, interpreter }) => {
      const model = modelOf(config, snapshot.layers, trainedOn)
      const samples = expandedSamples(config, training)
      return pipe(
        state.saved.epochs < snapshot.epochs ? saveIf(true, snapshot) : TE.right(undefined),
        TE.flatMap(() => repairLogs(history)),
        TE.flatMap(() =>
          concludeRun(files, folder, result, {
            model: encodeModel(model),
            answers:
              evaluation === undefined || !comparesOutputs(config.sizes)
                ? undefined
                : encodePredictions(
                    config.evaluateOn,
                    predictionsOn(interpreter, networkNamed(config), model.layers, evaluation),
                  ),
            expanded: samples === undefined ? undefined : encodeExpandedSamples(samples),
          }),
        ),
      )
    },
  }
}

/**
 * What is kept of a run while it goes: checkpoints, logs, and in the end its result. Without a folder, nothing.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { createHash } from 'node:crypto'
import { basename, join } from 'node:path'
import type { AppError } from '../errors.ts'
import type { Examples } from '../data/dataset.ts'
import type { LayerValues } from '../core/params.ts'
import type { Checkpoint } from './checkpoint.ts'
import {
  concludeRun,
  describeRun,
  appendLogs,
  newRun,
  pointLatest,
  lockRun,
  writeLogs,
  type RunResult,
  type RunFolder,
} from './run-folder.ts'
import { bestEpoch, type TimedEpoch } from './history.ts'
import { toJson } from '../io/json.ts'
import { loadNewest, saveCheckpoint } from './saves.ts'
import { eventLog, type EventLog } from './event-log.ts'
import { encodeModel } from '../io/model.ts'
import { predict, encodePredictions } from './predictions.ts'
import { asSettings, comparesOutputs, type RunConfig } from './run-plan.ts'
import type { Env } from '../io/env.ts'
import { writeRunReport } from '../report/read-run.ts'
import { checkResumable } from './check-resumable.ts'
import type { TrainFlags } from '../options/train-options.ts'

/** A network, where it is in its training, and what was seen up to there. */
export type TrainSnapshot = Pick<Checkpoint, 'epochs' | 'examples' | 'history' | 'layers'>

export type Recorder = {
  readonly path: string | undefined
  /** Where to begin: at the start, or where the run was left. */
  readonly from: TrainSnapshot
  /** Whether so much time has passed that a checkpoint is due in the middle of an epoch. */
  readonly isDue: () => boolean
  readonly save: (stand: TrainSnapshot) => TE.TaskEither<AppError, void>
  /** Logs an epoch, keeps it if it is the best, and saves it if that is due. A log that fails is told of, once. */
  readonly epoch: (stand: TrainSnapshot, timed: TimedEpoch) => TE.TaskEither<AppError, void>
  /** Writes the result, the network, its answers on the evaluation set, and the report. */
  readonly conclude: (
    result: RunResult,
    stand: TrainSnapshot,
    evaluation: Examples | undefined,
  ) => TE.TaskEither<AppError, void>
  /** Gives the folder back. */
  readonly release: () => Promise<void>
}

const hash = (value: unknown): string => createHash('sha256').update(toJson(value)).digest('hex')

/** What a checkpoint must be of: everything but the number of epochs, which may grow, and where the data lay. */
const identityOf = (config: RunConfig, dataHash: string): string => {
  return hash({ ...asSettings(config), epochs: undefined, data: undefined, dataHash })
}

/** Such as `20261123-134005-xent-s1-3fa2b1`: time, cost, seed, configuration. */
const nameOf = (date: Date, config: RunConfig): string => {
  const time = date.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${time}-${config.cost}-s${config.seed}-${hash(asSettings(config)).slice(0, 6)}`
}

/** What a run needs to know of where it is made. */
export type Origin = {
  readonly config: RunConfig
  readonly dataHash: string
  readonly initial: readonly LayerValues[]
  /** Versions, backend, engine, threads: for people, not to be compared. */
  readonly machine: Readonly<Record<string, unknown>>
}

const noteOf =
  ({ log }: Env) =>
  (line: string): void =>
    log(`network2: ${line}`)

const nothing: Omit<Recorder, 'from'> = {
  path: undefined,
  isDue: () => false,
  save: () => TE.right(undefined),
  epoch: () => TE.right(undefined),
  conclude: () => TE.right(undefined),
  release: () => Promise.resolve(),
}

/** Opens the folder that the flags ask for: a new one, that of a run to go on with, or none. */
export const openRecorder = (
  env: Env,
  flags: TrainFlags,
  { config, dataHash, initial, machine }: Origin,
): TE.TaskEither<AppError, Recorder> => {
  const beginning: TrainSnapshot = { epochs: 0, examples: 0, history: [], layers: initial }
  if (flags.out === 'none' && flags.resume === undefined) return TE.right({ ...nothing, from: beginning })
  const { files, processes } = env
  const identity = identityOf(config, dataHash)
  const warn = noteOf(env)
  return pipe(
    TE.fromTask(async () =>
      flags.resume === undefined
        ? (flags.out ?? join(flags.runs, nameOf(env.date(), config)))
        : files.follow(flags.resume),
    ),
    TE.flatMap(path => {
      if (flags.resume !== undefined) return lockRun(files, processes, path)
      const made = newRun(files, processes, path)
      // another run of this configuration may have begun within the same second
      return flags.out === undefined
        ? pipe(
            made,
            TE.orElse(() => newRun(files, processes, `${path}-${processes.me.pid}`)),
          )
        : made
    }),
    TE.flatMap(folder =>
      pipe(
        flags.resume === undefined
          ? TE.right(beginning)
          : pipe(
              checkResumable(env, folder.path, config, dataHash, machine),
              TE.flatMap(() => loadNewest(files, folder.path, identity, warn)),
            ),
        TE.tap(from => writeLogs(files, folder, config.monitor, from.history)),
        TE.map(from => recorder(env, flags, folder, config, identity, from)),
        TE.tap(recorder => (flags.resume === undefined ? recorder.save(recorder.from) : TE.right(undefined))),
        // last: config.json makes the folder a run, and from then on there is something to go on with
        TE.tap(() => describeRun(files, folder, asSettings(config), { ...machine, dataHash })),
        TE.tapIO(() => () => {
          if (flags.out === undefined && flags.resume === undefined) void pointLatest(files, folder)
        }),
        TE.tapError(() => TE.fromTask(folder.unlock)),
      ),
    ),
  )
}

const recorder = (
  env: Env,
  flags: TrainFlags,
  folder: RunFolder,
  config: RunConfig,
  identity: string,
  from: TrainSnapshot,
): Recorder => {
  const { files } = env
  const { path, unlock } = folder
  const events: EventLog | undefined =
    flags.logDir === undefined
      ? undefined
      : eventLog(files, join(flags.logDir, basename(path)), env.date, env.processes.me, from.epochs)
  const { checkpointEvery: every } = flags
  const warn = noteOf(env)
  let logged = true
  let saved = { epochs: from.epochs, at: env.now() }

  const failed = (error: AppError): void => {
    if (logged) warn(`${error.message}; training goes on without this log`)
    logged = false
  }
  const logs = (timed: TimedEpoch): TE.TaskEither<AppError, void> =>
    pipe(
      appendLogs(files, folder, config.monitor, timed),
      TE.flatMap(() => events?.epoch(timed) ?? TE.right(undefined)),
      TE.orElse(error => TE.fromIO(() => failed(error))),
    )
  const isOld = (): boolean => 'seconds' in every && env.now() - saved.at >= every.seconds * 1000
  const isBest = ({ epochs, examples, history }: TrainSnapshot): boolean =>
    examples === 0 && bestEpoch(history.map(({ report }) => report))?.epoch === epochs
  /** Saves it if it is due, or the best so far. */
  const keep = (stand: TrainSnapshot, isDue: boolean): TE.TaskEither<AppError, void> =>
    pipe(
      saveCheckpoint(files, path, { identity, ...stand }, { best: isBest(stand), last: isDue }),
      TE.tapIO(() => () => {
        if (isDue) saved = { epochs: stand.epochs, at: env.now() }
      }),
    )
  const save = (stand: TrainSnapshot): TE.TaskEither<AppError, void> => keep(stand, true)
  return {
    path,
    from,
    release: unlock,
    isDue: isOld,
    save,
    epoch: (stand, timed) => {
      const isDue = 'epochs' in every ? stand.epochs - saved.epochs >= every.epochs : isOld()
      return pipe(
        logs(timed),
        TE.flatMap(() => keep(stand, isDue)),
      )
    },
    conclude: (result, stand, evaluation) => {
      const { history, layers } = stand
      const { sizes, cost, evaluateOn } = config
      return pipe(
        saved.epochs < stand.epochs ? save(stand) : TE.right(undefined),
        // what a failing disk kept out of the logs may find room now
        TE.flatMap(() =>
          pipe(
            logged ? TE.right(undefined) : writeLogs(files, folder, config.monitor, history),
            TE.orElse((): TE.TaskEither<AppError, void> => TE.right(undefined)),
          ),
        ),
        TE.flatMap(() =>
          concludeRun(files, folder, result, {
            model: encodeModel({ sizes, cost, layers }),
            answers:
              evaluation === undefined || !comparesOutputs(sizes)
                ? undefined
                : encodePredictions(evaluateOn, predict(layers, evaluation)),
          }),
        ),
        TE.tap(() =>
          pipe(
            writeRunReport(env, path),
            TE.asUnit,
            // the run is whole without it
            TE.orElse(({ message }) => TE.fromIO(() => warn(`the report is not written: ${message}`))),
          ),
        ),
      )
    },
  }
}

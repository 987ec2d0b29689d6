/**
 * Opens the folder of a run: a new one, or one to resume.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { LayerValues } from '../core/params.ts'
import { usageError, type AppError, type UsageError } from '../errors.ts'
import { shellQuoted } from '../format.ts'
import type { Env } from '../io/env.ts'
import { toJson } from '../io/json.ts'
import type { TrainFlags } from '../options/train-options.ts'
import type { Files } from '../io/files.ts'
import { lenientText } from '../io/text.ts'
import { historyOfLog } from './history.ts'
import { checkResumable } from './check-resumable.ts'
import { fileRecorder, nullRecorder, type Recorder } from './recorder.ts'
import { describeRun, lockRun, newRun, pointLatest, writeLogs, type RunFolder } from './run-folder.ts'
import { asSettings, type RunConfig } from './run-plan.ts'
import { loadNewest, type TrainStart } from './saves.ts'

/** What a run is made from. */
export type RunOrigin = {
  readonly config: RunConfig
  /** Reads all the data: a run that is not saved does not ask. */
  readonly dataHash: () => string
  readonly initial: readonly LayerValues[]
  /** Versions, backend, engine and threads: they are saved, and a difference is reported, but never an error. */
  readonly machine: Readonly<Record<string, unknown>>
}

/** Where a run is saved, and how often. */
export type SaveFlags = Pick<TrainFlags, 'out' | 'runs' | 'resume' | 'checkpointEvery' | 'logDir'>

/** Refuses flags of which one would have no effect. */
export const checkSaveFlags = ({
  out,
  resume,
  logDir,
  checkpointEvery,
}: SaveFlags): E.Either<UsageError, void> => {
  if (resume !== undefined && out !== undefined)
    return E.left(
      usageError(
        `--resume ${resume} and --out ${out}: a resumed run stays in its folder`,
        'leave one of them out; a new run with the same settings: ' +
          `--config ${shellQuoted(join(resume, 'config.json'))} --out ${shellQuoted(out)}`,
      ),
    )
  if (out !== 'none') return E.right(undefined)
  if (logDir !== undefined)
    return E.left(
      usageError(
        `--log-dir ${logDir}: --out none saves no run whose logs could be written there`,
        'leave --log-dir or --out none out',
      ),
    )
  return checkpointEvery === undefined
    ? E.right(undefined)
    : E.left(
        usageError(
          '--checkpoint-every: --out none saves no checkpoints',
          'leave --checkpoint-every or --out none out',
        ),
      )
}

type Settings = Readonly<Record<string, unknown>>

const hash = (value: unknown): string => createHash('sha256').update(toJson(value)).digest('hex')

/**
 * What a checkpoint belongs to: the configuration and the data, without the number of epochs, which may grow, and
 * without what computes it and where the data are.
 */
const identityOf = (settings: Settings, dataHash: string): string =>
  earlierIdentityOf(settings, { backend: undefined, engine: undefined }, dataHash)

/** The same as earlier versions computed it: with the backend and the engine that the run was created with. */
const earlierIdentityOf = (settings: Settings, { backend, engine }: Settings, dataHash: string): string =>
  hash({ ...settings, epochs: undefined, data: undefined, backend, engine, threads: undefined, dataHash })

/** Such as `20261123-134005-xent-s1-3fa2b1`: time, cost, seed, configuration. */
const nameOf = (date: Date, config: RunConfig): string => {
  const time = date.toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15)
  return `${time}-${config.cost}-s${config.seed}-${hash(asSettings(config)).slice(0, 6)}`
}

/** A folder that is locked, and where the training in it starts. */
type Opened = { readonly folder: RunFolder; readonly from: TrainStart }

/** Opens the folder that the flags ask for; the run in it is then in use by this process. */
export const openRun = (env: Env, flags: SaveFlags, origin: RunOrigin): TE.TaskEither<AppError, Recorder> => {
  const { config, initial, machine } = origin
  const beginning: TrainStart = {
    epochs: 0,
    examples: 0,
    history: [],
    saved: new Uint8Array(),
    layers: initial,
    optimizer: [],
  }
  if (flags.out === 'none' && flags.resume === undefined) return TE.right(nullRecorder(beginning))
  const { files } = env
  const { resume } = flags
  const dataHash = origin.dataHash()
  const settings = asSettings(config)
  return pipe(
    resume === undefined
      ? pipe(
          createFolder(env, flags, config),
          TE.map((folder): Opened => ({ folder, from: beginning })),
        )
      : resumeFolder(env, resume, origin, dataHash),
    TE.flatMap(({ folder, from }) =>
      pipe(
        writeLogs(files, folder, config, from.history),
        TE.map(() =>
          fileRecorder(env, {
            folder,
            config,
            identity: identityOf(settings, dataHash),
            from,
            every: flags.checkpointEvery ?? { epochs: 1 },
            logDir: flags.logDir,
          }),
        ),
        TE.tap(recorder => (resume === undefined ? recorder.save(from) : TE.right(undefined))),
        // last: a folder with a config.json is a run, and from then on it can be resumed
        TE.tap(() => describeRun(files, folder, settings, { ...machine, dataHash })),
        TE.tapIO(() => () => {
          if (flags.out === undefined && resume === undefined) void pointLatest(files, folder)
        }),
        TE.tapError(() => TE.fromTask(folder.unlock)),
      ),
    ),
  )
}

const createFolder = (
  { files, processes, date }: Env,
  { out, runs }: SaveFlags,
  config: RunConfig,
): TE.TaskEither<AppError, RunFolder> => {
  if (out !== undefined) return newRun(files, processes, out)
  const path = join(runs, nameOf(date(), config))
  return pipe(
    newRun(files, processes, path),
    // another run of this configuration may have begun within the same second
    TE.orElse(() => newRun(files, processes, `${path}-${processes.me.pid}`)),
  )
}

/** The whole epochs that a killed run had logged after its checkpoint; undefined if it was not killed. */
const lostEpochs = async (
  files: Files,
  { path }: RunFolder,
  { epochs }: TrainStart,
): Promise<number | undefined> => {
  if ((await files.list(path)).includes('result.json')) return undefined
  const log = await files.read(join(path, 'metrics.jsonl')).catch(() => new Uint8Array())
  return Math.max(0, historyOfLog(lenientText(log)).length - epochs)
}

const resumeFolder = (
  env: Env,
  resume: string,
  { config, machine }: RunOrigin,
  dataHash: string,
): TE.TaskEither<AppError, Opened> => {
  const { files, processes } = env
  const settings = asSettings(config)
  return pipe(
    TE.fromTask(() => files.follow(resume)),
    TE.flatMap(path => lockRun(files, processes, path)),
    TE.flatMap(folder =>
      pipe(
        checkResumable(env, folder.path, config, dataHash, machine),
        TE.flatMap(before =>
          loadNewest(
            files,
            folder.path,
            [identityOf(settings, dataHash), earlierIdentityOf(settings, before, dataHash)],
            line => env.log(`network2: ${line}`),
          ),
        ),
        TE.bindTo('from'),
        TE.bind('lost', ({ from }) => TE.fromTask(() => lostEpochs(files, folder, from))),
        TE.map(({ from, lost }): Opened => ({
          folder,
          from: lost === undefined ? from : { ...from, lost },
        })),
        TE.tapError(() => TE.fromTask(folder.unlock)),
      ),
    ),
  )
}

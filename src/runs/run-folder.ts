/**
 * The folder of a run: its settings, its environment, its logs and its result.
 *
 * `config.json` can be given to `--config`. A folder can be moved and resumed, because no file in it holds its own path.
 * `config.json` holds the paths of the data and of the initial network as they were given: where the data has moved,
 * resume with `--data`.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { basename, dirname, join } from 'node:path'
import { unwritable } from '../io/failure.ts'
import type { Files } from '../io/files.ts'
import { checkNoLink } from '../io/own-folder.ts'
import { usageError, type AppError, type WriteFailed } from '../errors.ts'
import { shellQuoted } from '../format.ts'
import type { MonitorName } from '../core/metrics.ts'
import { csvHeader, csvLine, jsonLine, type Logged, type TimedEpoch } from './history.ts'
import { toJson } from '../io/json.ts'
import { acquireLock, type Processes } from '../io/lock.ts'

/** A folder that this process owns. */
export type RunFolder = { readonly path: string; readonly unlock: () => Promise<void> }

/** The result of a run, as in `result.json`. */
export type RunResult = {
  readonly outcome: 'done' | 'diverged' | 'stopped'
  readonly sentence: string
  readonly epochs: number
  readonly seconds: number
  readonly bestEpoch: number | undefined
} & Readonly<Partial<Record<MonitorName, number | undefined>>>

/** Whether a file is a leftover of an interrupted save, copy or claim of a run; other files are not touched. */
export const isLeftover = (name: string): boolean =>
  /^((config|env|result|model|answers|expanded)\.json|report\.html|metrics\.(jsonl|csv)|(last|previous|best)\.safetensors|owner\.\d+)\.\d+(\.tmp)?$/.test(
    name,
  )

const all = (work: readonly (() => Promise<unknown>)[]) => async (): Promise<void> => {
  for (const step of work) await step()
}

const writing = (path: string, work: () => Promise<unknown>): TE.TaskEither<WriteFailed, void> =>
  TE.tryCatch(async () => {
    await work()
  }, unwritable(path))

/** Locks a folder, and removes the temporary files of an interrupted owner. */
export const lockRun = (
  files: Files,
  processes: Processes,
  path: string,
): TE.TaskEither<AppError, RunFolder> =>
  pipe(
    checkNoLink(files, join(path, 'checkpoints')),
    TE.flatMap(() => acquireLock(files, processes, path)),
    TE.tap(() =>
      writing(path, async () => {
        for (const folder of [path, join(path, 'checkpoints')])
          for (const name of await files.list(folder))
            if (isLeftover(name)) await files.remove(join(folder, name))
      }),
    ),
    TE.map(release => ({ path, unlock: release })),
  )

/**
 * Creates and locks a folder for a run.
 *
 * Exit code 6 if another process owns it, and 2 if it already has a run: nothing is overwritten.
 */
export const newRun = (
  files: Files,
  processes: Processes,
  path: string,
): TE.TaskEither<AppError, RunFolder> =>
  pipe(
    writing(path, () => files.makeFolder(join(path, 'checkpoints'))),
    TE.flatMap(() => lockRun(files, processes, path)),
    TE.tap(({ unlock }) =>
      pipe(
        TE.tryCatch(() => files.list(path), unwritable(path)),
        TE.flatMap(names =>
          names.includes('config.json')
            ? pipe(
                TE.fromTask(unlock),
                TE.flatMap(() =>
                  TE.left(
                    usageError(
                      `--out ${path}: the folder already has a run`,
                      `continue it with --resume ${shellQuoted(path)}, or give another folder`,
                    ),
                  ),
                ),
              )
            : TE.right(undefined),
        ),
      ),
    ),
  )

/** Writes the settings and the environment of a run. */
export const describeRun = (
  files: Files,
  { path }: RunFolder,
  config: Readonly<Record<string, unknown>>,
  env: Readonly<Record<string, unknown>>,
): TE.TaskEither<WriteFailed, void> =>
  writing(
    path,
    all([
      () => files.save(join(path, 'env.json'), `${toJson({ format: 1, ...env }, 2)}\n`),
      () => files.save(join(path, 'config.json'), `${toJson(config, 2)}\n`),
      () => files.remove(join(path, 'result.json')),
    ]),
  )

/** Rewrites both logs from the whole history. */
export const writeLogs = (
  files: Files,
  { path }: RunFolder,
  logged: Logged,
  history: readonly TimedEpoch[],
): TE.TaskEither<WriteFailed, void> =>
  writing(
    join(path, 'metrics.jsonl'),
    all([
      () => files.save(join(path, 'metrics.jsonl'), history.map(jsonLine(logged)).join('')),
      () => files.save(join(path, 'metrics.csv'), csvHeader(logged) + history.map(csvLine(logged)).join('')),
    ]),
  )

/** Appends an epoch to both logs. */
export const appendLogs = (
  files: Files,
  { path }: RunFolder,
  logged: Logged,
  timed: TimedEpoch,
): TE.TaskEither<WriteFailed, void> =>
  writing(
    join(path, 'metrics.jsonl'),
    all([
      () => files.append(join(path, 'metrics.jsonl'), jsonLine(logged)(timed)),
      () => files.append(join(path, 'metrics.csv'), csvLine(logged)(timed)),
    ]),
  )

/** The files that a run ends with; a text that is undefined has no file. */
export type FinalFiles = {
  /** The network in network2.py's format. */
  readonly model: string
  /** Its predictions. */
  readonly answers: string | undefined
  /** Samples of the expanded training set. */
  readonly expanded: string | undefined
}

/** Writes the result and the files that belong to it. */
export const concludeRun = (
  files: Files,
  { path }: RunFolder,
  result: RunResult,
  { model, ...more }: FinalFiles,
): TE.TaskEither<WriteFailed, void> =>
  writing(
    join(path, 'result.json'),
    all([
      () => files.save(join(path, 'model.json'), model),
      ...Object.entries(more).map(([name, text]) => () => {
        const file = join(path, `${name}.json`)
        return text === undefined ? files.remove(file) : files.save(file, text)
      }),
      () => files.save(join(path, 'result.json'), `${toJson({ format: 1, ...result }, 2)}\n`),
    ]),
  )

/** Points the link `latest`, beside the folder, to it. On a system without links there is none. */
export const pointLatest = (files: Files, { path }: RunFolder): Promise<void> =>
  files.point(join(dirname(path), 'latest'), basename(path)).catch(() => undefined)

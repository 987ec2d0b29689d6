/**
 * Reads the folder of a run for its report, and writes the report into it.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { basename, join } from 'node:path'
import { shellCommand } from '#scripts/package'
import { fullNetwork } from '../core/dropout.ts'
import { incompatibleCheckpoint, type AppError } from '../errors.ts'
import type { RunRecord } from './run-record.ts'
import { trainCommandLine } from './train-command-line.ts'
import { decodeExpandedSamples } from '../runs/expanded-samples.ts'
import { decodePredictions } from '../runs/predictions.ts'
import { decodeCheckpoint, type Checkpoint } from '../runs/checkpoint.ts'
import { unwritable, readFailureReason } from '../io/failure.ts'
import { bestEpoch, historyOfLog, type TimedEpoch } from '../runs/history.ts'
import { parseJson } from '../io/json.ts'
import { lenientText, utf8Text } from '../io/text.ts'
import { describeRunFolder } from '../runs/list-runs.ts'
import { checkpointPath, historyOf } from '../runs/saves.ts'
import type { Env } from '../io/env.ts'

type Fields = Readonly<Record<string, unknown>>

/** The bytes of a file; undefined if it cannot be read. */
const readable = ({ files }: Env, path: string): Promise<Uint8Array | undefined> =>
  files.read(path).catch(() => undefined)

const fields = async (env: Env, path: string): Promise<Fields | undefined> => {
  const bytes = await readable(env, path)
  const json = bytes === undefined ? E.left('') : pipe(utf8Text(bytes), E.flatMap(parseJson))
  return E.isRight(json) && typeof json.right === 'object' && json.right !== null
    ? (json.right as Fields)
    : undefined
}

const SENTENCES = {
  running: 'The run is still being trained.',
  finished: 'Finished.',
  diverged: 'Diverged.',
  interrupted: 'No result was written: the process was killed, or the machine stopped.',
} as const

/** The newest checkpoint that can be read; damaged ones are skipped. */
const readCheckpoint = async (env: Env, path: string): Promise<Checkpoint | undefined> => {
  for (const name of ['last', 'previous', 'best'] as const) {
    const bytes = await readable(env, checkpointPath(path, name))
    const checkpoint = bytes === undefined ? E.left('') : decodeCheckpoint(bytes)
    if (E.isRight(checkpoint)) return checkpoint.right
  }
  return undefined
}

/** The epochs of a run: from its checkpoint, or from its log, whichever has more. */
const readHistory = async (
  env: Env,
  path: string,
  checkpoint: Checkpoint | undefined,
): Promise<readonly TimedEpoch[]> => {
  const bytes = await readable(env, join(path, 'metrics.jsonl'))
  const logged = bytes === undefined ? [] : historyOfLog(lenientText(bytes))
  const saved = checkpoint === undefined ? E.left('') : await historyOf(env.files, path, checkpoint)
  const history = E.isRight(saved) ? saved.right.history : []
  return logged.length > history.length ? logged : history
}

/** A run, as its report shows it. What is missing or damaged in its folder is left out. */
export const readRun = (env: Env, folder: string): TE.TaskEither<AppError, RunRecord> =>
  pipe(
    TE.tryCatch(
      async () => {
        const path = await env.files.follow(folder)
        const listed = await describeRunFolder(env.files, env.processes, path)
        if (listed === undefined) return undefined
        const { state, config } = listed
        const checkpoint = await readCheckpoint(env, path)
        const history = await readHistory(env, path, checkpoint)
        const sentence = (await fields(env, join(path, 'result.json')))?.sentence
        return {
          name: basename(path),
          state,
          sentence: state !== 'running' && typeof sentence === 'string' ? sentence : SENTENCES[state],
          command: trainCommandLine(config),
          config,
          env: (await fields(env, join(path, 'env.json'))) ?? {},
          history,
          best: bestEpoch(history.map(({ report }) => report))?.epoch,
          layers:
            checkpoint &&
            fullNetwork(typeof config.dropout === 'number' ? config.dropout : 0, checkpoint.layers),
          optimizer: checkpoint?.optimizer ?? [],
          answers: decodePredictions(await fields(env, join(path, 'answers.json'))),
          expanded: decodeExpandedSamples(await fields(env, join(path, 'expanded.json'))),
        }
      },
      error =>
        incompatibleCheckpoint(
          `${folder} cannot be read: ${readFailureReason(error)}`,
          'give the folder of a run',
        ),
    ),
    TE.flatMap(
      TE.fromNullable(
        incompatibleCheckpoint(
          `${folder} is not a run folder (config.json is missing)`,
          `${shellCommand('runs')} lists your runs`,
        ),
      ),
    ),
  )

/** The path of a report, and the runs in it. */
export type WrittenReport = { readonly path: string; readonly runs: readonly RunRecord[] }

/** Writes the report of a run into its folder. */
export const writeRunReport = (env: Env, folder: string): TE.TaskEither<AppError, WrittenReport> => {
  const path = join(folder, 'report.html')
  return pipe(
    readRun(env, folder),
    TE.flatMap(run =>
      TE.tryCatch(async () => {
        // Plot is slow to load, and only reports need it
        const { runReport } = await import('./pages/run-page.ts')
        await env.files.save(path, runReport(run))
        return { path, runs: [run] }
      }, unwritable(path)),
    ),
  )
}

/**
 * The folder of a run, as its report wants it; and the report, written into that folder.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { basename, join } from 'node:path'
import { incompatibleCheckpoint, type AppError } from '../errors.ts'
import type { RunRecord } from './run-record.ts'
import { decodePredictions } from '../runs/predictions.ts'
import { decodeCheckpoint } from '../runs/checkpoint.ts'
import { unwritable, readFailureReason } from '../io/failure.ts'
import { readIfPresent } from '../io/files.ts'
import { bestEpoch } from '../runs/history.ts'
import { parseJson } from '../io/json.ts'
import { describeRunFolder } from '../runs/list-runs.ts'
import { checkpointPath } from '../runs/saves.ts'
import type { Env } from '../io/env.ts'

type Fields = Readonly<Record<string, unknown>>

const fields = async (env: Env, path: string): Promise<Fields | undefined> => {
  const bytes = await readIfPresent(env.files, path)
  const json = bytes === undefined ? E.left('') : parseJson(new TextDecoder().decode(bytes))
  return E.isRight(json) && typeof json.right === 'object' && json.right !== null
    ? (json.right as Fields)
    : undefined
}

const SENTENCES = {
  running: 'It is still being trained.',
  finished: 'Finished.',
  diverged: 'Diverged.',
  interrupted: 'It ended without a word: it was killed, or the machine went down.',
} as const

/** What the folder of a run tells. What is missing or damaged in it is left out, as far as there is a run at all. */
export const readRun = (env: Env, folder: string): TE.TaskEither<AppError, RunRecord> =>
  pipe(
    TE.tryCatch(
      async () => {
        const path = await env.files.follow(folder)
        const listed = await describeRunFolder(env.files, env.processes, path)
        if (listed === undefined) return undefined
        const { state, config } = listed
        const bytes =
          (await readIfPresent(env.files, checkpointPath(path, 'last'))) ??
          (await readIfPresent(env.files, checkpointPath(path, 'previous')))
        const checkpoint = bytes === undefined ? E.left('') : decodeCheckpoint(bytes)
        const { history, layers } = E.isRight(checkpoint)
          ? checkpoint.right
          : { history: [], layers: undefined }
        const sentence = (await fields(env, join(path, 'result.json')))?.sentence
        return {
          name: basename(path),
          state,
          sentence: state !== 'running' && typeof sentence === 'string' ? sentence : SENTENCES[state],
          command: `npm run train -- --config ${join(path, 'config.json')}`,
          config,
          env: (await fields(env, join(path, 'env.json'))) ?? {},
          history,
          best: bestEpoch(history.map(({ report }) => report))?.epoch,
          layers,
          answers: decodePredictions(await fields(env, join(path, 'answers.json'))),
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
        incompatibleCheckpoint(`${folder} is no run`, 'npm run runs lists the runs that there are'),
      ),
    ),
  )

/** A report, and what it is about. */
export type WrittenReport = { readonly path: string; readonly runs: readonly RunRecord[] }

/** Writes the report of a run into its folder, anew. */
export const writeRunReport = (env: Env, folder: string): TE.TaskEither<AppError, WrittenReport> => {
  const path = join(folder, 'report.html')
  return pipe(
    readRun(env, folder),
    TE.flatMap(run =>
      TE.tryCatch(async () => {
        // Plot takes a moment to load: only who wants a report waits for it
        const { runReport } = await import('./pages/run-page.ts')
        await env.files.save(path, runReport(run))
        return { path, runs: [run] }
      }, unwritable(path)),
    ),
  )
}

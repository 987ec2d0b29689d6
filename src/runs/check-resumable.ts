/**
 * Whether a run can be resumed with these settings.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { shellCommand } from '#scripts/package'
import { incompatibleCheckpoint, type AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { readFailureReason } from '../io/failure.ts'
import { parseJson, toJson } from '../io/json.ts'
import { textOrThrow } from '../io/text.ts'
import { asSettings, type RunConfig } from './run-plan.ts'
import { bytesLike, recordedEngine } from '../runtime/engine.ts'

type Fields = Readonly<Record<string, unknown>>

const isFields = (json: unknown): json is Fields =>
  typeof json === 'object' && json !== null && !Array.isArray(json)

/** What the last bits of a result depend on, besides the configuration. */
const COMPUTED_BY = ['backend', 'engine', 'threads', 'platform', 'versions']

/** Settings that may differ: where the data are, and what computes. */
const MAY_DIFFER = ['data', 'backend', 'engine', 'threads']

/**
 * Compares the configuration and the data with those of the run in a folder: the epochs may grow, and the backend, engine
 * and number of threads may change; anything else is an error. A change of what computes is reported: equal bytes are
 * promised only for equal machines.
 *
 * @returns the settings that the run has been saved with
 */
export const checkResumable = (
  { files, log }: Env,
  path: string,
  config: RunConfig,
  dataHash: string,
  machine: Fields,
): TE.TaskEither<AppError, Fields> => {
  const read = async (name: string): Promise<Fields> => {
    const parsed = parseJson(textOrThrow(name, await files.read(join(path, name))))
    return E.isRight(parsed) && isFields(parsed.right) ? parsed.right : {}
  }
  const is: Fields = { ...asSettings(config), dataHash }
  return pipe(
    TE.tryCatch(
      async () => ({
        settings: await read('config.json'),
        before: await read('env.json').catch((): Fields => ({})),
      }),
      error =>
        incompatibleCheckpoint(
          `--resume ${path}: ${readFailureReason(error)}`,
          `give the folder of a run; ${shellCommand('runs')} lists your runs`,
        ),
    ),
    TE.flatMap(({ settings, before }) => {
      // where env.json is damaged, the checkpoint still proves that it belongs to these data
      const was: Fields = { ...settings, dataHash: before.dataHash ?? dataHash }
      const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])]
        .filter(key => !MAY_DIFFER.includes(key))
        .filter(key => key !== 'epochs' || Number(is.epochs) < Number(was.epochs))
      const lines = differences(was, is, keys)
      if (lines.length > 0)
        return TE.left(
          incompatibleCheckpoint(
            [`--resume ${path}: the run has another configuration`, ...lines],
            'only --epochs may change, and only grow; to change anything else, start a new run',
          ),
        )
      const recorded = { ...before, engine: recordedEngine(before.engine, before.backend) }
      const [computedBy, computing] = [recorded, machine].map(by => ({ ...by, engine: bytesLike(by.engine) }))
      // WebAssembly and C give the same bytes with any number of threads
      const anyThreads = [computedBy!, computing!].every(by => by.engine === 'wasm')
      const known = COMPUTED_BY.filter(
        key => Object.hasOwn(before, key) && !(anyThreads && key === 'threads'),
      )
      for (const line of differences(computedBy!, computing!, known))
        log(`network2: ${line}; the last bits can differ from those of an uninterrupted run`)
      return TE.right(settings)
    }),
  )
}

/** Where two records differ, such as `eta: it was 0.5, and is 1`. */
const differences = (was: Fields, is: Fields, keys: readonly string[]): readonly string[] =>
  keys
    .map(key => [key, shown(was[key]), shown(is[key])] as const)
    .filter(([, before, now]) => before !== now)
    .map(([key, before, now]) => `${key}: it was ${before}, and is ${now}`)

const shown = (value: unknown): string => (value === undefined ? 'not set' : toJson(value))

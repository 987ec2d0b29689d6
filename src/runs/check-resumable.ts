/**
 * Whether a run that is to be gone on with is the one that it was.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { readFailureReason } from '../io/failure.ts'
import { incompatibleCheckpoint, type AppError } from '../errors.ts'
import { parseJson, toJson } from '../io/json.ts'
import { asSettings, type RunConfig } from './run-plan.ts'
import type { Env } from '../io/env.ts'
import { recordedEngine } from '../runtime/engine.ts'

type Fields = Readonly<Record<string, unknown>>

/** What the last bits of a result depend on, besides the configuration. */
const COMPUTED_BY = ['backend', 'engine', 'threads', 'platform', 'versions']

/**
 * Compares the configuration and the data with those of the run in a folder: only the epochs may differ, and only grow;
 * exit code 5. Where it was computed by something else, that is noted: equal bytes are promised for equal machines.
 */
export const checkResumable = (
  { files, log }: Env,
  path: string,
  config: RunConfig,
  dataHash: string,
  machine: Fields,
): TE.TaskEither<AppError, void> => {
  const read = async (name: string): Promise<Fields> => {
    const parsed = parseJson(new TextDecoder().decode(await files.read(join(path, name))))
    return E.isRight(parsed) ? (parsed.right as Fields) : {}
  }
  const is: Fields = { ...asSettings(config), dataHash }
  return pipe(
    TE.tryCatch(
      async () => ({ settings: await read('config.json'), before: await read('env.json') }),
      error =>
        incompatibleCheckpoint(
          `--resume ${path}: ${readFailureReason(error)}`,
          'give the folder of a run; npm run runs lists them',
        ),
    ),
    TE.flatMap(({ settings, before }) => {
      const was: Fields = { ...settings, dataHash: before.dataHash }
      const keys = [...new Set([...Object.keys(was), ...Object.keys(is)])]
        .filter(key => key !== 'data')
        .filter(key => key !== 'epochs' || Number(is.epochs) < Number(was.epochs))
      const lines = differences(was, is, keys)
      if (lines.length > 0)
        return TE.left(
          incompatibleCheckpoint(
            `--resume ${path}: the run was made with another configuration\n${lines.join('\n')}`,
            'only --epochs may change, and only grow; for anything else, begin a new run',
          ),
        )
      const known = COMPUTED_BY.filter(key => Object.hasOwn(before, key))
      const computedBy = { ...before, engine: recordedEngine(before.engine, before.backend) }
      return TE.fromIO(() => {
        for (const line of differences(computedBy, machine, known))
          log(`network2: ${line}; the last bits may now differ from those of a run without a break`)
      })
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

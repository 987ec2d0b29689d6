/**
 * Where a setting may come from: the defaults, a file, the environment, the command line; the later goes before the
 * earlier. Each becomes text of a flag, so that one strict decoder reads them all.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import type { Options } from 'yargs'
import { incompatibleCheckpoint, usageError, type AppError, type UsageError } from '../errors.ts'
import { parseJson } from '../io/json.ts'
import { readText } from '../io/read.ts'
import { namesOf, nearest, SOURCES, type Argv } from '../options/decode.ts'
import { kebab } from '../options/train-options.ts'

/** Values by flag, and where each can be found. */
type Layer = { readonly values: Argv; readonly sources: Readonly<Record<string, string>> }

type AllOptions = Readonly<Record<string, Options>>

/** All settings of a command in one. */
export const mergeSources =
  (options: AllOptions, variables: NodeJS.ProcessEnv) =>
  (argv: Argv): TE.TaskEither<AppError, Argv> => {
    const surroundings = fromVariables(options, variables)
    const resume = argv.resume ?? surroundings.values.resume
    const config = argv.config ?? surroundings.values.config
    return pipe(
      typeof resume === 'string' && 'resume' in options
        ? // what the run was made with goes before what the environment happens to say now
          pipe(
            fromRun(options, resume),
            TE.flatMap(run =>
              typeof argv.config === 'string'
                ? pipe(
                    fromFile(options, argv.config),
                    TE.map(file => [surroundings, run, file]),
                  )
                : TE.right([surroundings, run]),
            ),
          )
        : typeof config === 'string' && 'config' in options
          ? pipe(
              fromFile(options, config),
              TE.map(file => [file, surroundings]),
            )
          : TE.right([surroundings]),
      TE.map(layers => ({
        ...merged(layers.map(({ values }) => values)),
        ...argv,
        [SOURCES]: withoutKeys(merged(layers.map(({ sources }) => sources)), argv),
      })),
    )
  }

/** The later go before the earlier. */
const merged = <A>(layers: readonly Readonly<Record<string, A>>[]): Readonly<Record<string, A>> =>
  Object.fromEntries(layers.flatMap(layer => Object.entries(layer)))

const withoutKeys = (
  sources: Readonly<Record<string, string>>,
  argv: Argv,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(sources).filter(([name]) => argv[name] === undefined))

const TRUTH: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false }

/** `NETWORK2_MINI_BATCH_SIZE=20` is `--mini-batch-size 20`. */
const fromVariables = (options: AllOptions, variables: NodeJS.ProcessEnv): Layer => {
  const found = Object.entries(options).flatMap(([name, { type }]) => {
    const variable = `NETWORK2_${name.replaceAll('-', '_').toUpperCase()}`
    const text = variables[variable]
    if (text === undefined) return []
    const value = type === 'boolean' && Object.hasOwn(TRUTH, text) ? TRUTH[text] : text
    return [{ name, value, source: variable }]
  })
  return {
    values: Object.fromEntries(found.map(({ name, value }) => [name, value])),
    sources: Object.fromEntries(found.map(({ name, source }) => [name, source])),
  }
}

/** The settings of a run, as it has kept them. */
const fromRun = (options: AllOptions, folder: string): TE.TaskEither<AppError, Layer> =>
  pipe(
    fromFile(options, join(folder, 'config.json')),
    TE.mapLeft(({ message }) =>
      incompatibleCheckpoint(
        `--resume ${folder}: ${message}`,
        'give the folder of a run; npm run runs lists them',
      ),
    ),
  )

const fromFile = (options: AllOptions, path: string): TE.TaskEither<AppError, Layer> =>
  pipe(
    readText(path, 'a file of settings, as --print-config prints them'),
    TE.flatMapEither(text => decode(options, path, text)),
  )

/** No file of settings is that long. */
const LONGEST = 1_000_000

const decode = (options: AllOptions, path: string, text: string): E.Either<UsageError, Layer> => {
  const wrong = (what: string, remedy: string): E.Either<UsageError, never> =>
    E.left(usageError(`${path}: ${what}`, remedy))
  const remedy = 'give an object of settings, such as {"cost": "xent", "eta": 0.5}; --print-config prints one'
  if (text.length > LONGEST) return wrong('it is too long to be a file of settings', remedy)
  const parsed = parseJson(text)
  if (E.isLeft(parsed)) return wrong(parsed.left, remedy)
  const json = parsed.right
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return wrong('it is no object', remedy)

  const names = namesOf(options)
  const canonical = (name: string): string =>
    Object.entries(options).find(
      ([key, { alias }]) => key === name || [alias ?? []].flat().includes(name),
    )?.[0] ?? name
  const settings: { readonly name: string; readonly value: string | boolean }[] = []
  for (const [key, given] of Object.entries(json)) {
    const name = kebab(key)
    if (!names.includes(name))
      return wrong(`${key}: there is no such setting`, nearest(names, name, '') ?? '--help lists all flags')
    const value = asText(given)
    if (value === undefined)
      return wrong(`${key} is ${shown(given)}`, 'a setting is text, a number, true, false or a list')
    settings.push({ name: canonical(name), value })
  }
  return E.right({
    values: Object.fromEntries(settings.map(({ name, value }) => [name, value])),
    sources: Object.fromEntries(settings.map(({ name }) => [name, `${name} in ${path}:`])),
  })
}

/** What no setting can be. */
const shown = (value: unknown): string =>
  Array.isArray(value) ? 'a list of more than text and numbers' : value === null ? 'null' : 'an object'

/** A value as one would type it; lists are comma-separated. */
const asText = (value: unknown): string | boolean | undefined => {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return String(value)
  return Array.isArray(value) && value.every(item => typeof item === 'string' || typeof item === 'number')
    ? value.join(',')
    : undefined
}

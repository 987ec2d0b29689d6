/**
 * Where a setting may come from: the command line, a NETWORK2_… variable, a configuration file or the run to resume, and
 * the defaults, in this order of precedence. Each becomes the text of a flag, so that one decoder reads them all.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { shellCommand } from '#scripts/package'
import { incompatibleCheckpoint, usageError, type AppError, type UsageError } from '../errors.ts'
import { parseJson } from '../io/json.ts'
import { readText } from '../io/read.ts'
import {
  flagNames,
  flagOf,
  nearest,
  typedValue,
  SOURCES,
  type Argv,
  type OptionTable,
} from '../options/option.ts'

/** Values by flag, and where each was found. */
type Source = { readonly values: Argv; readonly sources: Readonly<Record<string, string>> }

/** All settings of a command, merged. */
export const mergeSources = (
  options: OptionTable,
  variables: NodeJS.ProcessEnv,
  argv: Argv,
): TE.TaskEither<AppError, Argv> => {
  const environment = fromVariables(options, variables)
  const setting = (name: string): string | undefined => {
    const value = argv[name] ?? environment.values[name]
    return typeof value === 'string' && name in options ? value : undefined
  }
  const [resume, config] = [setting('resume'), setting('config')]
  return pipe(
    [
      ...(resume === undefined ? [] : [fromRun(options, resume)]),
      ...(config === undefined ? [] : [fromFile(options, config)]),
    ],
    TE.sequenceSeqArray,
    TE.map(files => [...files, environment]),
    TE.map(sources => ({
      ...merged(sources.map(({ values }) => values)),
      // a run that is resumed by a flag stays in its folder, whatever a variable or a file says of new runs
      ...(argv.resume === undefined ? {} : { out: undefined }),
      ...argv,
      [SOURCES]: withoutKeys(merged(sources.map(({ sources }) => sources)), argv),
    })),
  )
}

/** Later sources override earlier ones. */
const merged = <A>(sources: readonly Readonly<Record<string, A>>[]): Readonly<Record<string, A>> =>
  Object.fromEntries(sources.flatMap(source => Object.entries(source)))

const withoutKeys = (
  sources: Readonly<Record<string, string>>,
  argv: Argv,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(sources).filter(([name]) => argv[name] === undefined))

const PREFIX = 'NETWORK2_'

/** `--mini-batch-size` is `NETWORK2_MINI_BATCH_SIZE`. */
const variableOf = (flag: string): string => `${PREFIX}${flag.replaceAll('-', '_').toUpperCase()}`

const TRUTH: Readonly<Record<string, boolean>> = { true: true, 1: true, false: false, 0: false }

const fromVariables = (options: OptionTable, variables: NodeJS.ProcessEnv): Source => {
  const found = Object.entries(options).flatMap(([name, { kind }]) => {
    const flag = flagOf(name)
    const variable = variableOf(flag)
    const text = variables[variable]
    if (text === undefined) return []
    const value = kind === 'switch' && Object.hasOwn(TRUTH, text) ? TRUTH[text] : text
    return [{ flag, value, variable }]
  })
  return {
    values: Object.fromEntries(found.map(({ flag, value }) => [flag, value])),
    sources: Object.fromEntries(found.map(({ flag, variable }) => [flag, variable])),
  }
}

/** Variables that are not flags. */
const OTHER_VARIABLES = ['NETWORK2_NATIVE', 'NETWORK2_CACHE', 'NETWORK2_LONG', 'NETWORK2_PYTHON']

/**
 * Refuses a NETWORK2_… variable that no command has: it is most likely misspelt. One that another command has is
 * ignored.
 *
 * @param allOptions the options of every command
 */
export const checkVariables = (
  allOptions: readonly OptionTable[],
  variables: NodeJS.ProcessEnv,
): E.Either<UsageError, void> => {
  const known = [
    ...new Set([
      ...allOptions.flatMap(options => Object.keys(options).map(name => variableOf(flagOf(name)))),
      ...OTHER_VARIABLES,
    ]),
  ]
  const unknown = unknownVariables(known, variables)[0]
  return unknown === undefined
    ? E.right(undefined)
    : E.left(
        usageError(
          `${unknown}: unknown variable`,
          nearest(known, unknown, '') ?? 'unset it; NETWORK2_ETA=0.1 means --eta 0.1, and so for every flag',
        ),
      )
}

const unknownVariables = (known: readonly string[], variables: NodeJS.ProcessEnv): readonly string[] =>
  Object.keys(variables).filter(name => name.startsWith(PREFIX) && !known.includes(name))

/** Whether there are variables that are not flags of this command: only then do the other commands matter. */
export const hasOtherVariables = (options: OptionTable, variables: NodeJS.ProcessEnv): boolean =>
  unknownVariables(
    [...Object.keys(options).map(name => variableOf(flagOf(name))), ...OTHER_VARIABLES],
    variables,
  ).length > 0

/** The settings of a run, as saved in its folder. */
const fromRun = (options: OptionTable, folder: string): TE.TaskEither<AppError, Source> =>
  pipe(
    fromFile(options, join(folder, 'config.json')),
    TE.mapLeft(({ message }) =>
      incompatibleCheckpoint(
        `--resume ${folder}: ${message}`,
        `give the folder of a run; ${shellCommand('runs')} lists your runs`,
      ),
    ),
  )

/** In bytes: a longer file is not a file of settings. */
const LONGEST = 1_000_000

const fromFile = (options: OptionTable, path: string): TE.TaskEither<AppError, Source> =>
  pipe(
    readText(path, 'a file of settings, as --print-config prints them', LONGEST),
    TE.flatMapEither(text => decodeSettings(options, path, text)),
  )

const decodeSettings = (options: OptionTable, path: string, text: string): E.Either<UsageError, Source> => {
  const wrong = (what: string, remedy: string): E.Either<UsageError, never> =>
    E.left(usageError(`${path}: ${what}`, remedy))
  const remedy = 'give an object of settings, such as {"cost": "xent", "eta": 0.5}; --print-config prints one'
  const parsed = parseJson(text)
  if (E.isLeft(parsed)) return wrong(parsed.left, remedy)
  const json = parsed.right
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    return wrong('it is not a JSON object', remedy)

  const flags = flagNames(options)
  const settings: { readonly flag: string; readonly value: string | boolean }[] = []
  for (const [key, given] of Object.entries(json)) {
    const name = flagOf(key)
    if (!Object.hasOwn(flags, name))
      return wrong(
        `${key}: unknown setting`,
        nearest(Object.keys(flags), name, '') ?? '--help lists all flags',
      )
    const value = typedValue(given)
    if (value === undefined)
      return wrong(`${key} is ${shown(given)}`, 'a setting is text, a number, true, false or a list')
    settings.push({ flag: flags[name]!, value })
  }
  return E.right({
    values: Object.fromEntries(settings.map(({ flag, value }) => [flag, value])),
    sources: Object.fromEntries(settings.map(({ flag }) => [flag, `${flag} in ${path}:`])),
  })
}

/** A value that no setting can have. */
const shown = (value: unknown): string =>
  Array.isArray(value)
    ? 'a list with items other than text and numbers'
    : value === null
      ? 'null'
      : 'an object'

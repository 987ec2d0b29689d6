/**
 * An option: one setting of a command, with its help, its aliases, its default and its decoder in one place. A command's
 * flags, their types, NETWORK2_… variables and the keys of a configuration file all derive from its table of options.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import leven from 'leven'
import { usageError, type UsageError } from '../errors.ts'
import type { Decoder } from './decode.ts'

/** Settings as they were given: text, a list of texts for a repeated flag, true for a flag without a value. */
export type Argv = Readonly<Record<string, unknown>>

/** Where a setting came from, by flag, if not from the command line: such as `eta in c.json`. */
export const SOURCES = Symbol('sources')

/** Log-uniform from `from` to `to`; or 0, with the probability `zero`. */
export type LogRange = { readonly from: number; readonly to: number; readonly zero?: number }

/** A range, or values that are equally likely. */
export type Dimension = LogRange | readonly (string | number)[]

/** What a person is told about an option, and who may set it. */
export type About = {
  /** A noun phrase, with the unit and the range. */
  readonly help: string
  readonly group?: string
  /** Other names of the flag. */
  readonly alias?: readonly string[]
  /** The default, for a person. */
  readonly byDefault?: string
  /** Flags that a command with this option does not have, although a person may look for them, and what to say of each. */
  readonly insteadOf?: Readonly<Record<string, string>>
  /** An arm of a comparison may fix it. */
  readonly fixedByArm?: true
  /** A comparison may search it: in this range, unless a space says otherwise; `true` if only a space can. */
  readonly searched?: Dimension | true
  /** The value as configuration files hold it; undefined leaves it out. */
  readonly write?: (value: never) => unknown
}

export type Option<A> = About & {
  /** A flag with a value, one without, or one with several values. */
  readonly kind: 'value' | 'switch' | 'list'
  readonly decode: (flag: string, argv: Argv) => E.Either<UsageError, A>
}

/** Options by name, in camel case: `miniBatchSize` is the flag `--mini-batch-size`. */
export type OptionTable = Readonly<Record<string, Option<unknown>>>

/** The values of a table of options. */
export type ValuesOf<O extends OptionTable> = {
  readonly [K in keyof O]: O[K] extends Option<infer A> ? A : never
}

export const flagOf = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

/** Where a person finds the value of a flag. */
const sourceOf = (flag: string, argv: Argv): string =>
  (argv as { readonly [SOURCES]?: Readonly<Record<string, string>> })[SOURCES]?.[flag] ?? `--${flag}`

const refuse = (message: string, remedy: string): E.Either<UsageError, never> =>
  E.left(usageError(message, remedy))

const decodeValue = <A>(
  decode: Decoder<A>,
  flag: string,
  argv: Argv,
): E.Either<UsageError, A | undefined> => {
  const given = argv[flag]
  if (given === undefined) return E.right(undefined)
  if (Array.isArray(given))
    return refuse(
      `--${flag} is given ${given.length} times (${given.map(String).join(', ')})`,
      `give --${flag} once`,
    )
  const text = typeof given === 'string' ? given : ''
  return pipe(
    decode(text),
    E.mapLeft(expected =>
      usageError(
        text === ''
          ? `${sourceOf(flag, argv)} needs a value: ${expected}`
          : `${sourceOf(flag, argv)} ${text}: not ${expected}`,
        `give --${flag} ${expected}`,
        [{ kind: 'value', flag, text, expected }],
      ),
    ),
  )
}

/** An option that may be left out. */
export const optional = <A>(decode: Decoder<A>, about: About): Option<A | undefined> => ({
  ...about,
  kind: 'value',
  decode: (flag, argv) => decodeValue(decode, flag, argv),
})

/** An option with a default. */
export const withDefault = <A>(decode: Decoder<A>, fallback: A, about: About): Option<A> => ({
  byDefault: String(fallback),
  ...about,
  kind: 'value',
  decode: (flag, argv) =>
    pipe(
      decodeValue(decode, flag, argv),
      E.map(value => value ?? fallback),
    ),
})

/** An option that must be given. */
export const required = <A>(decode: Decoder<A>, example: string, about: About): Option<A> => ({
  ...about,
  kind: 'value',
  decode: (flag, argv) =>
    pipe(
      decodeValue(decode, flag, argv),
      E.flatMap(value =>
        value === undefined ? refuse(`--${flag} is missing`, `give --${flag} ${example}`) : E.right(value),
      ),
    ),
})

/** A flag without a value. */
export const toggle = (about: About, fallback = false): Option<boolean> => ({
  ...about,
  kind: 'switch',
  decode: (flag, argv) => {
    const given = argv[flag]
    if (given === undefined) return E.right(fallback)
    return typeof given === 'boolean'
      ? E.right(given)
      : refuse(`${sourceOf(flag, argv)} takes no value, and is given once`, `give --${flag} alone`)
  },
})

/** A flag with one or more values. */
export const listOf = (fallback: readonly string[], about: About): Option<readonly string[]> => ({
  ...about,
  kind: 'list',
  decode: (flag, argv) => {
    const given = argv[flag]
    return E.right(given === undefined ? fallback : [given].flat().map(String))
  },
})

/** One error with every message and every remedy. */
const oneError = (errors: readonly UsageError[]): UsageError =>
  usageError(
    errors.flatMap(({ message }) => message.split('\n')),
    errors.flatMap(({ remedy }) => remedy.split('\n')),
    errors.every(({ reasons }) => reasons !== undefined)
      ? errors.flatMap(({ reasons = [] }) => reasons)
      : undefined,
  )

/** Both values, or every mistake in either. */
export const both = <A, B>(
  first: E.Either<UsageError, A>,
  second: E.Either<UsageError, B>,
): E.Either<UsageError, readonly [A, B]> =>
  E.isRight(first) && E.isRight(second)
    ? E.right([first.right, second.right])
    : E.left(oneError([first, second].flatMap(value => (E.isLeft(value) ? [value.left] : []))))

/** Decodes all options of a table; the error names every mistake. */
export const decodeOptions = <O extends OptionTable>(
  options: O,
  argv: Argv,
): E.Either<UsageError, ValuesOf<O>> => {
  const decoded = Object.entries(options).map(
    ([name, option]) => [name, option.decode(flagOf(name), argv)] as const,
  )
  const errors = decoded.flatMap(([, value]) => (E.isLeft(value) ? [value.left] : []))
  return errors.length > 0
    ? E.left(oneError(errors))
    : E.right(
        Object.fromEntries(
          decoded.map(([name, value]) => [name, E.isRight(value) ? value.right : undefined]),
        ) as ValuesOf<O>,
      )
}

/** What stands on the command line without a flag: one or more values. */
export const positionals = (
  name: string,
  example: string,
  { _ = [] }: Argv,
): E.Either<UsageError, readonly string[]> => {
  const given = (_ as readonly unknown[]).map(String)
  return given.length > 0 ? E.right(given) : refuse(`${name} is missing`, `give ${example}`)
}

/** The suggestion for an unknown name: the nearest known one, if it is near. */
export const nearest = (names: readonly string[], unknown: string, dashes: string): string | undefined => {
  const distance = (name: string): number => leven(name, unknown)
  const [best] = [...names].sort((a, b) => distance(a) - distance(b))
  return best !== undefined && distance(best) <= Math.max(2, unknown.length / 2)
    ? `did you mean ${dashes}${best}?`
    : undefined
}

/** From every name of every flag, aliases included, to the flag. */
export const flagNames = (options: OptionTable): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(options).flatMap(([name, { alias = [] }]) =>
      [flagOf(name), ...alias].map(word => [word, flagOf(name)]),
    ),
  )

/** The error of a flag that the command does not have; it suggests the nearest one that it has. */
export const unknownFlag = (options: OptionTable, unknown: string): UsageError => {
  const explained = Object.values(options).find(({ insteadOf = {} }) => Object.hasOwn(insteadOf, unknown))
  const suggestion =
    explained?.insteadOf?.[unknown] ?? nearest(Object.keys(flagNames(options)), unknown, '--')
  return usageError(
    `--${unknown}: unknown flag`,
    suggestion === undefined ? '--help lists all flags' : `${suggestion} --help lists all flags`,
  )
}

/** Refuses flags that the command does not have. */
export const checkKnown = (
  options: OptionTable,
  takesPositionals: boolean,
  argv: Argv,
  example = '--help',
): E.Either<UsageError, Argv> => {
  const names = Object.keys(flagNames(options))
  const unknown = Object.keys(argv).find(name => !['_', '$0', 'help', 'h', ...names].includes(name))
  const [extra] = argv._ as readonly string[]
  if (extra !== undefined && !takesPositionals)
    return refuse(`${extra}: unexpected value`, `give every value after its flag; for example: ${example}`)
  return unknown === undefined ? E.right(argv) : E.left(unknownFlag(options, unknown))
}

/**
 * A setting of a file as it would be typed: lists are comma-separated, and a flag without a value is true or false. undefined
 * if no setting has such a value.
 */
export const typedValue = (value: unknown): string | boolean | undefined => {
  if (typeof value === 'string' || typeof value === 'boolean') return value
  if (typeof value === 'number') return String(value)
  return Array.isArray(value) && value.every(item => typeof item === 'string' || typeof item === 'number')
    ? value.join(',')
    : undefined
}

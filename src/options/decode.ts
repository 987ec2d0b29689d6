/**
 * What a flag's text means. yargs splits the command line; every value is decoded here, strictly, so that a
 * mistake is an error that names flag, value and remedy, and never a silent 0, NaN or list.
 */
import * as Ap from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import * as NEA from 'fp-ts/lib/NonEmptyArray.js'
import { pipe } from 'fp-ts/lib/function.js'
import leven from 'leven'
import type { Options } from 'yargs'
import { usageError, type UsageError } from '../errors.ts'

/** What yargs makes of the command line: text, a list of texts for a repeated flag, true for a flag alone. */
export type Argv = Readonly<Record<string, unknown>>

/** Where a value comes from, if not from the command line: by flag, such as `eta in c.json`. */
export const SOURCES = Symbol('sources')

/** What a person should look at to find the value of a flag. */
const named = (argv: Argv, flag: string): string =>
  (argv as { readonly [SOURCES]?: Readonly<Record<string, string>> })[SOURCES]?.[flag] ?? `--${flag}`

export type Decoded<A> = E.Either<NEA.NonEmptyArray<UsageError>, A>

/** From the text of a flag to its value, or to what it should have been, such as "a number above 0". */
export type Decoder<A> = (text: string) => E.Either<string, A>

const wrong = <A>(message: string, remedy: string): Decoded<A> => E.left(NEA.of(usageError(message, remedy)))

/** An optional flag: absent, it is undefined. */
export const optional =
  <A>(flag: string, decode: Decoder<A>) =>
  (argv: Argv): Decoded<A | undefined> => {
    const given = argv[flag]
    if (given === undefined) return E.right(undefined)
    if (Array.isArray(given))
      return wrong(
        `--${flag} is given ${given.length} times (${given.map(String).join(', ')})`,
        `give --${flag} once`,
      )
    const anyText = typeof given === 'string' ? given : ''
    return pipe(
      decode(anyText),
      E.orElse(expected =>
        wrong<A>(
          `${named(argv, flag)} ${anyText === '' ? '(nothing)' : anyText}: not ${expected}`,
          `give --${flag} ${expected}`,
        ),
      ),
    )
  }

/** A flag with a default. */
export const withDefault =
  <A>(name: string, decode: Decoder<A>, fallback: A) =>
  (argv: Argv): Decoded<A> =>
    pipe(
      argv,
      optional(name, decode),
      E.map(value => value ?? fallback),
    )

/** A flag that must be there. */
export const required =
  <A>(name: string, decode: Decoder<A>, example: string) =>
  (argv: Argv): Decoded<A> =>
    pipe(
      argv,
      optional(name, decode),
      E.flatMap(value =>
        value === undefined ? wrong<A>(`--${name} is missing`, `give --${name} ${example}`) : E.right(value),
      ),
    )

/** A flag that is there or not. */
export const toggle =
  (name: string, fallback = false) =>
  (argv: Argv): Decoded<boolean> => {
    const given = argv[name]
    if (given === undefined) return E.right(fallback)
    return typeof given === 'boolean'
      ? E.right(given)
      : wrong(`${named(argv, name)} takes no value, and stands once`, `give --${name} alone`)
  }

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i

const numeric =
  (expected: string, fits: (value: number) => boolean): Decoder<number> =>
  text => {
    const value = DECIMAL.test(text) ? Number(text) : NaN
    return Number.isFinite(value) && fits(value) ? E.right(value) : E.left(expected)
  }

export const positive = numeric('a number above 0', value => value > 0)
export const nonNegative = numeric('a number of 0 or more', value => value >= 0)
export const count = numeric(
  'a whole number of 1 or more',
  value => Number.isSafeInteger(value) && value >= 1,
)
export const countOrZero = numeric(
  'a whole number of 0 or more',
  value => Number.isSafeInteger(value) && value >= 0,
)

export const text: Decoder<string> = value => (value === '' ? E.left('a value') : E.right(value))

/** One of some words; several words may mean the same. */
export const oneOf =
  <A>(words: Readonly<Record<string, A>>): Decoder<A> =>
  given => {
    const found = Object.entries(words).find(([word]) => word === given)
    return found === undefined ? E.left(Object.keys(words).join(' | ')) : E.right(found[1])
  }

/** A comma-separated list. */
export const commaList =
  <A>(item: Decoder<A>, expected: string, fits: (items: readonly A[]) => boolean): Decoder<readonly A[]> =>
  given =>
    pipe(
      given.split(',').map(part => item(part.trim())),
      E.sequenceArray,
      E.filterOrElse(fits, () => expected),
      E.mapLeft(() => expected),
    )

/** What stands on the command line without a flag: one or more of something. */
export const positionals =
  (name: string, example: string) =>
  ({ _ = [] }: Argv): Decoded<readonly string[]> => {
    const given = (_ as readonly unknown[]).map(String)
    return given.length > 0 ? E.right(given) : wrong(`${name} is missing`, `give ${example}`)
  }

/** Decodes all flags, and gathers what is wrong with any of them. */
export const decodeAll = Ap.sequenceS(E.getApplicativeValidation(NEA.getSemigroup<UsageError>()))

/** One error for the person at the prompt: a message and a remedy for each mistake. */
export const oneError = (errors: NEA.NonEmptyArray<UsageError>): UsageError =>
  errors.length === 1
    ? errors[0]
    : usageError(
        errors.map(({ message }) => message).join('\n'),
        errors.map(({ remedy }) => remedy).join('\n'),
      )

/** The remedy for a name that nothing has: the nearest one, if it is near. */
export const nearest = (names: readonly string[], stranger: string, dashes: string): string | undefined => {
  const distance = (name: string): number => leven(name, stranger)
  const [best] = [...names].sort((a, b) => distance(a) - distance(b))
  return best !== undefined && distance(best) <= Math.max(2, stranger.length / 2)
    ? `did you mean ${dashes}${best}?`
    : undefined
}

/** All names that the flags of a command have. */
export const namesOf = (options: Readonly<Record<string, Options>>): readonly string[] =>
  Object.entries(options).flatMap(([name, { alias }]) => [name, ...[alias ?? []].flat()])

/** Refuses what no flag of the command means, and names the nearest flag that there is. */
export const checkKnown =
  (options: Readonly<Record<string, Options>>, takesWords = false) =>
  (argv: Argv): E.Either<UsageError, Argv> => {
    const names = namesOf(options)
    const stranger = Object.keys(argv).find(name => !['_', '$0', 'help', 'version', ...names].includes(name))
    const [extra] = argv._ as readonly string[]
    if (extra !== undefined && !takesWords)
      return E.left(usageError(`${extra}: not understood`, 'every value follows a flag, such as --cost xent'))
    if (stranger === undefined) return E.right(argv)
    const near = nearest(names, stranger, '--')
    return E.left(
      usageError(
        `--${stranger}: there is no such flag`,
        near === undefined ? '--help lists all flags' : `${near} --help lists all`,
      ),
    )
  }

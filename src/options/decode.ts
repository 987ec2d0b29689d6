/**
 * Decoders: from the text of a setting to its value, strictly. A mistake is an error that says what was expected, never a
 * silent 0, NaN or list.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'

/** From a text to its value, or to what it should have been, such as "a number above 0". */
export type Decoder<A> = (text: string) => E.Either<string, A>

// a digit can be matched in one way only: otherwise a long text would take a time that grows with its square
const DECIMAL = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i

const numeric =
  (expected: string, fits: (value: number) => boolean): Decoder<number> =>
  text => {
    const value = DECIMAL.test(text) ? Number(text) : NaN
    return Number.isFinite(value) && fits(value) ? E.right(value) : E.left(expected)
  }

/** What a number should be. */
export const numbers = {
  positive: 'a number above 0',
  nonNegative: 'a number of 0 or more',
  belowOne: 'a number from 0 to below 1',
  count: 'a whole number of 1 or more',
  countOrZero: 'a whole number of 0 or more',
  upTo: (most: number) => `a number from 0 to ${most}`,
  positiveUpTo: (most: number) => `a number above 0, up to ${most}`,
  countUpTo: (most: number) => `a whole number of 1 to ${most}`,
} as const

export const positive = numeric(numbers.positive, value => value > 0)
export const nonNegative = numeric(numbers.nonNegative, value => value >= 0)
/** A number from 0 to this one. */
export const upTo = (most: number): Decoder<number> =>
  numeric(numbers.upTo(most), value => value >= 0 && value <= most)
export const positiveUpTo = (most: number): Decoder<number> =>
  numeric(numbers.positiveUpTo(most), value => value > 0 && value <= most)
export const belowOne = numeric(numbers.belowOne, value => value >= 0 && value < 1)

const wholeNumber = (expected: string, least: number, most = Number.MAX_SAFE_INTEGER): Decoder<number> =>
  numeric(expected, value => Number.isSafeInteger(value) && value >= least && value <= most)

export const count = wholeNumber(numbers.count, 1)
export const countOrZero = wholeNumber(numbers.countOrZero, 0)

export const countUpTo = (most: number): Decoder<number> => wholeNumber(numbers.countUpTo(most), 1, most)

/** 0, or a count up to this one. */
export const countOrZeroUpTo = (most: number): Decoder<number> =>
  wholeNumber(`a whole number of 0 to ${most}`, 0, most)

export const anyText: Decoder<string> = value => (value === '' ? E.left('a value') : E.right(value))

/** One of these words; several words may have one value. */
export const oneOf =
  <A>(words: Readonly<Record<string, A>>): Decoder<A> =>
  given => {
    const found = Object.entries(words).find(([word]) => word === given)
    return found === undefined ? E.left(Object.keys(words).join(' | ')) : E.right(found[1])
  }

/** One of these words, which is its own value. */
export const oneWordOf = <A extends string>(words: readonly A[]): Decoder<A> =>
  oneOf(Object.fromEntries(words.map(word => [word, word])) as Readonly<Record<string, A>>)

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

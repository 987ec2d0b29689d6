/**
 * The search space: from which values of which flags a configuration is drawn. One space and one sampler serve both
 * arms, so that neither is tuned harder than the other.
 *
 * As JSON, and in `--space FILE`, a space is an object from flags to ranges or lists:
 *
 * ```
 * { "eta": { "from": 0.01, "to": 30 }, "lmbda": { "zero": 0.5, "from": 0.1, "to": 10 }, "init": ["default", "large"] }
 * ```
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { dataError, type DataError } from '../errors.ts'
import { parseJson, shortValue } from '../io/json.ts'
import { fold, generator, type Key } from '../core/rng.ts'
import { flagOf, type Dimension, type LogRange, type OptionTable } from '../options/option.ts'
import { trainingOptions } from '../options/train-options.ts'

/** Train flags and the text of each: `{ cost: 'xent', eta: '0.5' }`. */
export type FlagTexts = Readonly<Record<string, string>>

export type Space = Readonly<Record<string, Dimension>>

const searched: readonly (readonly [string, Dimension | true])[] = Object.entries(
  trainingOptions as OptionTable,
).flatMap(([name, { searched }]) => (searched === undefined ? [] : [[flagOf(name), searched] as const]))

/** The flags that a space may search. */
export const searchableFlags = searched.map(([flag]) => flag)

/** The flags that are searched if no space is given, each in its default range. */
export const defaultSpace: Space = Object.fromEntries(
  searched.filter((entry): entry is readonly [string, Dimension] => entry[1] !== true),
)

/**
 * Draws a configuration. Each flag has its own random stream, by its alphabetical position in the space: a flag that an
 * arm fixes replaces the drawn value, and does not change the other flags.
 */
export const sample = (space: Space, of: Key): FlagTexts =>
  Object.fromEntries(
    Object.entries(space)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([flag, dimension], i) => [flag, String(draw(dimension, fold(of, i)))]),
  )

/** Whether a configuration that is drawn from a space can have this value of a flag. */
export const canDraw = (space: Space, flag: string, text: string): boolean => {
  const dimension = space[flag]
  if (dimension === undefined) return false
  if (!isRange(dimension)) return dimension.map(String).includes(text)
  const { from, to, zero = 0 } = dimension
  const value = Number(text)
  return (value === 0 && zero > 0) || (value >= from && value <= to)
}

/** The space as text, one line per flag. */
export const describeSpace = (space: Space): readonly string[] =>
  Object.entries(space).map(([flag, dimension]) => `${flag}: ${describe(dimension)}`)

/**
 * Reads the text of a `--space` file.
 *
 * @param name the path of the file, as the user gave it
 * @param flags the flags that may be searched
 */
export const decodeSpace = (
  name: string,
  text: string,
  flags: readonly string[],
): E.Either<DataError, Space> =>
  pipe(
    parseJson(text),
    E.mapLeft((error): readonly string[] => [error]),
    E.flatMap(spaceOf(flags)),
    E.mapLeft(wrong =>
      dataError(
        `${name} is not a search space: ${wrong.join('; ')}`,
        'write it like this: { "eta": { "from": 0.01, "to": 30 }, "lmbda": { "zero": 0.5, "from": 0.1, "to": 10 }, ' +
          '"init": ["default", "large"] }',
      ),
    ),
  )

/** A search space in JSON, or what is wrong with it. */
export const spaceOf =
  (flags: readonly string[]) =>
  (json: unknown): E.Either<readonly string[], Space> => {
    if (!t.UnknownRecord.is(json)) return E.left([`it is ${shortValue(json)}, expected an object`])
    const wrong = Object.entries(json).flatMap(([flag, value]) => complaints(flag, value, flags))
    return wrong.length > 0 ? E.left(wrong) : E.right(json as Space)
  }

const draw = (dimension: Dimension, of: Key): string | number => {
  const random = generator(of)
  if (!isRange(dimension)) return dimension[uniformInt(random, 0, dimension.length - 1)]!
  const { from, to, zero = 0 } = dimension
  if (uniformFloat64(random) < zero) return 0
  const value = Math.exp(Math.log(from) + uniformFloat64(random) * Math.log(to / from))
  // four digits are enough for a search, and hide that the last bits of logarithms differ between machines
  return Math.min(to, Math.max(from, Number(value.toPrecision(4))))
}

const describe = (dimension: Dimension): string => {
  if (!isRange(dimension)) return dimension.join(' | ')
  const { from, to, zero = 0 } = dimension
  const range = `log-uniform from ${from} to ${to}`
  return zero === 0 ? range : `0 with probability ${zero}, otherwise ${range}`
}

const isRange = (dimension: Dimension): dimension is LogRange => !Array.isArray(dimension)

const List = t.array(t.union([t.string, t.number]))
const RangeFile = t.intersection([t.type({ from: t.number, to: t.number }), t.partial({ zero: t.number })])

const complaints = (flag: string, value: unknown, flags: readonly string[]): readonly string[] => {
  if (!flags.includes(flag)) return [`${flag} cannot be searched, expected one of ${flags.join(', ')}`]
  if (List.is(value)) return value.length > 0 ? [] : [`${flag} is an empty list`]
  if (!RangeFile.is(value))
    return [`${flag} is ${shortValue(value)}, expected { "from": …, "to": … } or a list of values`]
  const { from, to, zero = 0 } = value
  const stranger = Object.keys(value).find(key => !['from', 'to', 'zero'].includes(key))
  return [
    ...(stranger === undefined
      ? []
      : [`${flag} has the key ${shortValue(stranger)}, expected only from, to and zero`]),
    ...(from > 0 && from <= to && to < Infinity
      ? []
      : [`${flag} is from ${from} to ${to}, expected 0 < from <= to`]),
    ...(zero >= 0 && zero <= 1 ? [] : [`${flag}: the probability of zero is ${zero}, expected 0 to 1`]),
  ]
}

/**
 * The search space: from which values of which flags a configuration is drawn. One space and one sampler serve both
 * arms, so that neither is tuned harder than the other.
 *
 * As JSON, and in `--space FILE`, a space is an object from flags to ranges or lists:
 *
 * ```
 * { "eta": { "from": 0.01, "to": 30 }, "lmbda": { "zero": 0.5, "from": 0.1, "to": 10 }, "init": ["default", "large"] }
 * ```
 *
 * A range of a flag that takes whole numbers is a range of whole numbers.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { dataError, type DataError } from '../errors.ts'
import { parseJson, shortValue } from '../io/json.ts'
import { fold, generator, type Key } from '../core/rng.ts'
import type { Expansion } from '../data/expansion.ts'
import { expansions } from '../data/expansions/index.ts'
import { flagOf, SOURCES, type Dimension, type LogRange, type OptionTable } from '../options/option.ts'
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
      .map(([flag, dimension], i) => [flag, String(draw(flag, dimension, fold(of, i)))]),
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
  Object.entries(space).map(([flag, dimension]) => `${flag}: ${describe(flag, dimension)}`)

/**
 * Reads the text of a `--space` file.
 *
 * @param name the path of the file, as the user gave it
 */
export const decodeSpace = (name: string, text: string): E.Either<DataError, Space> =>
  pipe(
    parseJson(text),
    E.mapLeft((error): readonly string[] => [error]),
    E.flatMap(spaceOf),
    E.mapLeft(wrong =>
      dataError(
        `${name} is not a search space: ${wrong.join('; ')}`,
        'write it like this: { "eta": { "from": 0.01, "to": 30 }, "lmbda": { "zero": 0.5, "from": 0.1, "to": 10 }, ' +
          '"init": ["default", "large"] }',
      ),
    ),
  )

/** A search space in JSON, or what is wrong with it. */
export const spaceOf = (json: unknown): E.Either<readonly string[], Space> => {
  if (!t.UnknownRecord.is(json)) return E.left([`it is ${shortValue(json)}, expected an object`])
  const wrong = Object.entries(json).flatMap(([flag, value]) => complaints(flag, value))
  return wrong.length > 0 ? E.left(wrong) : E.right(json as Space)
}

/**
 * What is wrong with an expansion's parameter that can be drawn without it; undefined if nothing is. A training with such a
 * configuration is refused, which would end a search in the middle.
 *
 * @param fixed the flags that an arm fixes, which replace the drawn ones
 */
export const strayParameter = (space: Space, fixed: FlagTexts): string | undefined => {
  const drawn: Space = {
    ...space,
    ...Object.fromEntries(Object.entries(fixed).map(([flag, text]) => [flag, [text]])),
  }
  const { expand = ['none'] } = drawn
  const names = isRange(expand) ? [] : expand.map(String)
  // where the arm fixes both, the check of the arms reports it
  return Object.keys(fixed.expand === undefined && 'expand' in space ? drawn : space)
    .filter(flag => flag.startsWith('expand-'))
    .flatMap(flag =>
      names
        .filter(name => !takes(name, flag, fixed))
        .map(name => `${flag} can be drawn with expand ${name}, which does not take it`),
    )[0]
}

/** Whether a training with this expansion takes a flag of the expansions. */
const takes = (name: string, flag: string, fixed: FlagTexts): boolean => {
  const expansion: Expansion | undefined = Object.values<Expansion>(expansions).find(
    each => each.name === name,
  )
  if (flag === 'expand-each-epoch' && fixed[flag] === 'false') return true
  if (expansion === undefined) return false
  if (flag === 'expand-each-epoch') return expansion.fixedCopies === undefined
  return flag === 'expand-copies'
    ? expansion.fixedCopies === undefined && fixed['expand-each-epoch'] !== 'true'
    : Object.keys(expansion.parameters).includes(flag.slice('expand-'.length))
}

const draw = (flag: string, dimension: Dimension, of: Key): string | number => {
  const random = generator(of)
  if (!isRange(dimension)) return dimension[uniformInt(random, 0, dimension.length - 1)]!
  const { from, to, zero = 0 } = dimension
  if (uniformFloat64(random) < zero) return 0
  const isWhole = takesWholeNumbers(flag)
  // a whole number stands for the numbers up to the next one
  const end = isWhole ? to + 1 : to
  const value = Math.exp(Math.log(from) + uniformFloat64(random) * Math.log(end / from))
  // four digits are enough for a search, and hide that the last bits of logarithms differ between machines
  const rounded = Number(value.toPrecision(4))
  return Math.min(to, Math.max(from, isWhole ? Math.floor(rounded) : rounded))
}

const describe = (flag: string, dimension: Dimension): string => {
  if (!isRange(dimension)) return dimension.join(' | ')
  const { from, to, zero = 0 } = dimension
  const range = `${takesWholeNumbers(flag) ? 'whole numbers, ' : ''}log-uniform from ${from} to ${to}`
  return zero === 0 ? range : `0 with probability ${zero}, otherwise ${range}`
}

const isRange = (dimension: Dimension): dimension is LogRange => !Array.isArray(dimension)

const List = t.array(t.union([t.string, t.number]))
const RangeFile = t.intersection([t.type({ from: t.number, to: t.number }), t.partial({ zero: t.number })])

/** What is wrong with a value of a flag, such as `eta abc: not a number above 0`; undefined if nothing is. */
const refusal = (flag: string, value: string | number): string | undefined => {
  const found = Object.entries(trainingOptions as OptionTable).find(([name]) => flagOf(name) === flag)
  const decoded = found?.[1].decode(flag, { [flag]: String(value), [SOURCES]: { [flag]: flag } })
  return decoded === undefined || E.isRight(decoded) ? undefined : decoded.left.message
}

const wholeNumberFlags = new Set(
  searchableFlags.filter(flag => refusal(flag, 1) === undefined && refusal(flag, 1.5) !== undefined),
)

const takesWholeNumbers = (flag: string): boolean => wholeNumberFlags.has(flag)

const complaints = (flag: string, value: unknown): readonly string[] => {
  if (!searchableFlags.includes(flag))
    return [`${flag} cannot be searched, expected one of ${searchableFlags.join(', ')}`]
  if (List.is(value))
    return value.length > 0 ? value.flatMap(each => refusal(flag, each) ?? []) : [`${flag} is an empty list`]
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
    ...[...new Set([from, to, ...(zero > 0 ? [0] : [])])].flatMap(end => refusal(flag, end) ?? []),
  ]
}

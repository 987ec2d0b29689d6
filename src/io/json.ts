/**
 * JSON that keeps every number (NaN and the infinities are written as strings, where JSON would write null), and values
 * from JSON in error messages.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'

export const toJson = (value: unknown, indent?: number): string =>
  JSON.stringify(
    value,
    (_key, inner: unknown) =>
      typeof inner === 'number' && !Number.isFinite(inner)
        ? String(inner)
        : Object.is(inner, -0)
          ? '-0'
          : inner,
    indent,
  )

const words = ['NaN', 'Infinity', '-Infinity', '-0']

/** A number as `toJson` writes it. */
export const Real = new t.Type<number, number, unknown>(
  'number',
  (value): value is number => typeof value === 'number',
  (value, context) =>
    typeof value === 'number'
      ? t.success(value)
      : typeof value === 'string' && words.includes(value)
        ? t.success(Number(value))
        : t.failure(value, context),
  value => value,
)

/** A NaN or an infinity as Python and others write it, where JSON has a value: it is not JSON. */
export const nonFiniteWord = (text: string): string | undefined =>
  /[[,:]\s*(-?(?:NaN|Infinity))\b/.exec(text)?.[1]

/** The value of a JSON text, or why it has none, on one line. */
export const parseJson = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    () => JSON.parse(text) as unknown,
    error => {
      const word = nonFiniteWord(text)
      return word === undefined
        ? `it is not JSON (${(error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ')})`
        : `it holds ${word}, which JSON does not have`
    },
  )

/** A value in an error message: short, and without recursion, since a hostile file may nest values without end. */
export const shortValue = (value: unknown): string => {
  if (value === undefined) return 'missing'
  if (Array.isArray(value) && value.some(item => typeof item === 'object'))
    return `an array of ${value.length}`
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return 'an object'
  // JSON.parse gives Infinity for 1e400, and JSON.stringify would write null for it
  const text = typeof value === 'number' ? String(value) : JSON.stringify(value)
  return text.length > 40 ? `${text.slice(0, 40)}…` : text
}

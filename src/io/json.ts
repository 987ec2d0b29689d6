/**
 * JSON that keeps every number: NaN and the infinities, which JSON does not have, become words rather than null.
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

/** The value of a text, or why it has none. */
export const parseJson = (text: string): E.Either<string, unknown> =>
  E.tryCatch(
    () => JSON.parse(text) as unknown,
    error => `it is not JSON (${error instanceof Error ? error.message : String(error)})`,
  )

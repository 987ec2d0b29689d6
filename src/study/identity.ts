/**
 * Ids of values: equal values have the same id, in any process.
 */
import { createHash } from 'node:crypto'

/** A JSON value. Properties that are undefined count as missing. */
export type JsonValue =
  string | number | boolean | null | undefined | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** The first 64 bits of the SHA-256 of the value's JSON with sorted keys, as 16 hexadecimal digits. */
export const identify = (value: JsonValue): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16)

/** Values are not changed: so the text of one that many others contain, such as the flags of a training, is kept. */
const texts = new WeakMap<object, string>()

const canonical = (value: JsonValue): string => {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value ?? null)
  const known = texts.get(value)
  if (known !== undefined) return known
  const text = isList(value)
    ? `[${value.map(canonical).join(',')}]`
    : `{${Object.entries(value)
        .filter(([, inner]) => inner !== undefined)
        .sort(byKey)
        .map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`)
        .join(',')}}`
  texts.set(value, text)
  return text
}

const isList = (value: object): value is readonly JsonValue[] => Array.isArray(value)

/** As an object of JavaScript has its keys once they are sorted: whole numbers come first. */
const byKey = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number => {
  const [first, second] = [isIndex(a), isIndex(b)]
  if (first && second) return Number(a) - Number(b)
  return first !== second ? (first ? -1 : 1) : a < b ? -1 : 1
}

const NINE = 57

const isIndex = (key: string): boolean =>
  key.charCodeAt(0) <= NINE && /^(0|[1-9]\d{0,9})$/.test(key) && Number(key) < 2 ** 32 - 1

/**
 * Ids of values: equal values have the same id, in any process.
 */
import { hash } from 'node:crypto'

/** A JSON value. Properties that are undefined count as missing. */
export type JsonValue =
  string | number | boolean | null | undefined | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** The first 64 bits of the SHA-256 of the value's JSON with sorted keys, as 16 hexadecimal digits. */
export const identify = (value: JsonValue): string =>
  hash('sha256', JSON.stringify(sorted(value ?? null)), 'hex').slice(0, 16)

/** The value with its keys in order; JavaScript puts those that are whole numbers first. */
const sorted = (value: JsonValue): JsonValue => {
  if (typeof value !== 'object' || value === null) return value
  if (isList(value)) return value.map(sorted)
  const keys = Object.keys(value).sort()
  // an assignment to this key would set the prototype
  if (keys.includes('__proto__')) return Object.fromEntries(keys.map(key => [key, sorted(value[key])]))
  // a study has 100,000 trials: this is twice as fast as fromEntries
  const result: Record<string, JsonValue> = {}
  for (const key of keys) result[key] = sorted(value[key])
  return result
}

const isList = (value: object): value is readonly JsonValue[] => Array.isArray(value)

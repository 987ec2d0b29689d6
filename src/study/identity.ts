/**
 * Names for values: equal values have one name, in any process and at any time.
 */
import { createHash } from 'node:crypto'

/** A value of JSON. What is undefined is as if it were not there. */
export type JsonValue =
  string | number | boolean | null | undefined | readonly JsonValue[] | { readonly [key: string]: JsonValue }

/** The first 64 bits of the SHA-256 of the value's JSON with sorted keys, as 16 hexadecimal digits. */
export const identify = (value: JsonValue): string =>
  createHash('sha256').update(canonical(value)).digest('hex').slice(0, 16)

const canonical = (value: JsonValue): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )

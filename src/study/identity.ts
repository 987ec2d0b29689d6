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

const canonical = (value: JsonValue): string =>
  JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  )

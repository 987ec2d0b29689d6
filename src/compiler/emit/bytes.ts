/**
 * The bytes of which instructions consist: numbers in LEB128, and the types of values.
 */

/** Bytes as a tree, which is flattened once at the end: code is put together without copying it each time. */
export type Code = readonly (number | Code)[] | Uint8Array

export type Kind = 'i32' | 'f32' | 'v128'

/** An unsigned number in LEB128. */
export const unsignedLeb128 = (value: number): Code => {
  const bytes: number[] = []
  let rest = value >>> 0
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest !== 0)
  return bytes
}

/** A signed number of 32 bits in LEB128. */
export const signedLeb128 = (value: number): Code => {
  const bytes: number[] = []
  let rest = value | 0
  for (;;) {
    const byte = rest & 0x7f
    rest >>= 7
    if ((rest === 0 && (byte & 0x40) === 0) || (rest === -1 && (byte & 0x40) !== 0)) return [...bytes, byte]
    bytes.push(byte | 0x80)
  }
}

/** The four bytes of a float32. */
export const float32Bytes = (value: number): Code => [...new Uint8Array(Float32Array.of(value).buffer)]

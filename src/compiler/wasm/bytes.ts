/**
 * Bytes, put together as a tree, and numbers as WebAssembly writes them.
 */

/** Bytes as a tree, which is flattened once at the end: code is put together without copying it each time. */
export type Bytes = readonly (number | Bytes)[] | Uint8Array

/** The bytes of a tree, in their order. */
export const flat = (tree: Bytes): Uint8Array<ArrayBuffer> => {
  let bytes = new Uint8Array(1024)
  let at = 0
  const reserve = (count: number): void => {
    if (at + count <= bytes.length) return
    const larger = new Uint8Array(2 * (at + count))
    larger.set(bytes)
    bytes = larger
  }
  const write = (part: Bytes): void => {
    if (part instanceof Uint8Array) {
      reserve(part.length)
      bytes.set(part, at)
      at += part.length
      return
    }
    for (const item of part)
      if (typeof item === 'number') {
        if (at === bytes.length) reserve(1)
        bytes[at++] = item
      } else write(item)
  }
  write(tree)
  return bytes.slice(0, at)
}

/** An unsigned number in LEB128. */
export const unsignedLeb128 = (value: number): Bytes => {
  const bytes: number[] = []
  let rest = value >>> 0
  do {
    bytes.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0))
    rest >>>= 7
  } while (rest !== 0)
  return bytes
}

/** A signed number of 32 bits in LEB128. */
export const signedLeb128 = (value: number): Bytes => {
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
export const float32Bytes = (value: number): Bytes => [...new Uint8Array(Float32Array.of(value).buffer)]

/** The four bytes of an integer. */
export const int32Bytes = (value: number): Bytes => [...new Uint8Array(Int32Array.of(value).buffer)]

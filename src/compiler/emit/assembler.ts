/**
 * The bytes of a WebAssembly module: numbers in LEB128, sections, functions over one imported memory.
 */

/** Bytes, in a tree that is laid flat at the end: code is put together without copying it each time. */
export type Code = readonly (number | Code)[] | Uint8Array

export type Kind = 'i32' | 'f32' | 'v128'

/** A function without a result: what it makes stands in memory. */
export type Func = {
  readonly params: readonly Kind[]
  readonly locals: readonly Kind[]
  readonly body: Code
  /** The name by which it is called from outside; none when it is only called from inside. */
  readonly name?: string
}

const KIND: Readonly<Record<Kind, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b }

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

/** The bytes of a tree, in their order. */
const flat = (code: Code): Uint8Array<ArrayBuffer> => {
  let bytes = new Uint8Array(1024)
  let at = 0
  const reserve = (count: number): void => {
    if (at + count <= bytes.length) return
    const larger = new Uint8Array(2 * (at + count))
    larger.set(bytes)
    bytes = larger
  }
  const write = (tree: Code): void => {
    if (tree instanceof Uint8Array) {
      reserve(tree.length)
      bytes.set(tree, at)
      at += tree.length
      return
    }
    for (const part of tree)
      if (typeof part === 'number') {
        if (at === bytes.length) reserve(1)
        bytes[at++] = part
      } else write(part)
  }
  write(code)
  return bytes.slice(0, at)
}

const sized = (code: Code): Code => {
  const bytes = flat(code)
  return [unsignedLeb128(bytes.length), bytes]
}
const vector = (items: readonly Code[]): Code => [unsignedLeb128(items.length), items]
const text = (value: string): Code => sized([...new TextEncoder().encode(value)])
const section = (id: number, items: readonly Code[]): Code => [id, sized(vector(items))]

const END = 0x0b

/**
 * A module of these functions, which know each other by their index. The memory is imported as `host.memory`.
 *
 * @param pages the least size of the memory, in units of 64 KiB
 */
export const assemble = (functions: readonly Func[], pages: number): Uint8Array<ArrayBuffer> =>
  flat([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(
      1,
      functions.map(({ params }) => [0x60, vector(params.map(kind => [KIND[kind]])), vector([])]),
    ),
    section(2, [[text('host'), text('memory'), 0x02, 0x00, unsignedLeb128(pages)]]),
    section(
      3,
      functions.map((_, i) => unsignedLeb128(i)),
    ),
    section(
      7,
      functions.flatMap(({ name }, i) => (name === undefined ? [] : [[text(name), 0x00, unsignedLeb128(i)]])),
    ),
    section(
      10,
      functions.map(({ locals, body }) =>
        sized([vector(locals.map(kind => [unsignedLeb128(1), KIND[kind]])), body, END]),
      ),
    ),
  ])

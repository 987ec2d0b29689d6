/**
 * The bytes of a WebAssembly module: its sections, and functions over one imported memory.
 */
import { unsignedLeb128, type Code, type Kind } from '../emit/bytes.ts'

/** A function without a result: it writes its results to memory. */
export type Func = {
  readonly params: readonly Kind[]
  readonly locals: readonly Kind[]
  readonly body: Code
  /** The name of an exported function; functions of the module call each other by index. */
  readonly name?: string
}

const KIND: Readonly<Record<Kind, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b }

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
 * A module of these functions. The memory is imported as `host.memory`.
 *
 * @param pages the minimum size of the memory, in units of 64 KiB
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

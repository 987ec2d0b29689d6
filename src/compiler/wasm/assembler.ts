/**
 * The bytes of a WebAssembly module: its sections, and functions over one imported memory.
 */
import type { Kind } from '../emit/code.ts'
import type { Func } from '../emit/module.ts'
import { barrierFunction } from './barrier.ts'
import { flat, unsignedLeb128, type Bytes } from './bytes.ts'
import { codeBytes } from './instructions.ts'
import { PAGES } from './webassembly.ts'

const KIND: Readonly<Record<Kind, number>> = { i32: 0x7f, f32: 0x7d, v128: 0x7b }

const sized = (code: Bytes): Bytes => {
  const bytes = flat(code)
  return [unsignedLeb128(bytes.length), bytes]
}
const vector = (items: readonly Bytes[]): Bytes => [unsignedLeb128(items.length), items]
const text = (value: string): Bytes => sized([...new TextEncoder().encode(value)])
const section = (id: number, items: readonly Bytes[]): Bytes => [id, sized(vector(items))]

const END = 0x0b

/** The limits of a memory of at least one page; that of several threads is shared. */
const limits = (threads: number): Bytes => (threads === 1 ? [0x00, 1] : [0x03, 1, unsignedLeb128(PAGES)])

/**
 * A module of these functions. The memory is imported as `host.memory`.
 *
 * @param threads how many threads share the memory; several also have a function in which they wait for each other
 */
export const assemble = (own: readonly Func[], threads: number): Uint8Array<ArrayBuffer> => {
  const functions = threads === 1 ? own : [...own, barrierFunction(threads)]
  return flat([
    [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
    section(
      1,
      functions.map(({ params }) => [0x60, vector(params.map(kind => [KIND[kind]])), vector([])]),
    ),
    section(2, [[text('host'), text('memory'), 0x02, limits(threads)]]),
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
        sized([
          vector(locals.map(kind => [unsignedLeb128(1), KIND[kind]])),
          codeBytes(body, own.length),
          END,
        ]),
      ),
    ),
  ])
}

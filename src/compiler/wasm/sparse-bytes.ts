/**
 * Rows of bytes as the entries of a sparse gather source. Most pixels are zero: 16 of them are looked at together.
 */
import { byteValues, type ScaledBytes } from '../../core/byte-tensor.ts'
import {
  i32,
  i32x4,
  i8x16,
  if_,
  local,
  locals,
  param,
  repeatWhile,
  v128,
  type I32,
  type Local,
  type Locals,
  type Code,
} from '../emit/code.ts'
import { ENTRY, GROUP } from '../emit/sparse.ts'
import { assemble } from './assembler.ts'
import type { Memory } from './memory.ts'
import { WASM_VECTORS } from './instructions.ts'
import { webAssembly } from './webassembly.ts'

/** Bytes that are copied to the memory at once. */
const CHUNK = 2 ** 18

/** The parameters of the two functions: rows of bytes, and where the function writes, 4 bytes for each row. */
type RowLoop = {
  readonly from: Local<'i32'>
  readonly columns: I32
  readonly to: Local<'i32'>
  /** The address of the number of each byte, [256]. */
  readonly values: I32
}

/** Runs `body` for each vector of a row: it is given a mask of the bytes that are not zero, and the column of the first. */
const eachVector = (
  fn: Locals,
  { from, columns }: RowLoop,
  body: (mask: Local<'i32'>, column: I32) => Code,
): Code => {
  const [column, mask, rest] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  const zeros = i32x4.const(0)
  return [
    column.set(i32.const(0)),
    repeatWhile(
      [
        mask.set(i8x16.bitmask(i8x16.ne(v128.load(i32.add(from, column)), zeros))),
        rest.set(i32.sub(columns, column)),
        // the last vector goes beyond the row
        if_(
          i32.ltU(rest, i32.const(WASM_VECTORS.lanes * 4)),
          mask.set(i32.and(mask, i32.sub(i32.shl(i32.const(1), rest), i32.const(1)))),
        ),
        body(mask, column),
        column.set(i32.add(column, i32.const(WASM_VECTORS.lanes * 4))),
      ],
      i32.ltU(column, columns),
    ),
  ]
}

/** Counts the bytes of each row that are not zero. */
const countRow = (fn: Locals, loop: RowLoop): Code => {
  const count = local(fn, 'i32')
  return [
    count.set(i32.const(0)),
    eachVector(fn, loop, mask => count.set(i32.add(count, i32.popcnt(mask)))),
    i32.store(loop.to, count),
  ]
}

/** Writes the entries of a row from the address in `to` on, and the address after them behind it. */
const packRow = (fn: Locals, loop: RowLoop): Code => {
  const { from, to, values } = loop
  const [start, at, column] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  const entry = (column: I32, number: I32): Code => [
    i32.store(at, column),
    i32.store(at, number, 4),
    at.set(i32.add(at, i32.const(ENTRY))),
  ]
  const isPartOfGroup = i32.and(i32.sub(at, start), i32.const(GROUP * ENTRY - 1))
  return [
    start.set(i32.load(to)),
    at.set(start),
    eachVector(fn, loop, (mask, first) =>
      if_(
        mask,
        repeatWhile(
          [
            column.set(i32.add(first, i32.ctz(mask))),
            entry(
              column,
              i32.load(i32.add(values, i32.shl(i32.load8U(i32.add(from, column)), i32.const(2)))),
            ),
            mask.set(i32.and(mask, i32.sub(mask, i32.const(1)))),
          ],
          mask,
        ),
      ),
    ),
    if_(isPartOfGroup, repeatWhile(entry(i32.const(0), i32.const(0)), isPartOfGroup)),
    i32.store(to, at, 4),
  ]
}

type RowFunction = (from: number, end: number, columns: number, to: number, values: number) => void

/** A function that runs over the rows from an address to another one, at least one. */
const compileLoop = ({ memory, threads }: Memory, row: (fn: Locals, loop: RowLoop) => Code): RowFunction => {
  const fn = locals(WASM_VECTORS, 5)
  const [from, end, columns, to, values] = [0, 1, 2, 3, 4].map(index => param(index, 'i32')) as [
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
    Local<'i32'>,
  ]
  const body = repeatWhile(
    [
      row(fn, { from, columns, to, values }),
      from.set(i32.add(from, columns)),
      to.set(i32.add(to, i32.const(4))),
    ],
    i32.ltU(from, end),
  )
  const { Instance, Module } = webAssembly()
  const module = new Module(
    assemble([{ params: ['i32', 'i32', 'i32', 'i32', 'i32'], locals: fn.kinds, body, name: 'run' }], threads),
  )
  return new Instance(module, { host: { memory } }).exports.run
}

/** Rows of bytes in a memory. */
export type SparseBytes = {
  /** How many bytes of each row are not zero. */
  readonly count: (source: ScaledBytes, rows: number, columns: number) => Int32Array
  /**
   * Writes the entries of all rows, from the address that the first word of `index` has, and the address after each row
   * to the next word.
   *
   * @param index the address of rows + 1 words
   */
  readonly pack: (source: ScaledBytes, rows: number, columns: number, index: number) => void
}

export const sparseBytes = (memory: Memory): SparseBytes => {
  const [count, pack] = [compileLoop(memory, countRow), compileLoop(memory, packRow)]
  /** Calls a function for chunks of the rows, which are copied to the memory. */
  const eachChunk = (
    run: RowFunction,
    { bytes, divisor }: ScaledBytes,
    rows: number,
    columns: number,
    to: number,
  ): void => {
    const atOnce = Math.max(1, Math.floor(CHUNK / columns))
    const values = byteValues(divisor)
    const region = memory.allocate(values.byteLength + atOnce * columns + WASM_VECTORS.lanes * 4)
    const from = region.address + values.byteLength
    memory.floats().set(values, region.address / 4)
    const target = new Uint8Array(memory.memory.buffer)
    try {
      for (let row = 0; row < rows; row += atOnce) {
        const chunk = bytes.subarray(row * columns, Math.min(rows, row + atOnce) * columns)
        target.set(chunk, from)
        run(from, from + chunk.length, columns, to + row * 4, region.address)
      }
    } finally {
      memory.release(region)
    }
  }
  return {
    count: (source, rows, columns) => {
      const region = memory.allocate(rows * 4)
      try {
        eachChunk(count, source, rows, columns, region.address)
        return memory.ints().slice(region.address / 4, region.address / 4 + rows)
      } finally {
        memory.release(region)
      }
    },
    pack: (source, rows, columns, index) => eachChunk(pack, source, rows, columns, index),
  }
}

/**
 * Tables: the data sets, of which every step takes some rows. They are brought into memory once, in the form that
 * makes those rows cheapest, and stay there as long as the tensor lives.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Values } from '../program.ts'
import { bytesOf, paddedLayout, writePadded } from '../emit/layout.ts'
import { TooLarge, type Memory, type Region } from './memory.ts'
import { ENTRY, GROUP } from '../emit/matmul.ts'

export type DataTable = {
  readonly form: 'dense' | 'sparse'
  /** What the module is given: of a dense table the address of its rows, of a sparse one that of its row starts. */
  readonly address: number
}

/** Below this share of numbers that are not zero a table is kept as a sparse one. */
export const SPARSE_BELOW = 0.6

/** Words of 32 bits in an entry. */
const WORDS = ENTRY / 4

/** Numbers as their bits: 0 and -0 have none but the sign, and a NaN stays the one that it is. */
const bitsOf = (values: Values): Int32Array => new Int32Array(values.buffer, values.byteOffset, values.length)

const isZero = (bits: number): boolean => bits << 1 === 0

/** How many entries each row has, groups filled up. */
const entriesIn = (bits: Int32Array, rows: number, columns: number): Int32Array => {
  const counts = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    let count = 0
    for (let at = row * columns; at < (row + 1) * columns; at++) count += isZero(bits[at]!) ? 0 : 1
    counts[row] = Math.ceil(count / GROUP) * GROUP
  }
  return counts
}

/**
 * Writes where each row begins (and where the last one ends), and, behind that, the rows' entries: a column and its
 * number.
 */
const writeSparse = (
  words: Int32Array,
  address: number,
  bits: Int32Array,
  counts: Int32Array,
  columns: number,
): void => {
  const [start, rows] = [address / 4, counts.length]
  let at = start + Math.ceil((rows + 1) / WORDS) * WORDS
  for (let row = 0; row < rows; row++) {
    words[start + row] = at * 4
    const end = at + counts[row]! * WORDS
    for (let column = 0; column < columns; column++) {
      const number = bits[row * columns + column]!
      if (isZero(number)) continue
      words[at] = column
      words[at + 1] = number
      at += WORDS
    }
    words.fill(0, at, end)
    at = end
  }
  words[start + rows] = at * 4
}

type Placed = DataTable & { readonly region: Region }

const placeSparse = (
  memory: Memory,
  bits: Int32Array,
  columns: number,
  counts: Int32Array,
  entries: number,
): Placed => {
  const region = memory.allocate((counts.length + WORDS) * 4 + entries * ENTRY)
  writeSparse(memory.ints(), region.address, bits, counts, columns)
  return { form: 'sparse', address: region.address, region }
}

const placeDense = (memory: Memory, tensor: Tensor, values: Values): Placed => {
  const region = memory.allocate(bytesOf(tensor))
  const view = tensor.dtype === 'float32' ? memory.floats() : memory.ints()
  writePadded(view, region.address, paddedLayout(tensor), values)
  return { form: 'dense', address: region.address, region }
}

const place = (memory: Memory, tensor: Tensor): Placed => {
  const [rows = 1, columns = 1] = tensor.shape
  const values = tensor.dataSync<'float32' | 'int32' | 'bool'>()
  if (tensor.dtype !== 'float32') return placeDense(memory, tensor, values)
  const bits = bitsOf(values)
  const counts = entriesIn(bits, rows, columns)
  const entries = counts.reduce((sum, count) => sum + count, 0)
  return entries < SPARSE_BELOW * values.length
    ? placeSparse(memory, bits, columns, counts, entries)
    : placeDense(memory, tensor, values)
}

export type DataTables = {
  /** The tables of these tensors, all of them there at once. */
  readonly of: (tensors: readonly Tensor[]) => readonly DataTable[]
}

type Kept = { readonly table: Placed; readonly data: WeakRef<object> }

/** The tables in a memory. What tensors have left behind that are no more is cleared away. */
export const newDataTables = (memory: Memory): DataTables => {
  let kept: readonly Kept[] = []
  const drop = (useless: (one: Kept) => boolean): void => {
    for (const { table } of kept.filter(useless)) memory.release(table.region)
    kept = kept.filter(one => !useless(one))
  }
  const dead = ({ data }: Kept): boolean => data.deref() === undefined
  const find = ({ dataId }: Tensor): DataTable | undefined =>
    kept.find(({ data }) => data.deref() === dataId)?.table
  const bring = (tensor: Tensor, needed: readonly Tensor[]): DataTable => {
    const known = find(tensor)
    if (known !== undefined) return known
    drop(dead)
    const placed = (): DataTable => {
      const table = place(memory, tensor)
      kept = [...kept, { table, data: new WeakRef(tensor.dataId) }]
      return table
    }
    try {
      return placed()
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error
      // make room: only what this very call needs must stay
      drop(({ data }) => !needed.some(({ dataId }) => dataId === data.deref()))
      return placed()
    }
  }
  return {
    of: tensors => tensors.map(tensor => bring(tensor, tensors)),
  }
}

/**
 * Gather sources: the data sets, of which every step gathers some rows. They are written to memory once, in the form
 * whose rows are cheapest to read, and stay there as long as the tensor lives.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import type { Values } from '../program.ts'
import { bytesOf, paddedLayout, writePadded } from '../emit/layout.ts'
import type { SourceForm } from '../emit/buffer.ts'
import { ENTRY, GROUP } from '../emit/sparse.ts'
import { TooLarge, type Memory, type Region } from './memory.ts'

export type GatherSource = {
  readonly form: SourceForm
  /** The value of the module's pointer: the address of the rows if dense, of the list of row addresses if sparse. */
  readonly address: number
}

/** A source with a smaller share of numbers that are not zero is stored as a sparse one. */
export const SPARSE_BELOW = 0.6

/** 32-bit words of an entry. */
const WORDS = ENTRY / 4

/** The bits of the numbers: copying bits keeps -0 and the payload of a NaN. */
const bitsOf = (values: Values): Int32Array => new Int32Array(values.buffer, values.byteOffset, values.length)

/** Whether the number is 0 or -0: all bits but the sign are 0. */
const isZero = (bits: number): boolean => bits << 1 === 0

/** The number of entries of each row, rounded up to whole groups. */
const entriesIn = (bits: Int32Array, rows: number, columns: number): Int32Array => {
  const counts = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    let count = 0
    for (let at = row * columns; at < (row + 1) * columns; at++) count += isZero(bits[at]!) ? 0 : 1
    counts[row] = Math.ceil(count / GROUP) * GROUP
  }
  return counts
}

/** Writes the address of each row and of the end of the last one, then the entries of the rows: a column, a number. */
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

type Placed = GatherSource & { readonly region: Region }

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

/** Finds or writes the gather sources of tensors, so that all of them are in memory at once. */
export type GatherSources = (tensors: readonly Tensor[]) => readonly GatherSource[]

type Cached = { readonly source: Placed; readonly data: WeakRef<object> }

/** The gather sources in a memory. Those of tensors that were disposed of are released when memory is needed. */
export const newGatherSources = (memory: Memory): GatherSources => {
  let cached: readonly Cached[] = []
  const drop = (unneeded: (one: Cached) => boolean): void => {
    for (const { source } of cached.filter(unneeded)) memory.release(source.region)
    cached = cached.filter(one => !unneeded(one))
  }
  const write = (tensor: Tensor): GatherSource => {
    const source = place(memory, tensor)
    cached = [...cached, { source, data: new WeakRef(tensor.dataId) }]
    return source
  }
  const sourceOf = (tensor: Tensor, needed: readonly Tensor[]): GatherSource => {
    const known = cached.find(({ data }) => data.deref() === tensor.dataId)
    if (known !== undefined) return known.source
    drop(({ data }) => data.deref() === undefined)
    try {
      return write(tensor)
    } catch (error) {
      if (!(error instanceof TooLarge)) throw error
      // make room: only the sources of this call must stay
      drop(({ data }) => !needed.some(({ dataId }) => dataId === data.deref()))
      return write(tensor)
    }
  }
  return tensors => tensors.map(tensor => sourceOf(tensor, tensors))
}

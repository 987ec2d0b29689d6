/**
 * Gather sources: the data sets, of which every step gathers some rows. They are written to memory once, in the form
 * whose rows are cheapest to read, and stay there as long as the tensor lives.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core'
import { scaledBytesOf, type ScaledBytes } from '../../core/byte-tensor.ts'
import type { Values } from '../program.ts'
import { valuesOfTensor } from './transfer.ts'
import { bytesOf, paddedLayout, writePadded } from '../emit/layout.ts'
import type { SourceForm } from '../emit/buffer.ts'
import { ENTRY, GROUP } from '../emit/sparse.ts'
import { TooLarge, type Memory, type Region } from './memory.ts'
import { sparseBytes, type SparseBytes } from './sparse-bytes.ts'

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

/** A number of entries, rounded up to whole groups. */
const wholeGroups = (entries: number): number => Math.ceil(entries / GROUP) * GROUP

/** The number of entries of each row, in whole groups. */
const entriesIn = (bits: Int32Array, rows: number, columns: number): Int32Array => {
  const counts = new Int32Array(rows)
  for (let row = 0; row < rows; row++) {
    let count = 0
    for (let at = row * columns; at < (row + 1) * columns; at++) count += isZero(bits[at]!) ? 0 : 1
    counts[row] = wholeGroups(count)
  }
  return counts
}

/** Writes the address of each row and of the end of the last one, then the entries of the rows: a column, a number. */
const writeSparse = (
  words: Int32Array,
  { index, entries }: SparseTable,
  bits: Int32Array,
  counts: Int32Array,
  columns: number,
): void => {
  let at = entries / 4
  counts.forEach((count, row) => {
    words[index / 4 + row] = at * 4
    const end = at + count * WORDS
    for (let column = 0; column < columns; column++) {
      const number = bits[row * columns + column]!
      if (isZero(number)) continue
      words[at] = column
      words[at + 1] = number
      at += WORDS
    }
    words.fill(0, at, end)
    at = end
  })
  words[index / 4 + counts.length] = at * 4
}

type Placed = GatherSource & { readonly region: Region }

/** Where a sparse source is: the address of the list of row addresses, and of the first entry. */
type SparseTable = { readonly index: number; readonly entries: number }

const placeSparse = (
  memory: Memory,
  rows: number,
  entries: number,
  write: (table: SparseTable) => void,
): Placed => {
  const words = Math.ceil((rows + 1) / WORDS) * WORDS
  const region = memory.allocate(words * 4 + entries * ENTRY)
  try {
    write({ index: region.address, entries: region.address + words * 4 })
  } catch (error) {
    memory.release(region)
    throw error
  }
  return { form: 'sparse', address: region.address, region }
}

const placeDense = (memory: Memory, tensor: Tensor, numbers: Values, divisor = 1): Placed => {
  const region = memory.allocate(bytesOf(tensor, memory.machine.lanes))
  const view = tensor.dtype === 'float32' ? memory.floats() : memory.ints()
  writePadded(view, region.address, paddedLayout(tensor, memory.machine.lanes), numbers)
  const [start, end] = [region.address / 4, (region.address + bytesOf(tensor, memory.machine.lanes)) / 4]
  if (divisor !== 1) for (let i = start; i < end; i++) view[i]! /= divisor
  return { form: 'dense', address: region.address, region }
}

const isSparse = (entries: number, { size }: Tensor): boolean => entries < SPARSE_BELOW * size

const placeNumbers = (memory: Memory, tensor: Tensor): Placed => {
  const [rows = 1, columns = 1] = tensor.shape
  const values = valuesOfTensor(tensor)
  if (tensor.dtype !== 'float32') return placeDense(memory, tensor, values)
  const bits = bitsOf(values)
  const counts = entriesIn(bits, rows, columns)
  const entries = counts.reduce((sum, count) => sum + count, 0)
  return isSparse(entries, tensor)
    ? placeSparse(memory, rows, entries, table => writeSparse(memory.ints(), table, bits, counts, columns))
    : placeDense(memory, tensor, values)
}

const placeBytes = (
  memory: Memory,
  tensor: Tensor,
  source: ScaledBytes,
  { count, pack }: SparseBytes,
): Placed => {
  const [rows = 1, columns = 1] = tensor.shape
  const entries = count(source, rows, columns).reduce((sum, lit) => sum + wholeGroups(lit), 0)
  return isSparse(entries, tensor)
    ? placeSparse(memory, rows, entries, table => {
        memory.ints()[table.index / 4] = table.entries
        pack(source, rows, columns, table.index)
      })
    : placeDense(memory, tensor, source.bytes, source.divisor)
}

/** Finds or writes the gather sources of tensors, so that all of them are in memory at once. */
export type GatherSources = (tensors: readonly Tensor[]) => readonly GatherSource[]

type Cached = { readonly source: Placed; readonly data: WeakRef<object> }

/** Whether numbers that a tensor had are still those of some tensor. */
const isAlive = (data: object | undefined): boolean =>
  data !== undefined && engine().state.tensorInfo.has(data)

/** The gather sources in a memory. Those of tensors that were disposed of are released when another one is written. */
export const newGatherSources = (memory: Memory): GatherSources => {
  let cached: readonly Cached[] = []
  let packer: SparseBytes | undefined
  const drop = (unneeded: (one: Cached) => boolean): void => {
    for (const { source } of cached.filter(unneeded)) memory.release(source.region)
    cached = cached.filter(one => !unneeded(one))
  }
  const write = (tensor: Tensor): GatherSource => {
    const bytes = scaledBytesOf(tensor)
    const source =
      bytes === undefined
        ? placeNumbers(memory, tensor)
        : placeBytes(memory, tensor, bytes, (packer ??= sparseBytes(memory)))
    cached = [...cached, { source, data: new WeakRef(tensor.dataId) }]
    return source
  }
  const sourceOf = (tensor: Tensor, needed: readonly Tensor[]): GatherSource => {
    const known = cached.find(({ data }) => data.deref() === tensor.dataId)
    if (known !== undefined) return known.source
    drop(({ data }) => !isAlive(data.deref()))
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

/**
 * Gather sources: the data sets, of which every step gathers some rows. They are written to memory once, in the form
 * whose rows are cheapest to read, and stay there as long as the tensor lives.
 */
import { engine, type Tensor } from '@tensorflow/tfjs-core'
import { byteValues, scaledBytesOf, type ScaledBytes } from '../../core/byte-tensor.ts'
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

/** The numbers of a source that are not zero, row by row. */
type Rows = {
  /** How many numbers of each row are not zero. */
  readonly counts: Int32Array
  /** Writes the entries of a row, a column and a number each, and returns the place after them. */
  readonly write: (row: number, words: Int32Array, at: number) => number
}

/** The bits of the numbers: copying bits keeps -0 and the payload of a NaN. */
const bitsOf = (values: Values): Int32Array => new Int32Array(values.buffer, values.byteOffset, values.length)

/** Whether the number is 0 or -0: all bits but the sign are 0. */
const isZero = (bits: number): boolean => bits << 1 === 0

const rowsOfNumbers = (values: Values, count: number, columns: number): Rows => {
  const bits = bitsOf(values)
  const counts = new Int32Array(count)
  for (let row = 0; row < count; row++) {
    let lit = 0
    for (let at = row * columns; at < (row + 1) * columns; at++) lit += isZero(bits[at]!) ? 0 : 1
    counts[row] = lit
  }
  return {
    counts,
    write: (row, words, at) => {
      for (let column = 0; column < columns; column++) {
        const number = bits[row * columns + column]!
        if (isZero(number)) continue
        words[at++] = column
        words[at++] = number
      }
      return at
    },
  }
}

/** Four bytes are read at once: most pixels are zero, and so are most fours. */
const FOUR = 4

/** How many of four bytes are not zero. The highest bit of each is set if any of its bits is; then these bits are added. */
const litOf = (four: number): number =>
  Math.imul(((((four & 0x7f7f7f7f) + 0x7f7f7f7f) | four) & 0x80808080) >>> 7, 0x01010101) >>> 24

const rowsOfBytes = ({ bytes, divisor }: ScaledBytes, count: number, columns: number): Rows => {
  const bits = bitsOf(byteValues(divisor))
  // a row, aligned, filled up with zeros
  const fours = new Int32Array(Math.ceil(columns / FOUR))
  const rowBytes = new Uint8Array(fours.buffer)
  const read = (row: number): void => rowBytes.set(bytes.subarray(row * columns, (row + 1) * columns))
  const counts = new Int32Array(count)
  for (let row = 0; row < count; row++) {
    read(row)
    let lit = 0
    for (const four of fours) lit += litOf(four)
    counts[row] = lit
  }
  return {
    counts,
    write: (row, words, at) => {
      read(row)
      for (let i = 0; i < fours.length; i++) {
        if (fours[i] === 0) continue
        for (let column = i * FOUR; column < (i + 1) * FOUR; column++) {
          const byte = rowBytes[column]!
          if (byte === 0) continue
          words[at++] = column
          words[at++] = bits[byte]!
        }
      }
      return at
    },
  }
}

/** A number of entries, rounded up to whole groups. */
const wholeGroups = (entries: number): number => Math.ceil(entries / GROUP) * GROUP

/** Writes the address of each row and of the end of the last one, then the entries; zeros fill up the last group of a row. */
const writeSparse = (words: Int32Array, address: number, { counts, write }: Rows): void => {
  const [start, rows] = [address / 4, counts.length]
  let at = start + Math.ceil((rows + 1) / WORDS) * WORDS
  for (let row = 0; row < rows; row++) {
    words[start + row] = at * 4
    const end = at + wholeGroups(counts[row]!) * WORDS
    for (let rest = write(row, words, at); rest < end; rest++) words[rest] = 0
    at = end
  }
  words[start + rows] = at * 4
}

type Placed = GatherSource & { readonly region: Region }

const placeSparse = (memory: Memory, rows: Rows, entries: number): Placed => {
  const region = memory.allocate((rows.counts.length + WORDS) * 4 + entries * ENTRY)
  writeSparse(memory.ints(), region.address, rows)
  return { form: 'sparse', address: region.address, region }
}

const placeDense = (memory: Memory, tensor: Tensor, numbers: Values, divisor = 1): Placed => {
  const region = memory.allocate(bytesOf(tensor))
  const view = tensor.dtype === 'float32' ? memory.floats() : memory.ints()
  writePadded(view, region.address, paddedLayout(tensor), numbers)
  const [start, end] = [region.address / 4, (region.address + bytesOf(tensor)) / 4]
  if (divisor !== 1) for (let i = start; i < end; i++) view[i]! /= divisor
  return { form: 'dense', address: region.address, region }
}

const place = (memory: Memory, tensor: Tensor): Placed => {
  const [count = 1, columns = 1] = tensor.shape
  const scaled = scaledBytesOf(tensor)
  const numbers = scaled?.bytes ?? tensor.dataSync<'float32' | 'int32' | 'bool'>()
  if (tensor.dtype !== 'float32') return placeDense(memory, tensor, numbers)
  const rows =
    scaled === undefined ? rowsOfNumbers(numbers, count, columns) : rowsOfBytes(scaled, count, columns)
  const entries = rows.counts.reduce((sum, lit) => sum + wholeGroups(lit), 0)
  return entries < SPARSE_BELOW * tensor.size
    ? placeSparse(memory, rows, entries)
    : placeDense(memory, tensor, numbers, scaled?.divisor)
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

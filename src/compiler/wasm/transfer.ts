/**
 * Copies between tensors and the memory.
 */
import { tensor, type Tensor } from '@tensorflow/tfjs-core'
import type { StepRange } from '../../core/scan.ts'
import { sizeOf, valuesOf, type Spec, type Values } from '../program.ts'
import {
  bytesOf,
  paddedLayout,
  type PaddedLayout,
  type Range,
  readPadded,
  transposeValues,
  writePadded,
} from '../emit/layout.ts'
import { panelIn } from '../emit/panels.ts'
import type { Memory, Region } from './memory.ts'

/** Where a tensor is in memory, with its dtype and shape there, and whether it is stored transposed, or in panels. */
export type Place = {
  readonly address: number
  readonly spec: Spec
  readonly transposed: boolean
  readonly panels: readonly Range[] | undefined
}

/** The parts of a tensor's columns that lie together: all of them, or those of each panel. */
const partsOf = (memory: Memory, { address, spec, panels }: Place) => {
  const whole = paddedLayout(spec, memory.machine.lanes)
  const { columns, vectors } = whole
  return (panels ?? [{ first: 0, end: vectors }]).map(({ first, end }) => {
    const { layout, at } = panelIn(whole, { first, end })
    const [from, to] = [first, end].map(vector => Math.min(columns, vector * memory.machine.lanes)) as [
      number,
      number,
    ]
    return {
      address: address + at,
      layout: { ...layout, columns: to - from },
      window: { first: from, of: columns },
    }
  })
}

/** The numbers of a tensor. */
export const valuesOfTensor = (from: Tensor): Values =>
  valuesOf(from.dtype, from.dataSync<'float32' | 'int32' | 'bool'>())

const viewOf = (memory: Memory, { dtype }: Pick<Spec, 'dtype'>): Float32Array | Int32Array =>
  dtype === 'float32' ? memory.floats() : memory.ints()

export const writeTensor = (memory: Memory, from: Tensor, place: Place): void => {
  const [rows = 1, columns = 1] = from.shape
  const given = valuesOfTensor(from)
  const values = place.transposed ? transposeValues(given, rows, columns) : given
  for (const { address, layout, window } of partsOf(memory, place))
    writePadded(viewOf(memory, place.spec), address, layout, values, window)
}

const emptyOf = ({ dtype }: Spec, size: number): Values =>
  dtype === 'float32'
    ? new Float32Array(size)
    : dtype === 'bool'
      ? new Uint8Array(size)
      : new Int32Array(size)

/** A new tensor with the shape and dtype of another one. */
export const readTensor = (memory: Memory, like: Tensor, place: Place): Tensor => {
  const { spec, transposed } = place
  const values = emptyOf(spec, sizeOf(spec))
  for (const { address, layout, window } of partsOf(memory, place))
    readPadded(viewOf(memory, spec), address, layout, values, window)
  const [rows = 1, columns = 1] = spec.shape
  return tensor(transposed ? transposeValues(values, rows, columns) : values, like.shape, like.dtype)
}

/** Reserves a region for adjacent rows, which the caller releases. */
export const allocateRows = (memory: Memory, row: Spec, count: number): Region =>
  memory.allocate(bytesOf(row, memory.machine.lanes) * count)

/** The layout of adjacent rows. */
const rowsLayout = ({ machine }: Memory, row: Spec, count: number): PaddedLayout => {
  const layout = paddedLayout(row, machine.lanes)
  return { ...layout, rows: layout.rows * count }
}

/**
 * Reads adjacent rows as one stacked tensor.
 *
 * @param row the dtype and shape of one row
 */
export const readRows = (memory: Memory, row: Spec, { address }: Region, count: number): Tensor => {
  const shape = [count, ...row.shape]
  const values = emptyOf(row, sizeOf({ shape }))
  const layout = rowsLayout(memory, row, count)
  return tensor(readPadded(viewOf(memory, row), address, layout, values), shape, row.dtype)
}

/**
 * Writes the rows of a range of a stacked tensor.
 *
 * @param row the dtype and shape of one row
 * @returns a region of the memory, which the caller releases
 */
export const writeRows = (memory: Memory, xs: Tensor, row: Spec, [from, to]: StepRange): Region => {
  const [size, count] = [sizeOf(row), to - from]
  const region = allocateRows(memory, row, count)
  writePadded(
    viewOf(memory, row),
    region.address,
    rowsLayout(memory, row, count),
    valuesOfTensor(xs).subarray(from * size, to * size),
  )
  return region
}

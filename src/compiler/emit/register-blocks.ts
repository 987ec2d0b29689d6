/**
 * Results that are computed block by block: a block is some rows by some vectors, and its numbers stay in registers.
 */
import { for_, i32, local, v128, type I32, type Local, type Locals, type V128, type Code } from './code.ts'
import { isRagged, type PaddedLayout, type Share } from './layout.ts'

export type Block = {
  /** The first row. */
  readonly row: I32
  /** The offset of the first vector in a row, in bytes. */
  readonly column: I32
  readonly rows: number
  readonly vectors: number
}

/** The maximum of rows and vectors of a block. */
export type BlockSize = { readonly rows: number; readonly vectors: number }

/** The numbers of a block: the vectors of its first row, then those of its second, and so on. */
export type ComputedBlock = { readonly code: Code; readonly values: readonly V128[] }

export type BlockSource = {
  readonly size: BlockSize
  /** Leaves the numbers of a block in registers. */
  readonly compute: (fn: Locals, block: Block) => ComputedBlock
}

export const accumulators = (fn: Locals, count: number): readonly Local<'v128'>[] =>
  Array.from({ length: count }, () => local(fn, 'v128'))

/** The bits of the numbers in the last vector of a row, without the zeros that fill it up; undefined if it is full. */
export const lastVectorMask = (layout: PaddedLayout): V128 | undefined =>
  isRagged(layout)
    ? v128.firstLanes(layout.columns - ((layout.vectors - 1) * layout.vectorBytes) / 4)
    : undefined

/** Runs `body` for each block of a share. `last` says whether the block contains the last vector of its rows. */
export const forEachBlock = (
  fn: Locals,
  layout: PaddedLayout,
  { rows, columns: { first, end } }: Share,
  size: BlockSize,
  body: (block: Block, last: boolean) => Code,
): Code => {
  // a last vector that is not full goes into a block of its own
  const { vectors, vectorBytes } = layout
  const isLast = end === vectors
  const count = end - first
  const whole = Math.floor((isLast && isRagged(layout) ? count - 1 : count) / size.vectors)
  const rest = count - whole * size.vectors
  const [from, to] = [first * vectorBytes, (first + whole * size.vectors) * vectorBytes]
  const line = (row: I32, height: number): Code => [
    for_(fn, { from, to, step: size.vectors * vectorBytes }, column =>
      body({ row, column, rows: height, vectors: size.vectors }, isLast && rest === 0),
    ),
    rest > 0 ? body({ row, column: i32.const(to), rows: height, vectors: rest }, isLast) : [],
  ]
  const restRows = (rows.end - rows.first) % size.rows
  return [
    for_(fn, { from: rows.first, to: rows.end - restRows, step: size.rows }, row => line(row, size.rows)),
    restRows > 0 ? line(i32.const(rows.end - restRows), restRows) : [],
  ]
}

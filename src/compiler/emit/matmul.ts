/**
 * Where the numbers of a fused node come from when it starts with a product or a sum: kept in registers, a block of
 * rows by vectors at a time.
 */
import type { Node } from '../program.ts'
import type { Code } from './assembler.ts'
import {
  f32x4,
  i32,
  local,
  mulAdd,
  for_,
  repeatWhile,
  unreachable,
  v128,
  if_,
  type I32,
  type Local,
  type Locals,
  type V128,
} from './code.ts'
import { paddedLayout, NOWHERE, VECTOR, type PaddedLayout } from './layout.ts'
import type { TensorBuffer, TensorBuffers } from './buffer.ts'

/** A part of a result that is computed at once: some rows, some vectors of each. */
export type Block = {
  /** The first row. */
  readonly row: I32
  /** Where the first vector begins in a row, in bytes. */
  readonly column: I32
  readonly rows: number
  readonly vectors: number
}

/** How many rows and vectors a block has at most. */
export type BlockSize = { readonly rows: number; readonly vectors: number }

/** The numbers of a block: those of its first row, then those of its second. */
export type ComputedBlock = { readonly code: Code; readonly values: readonly V128[] }

export type BlockSource = {
  readonly size: BlockSize
  /** Leaves the block's numbers in registers, row by row. */
  readonly compute: (fn: Locals, block: Block) => ComputedBlock
}

const ZERO = f32x4.const(0)

const accumulators = (fn: Locals, count: number): readonly Local<'v128'>[] =>
  Array.from({ length: count }, () => local(fn, 'v128'))

/** WebAssembly shows sixteen vector registers of the machine; an engine wants some of them for itself. */
const REGISTERS = 12

/**
 * The block that costs least: a turn of its loop loads `vectors` and `rows`, and multiplies each with each. Fewer
 * than eight sums at once would wait for one another.
 */
export const blockOf = (rows: number, vectors: number): BlockSize => {
  const sizes = Array.from({ length: Math.min(vectors, REGISTERS) }, (_, i) => i + 1).flatMap(v =>
    Array.from({ length: Math.min(rows, Math.floor(REGISTERS / v)) }, (_, i) => ({
      rows: i + 1,
      vectors: v,
    })),
  )
  const turn = (r: number, v: number): number => (r * v === 0 ? 0 : Math.max(8, r * v + 0.5 * (r + v) + 2))
  const cost = ({ rows: r, vectors: v }: BlockSize): number => {
    const [wholeR, restR, wholeV, restV] = [
      Math.floor(rows / r),
      rows % r,
      Math.floor(vectors / v),
      vectors % v,
    ]
    return wholeR * (wholeV * turn(r, v) + turn(r, restV)) + wholeV * turn(restR, v) + turn(restR, restV)
  }
  return sizes.reduce((best, size) => (cost(size) < cost(best) ? size : best))
}

/** a b, or aᵀ b, with b read row by row. */
const matMul = (node: Node, [a, b]: readonly TensorBuffer[], output: PaddedLayout): BlockSource => {
  const [gridA, gridB] = [paddedLayout(a!.spec), paddedLayout(b!.spec)]
  const turned = node.attributes.transposeA === true
  // from number to number of a sum, and from row to row of the result
  const [along, down] = turned ? [gridA.pitch, 4] : [4, gridA.pitch]
  return {
    size: blockOf(output.rows, output.vectors),
    compute: (fn, { row, column, rows, vectors }) => {
      const sums = accumulators(fn, rows * vectors)
      const [left, right, end] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
      const line = accumulators(fn, vectors)
      const code = [
        sums.map(sum => sum.set(ZERO)),
        left.set(i32.mul(row, i32.const(down))),
        right.set(column),
        end.set(i32.add(column, i32.const(gridB.rows * gridB.pitch))),
        repeatWhile(
          [
            line.map((part, j) => part.set(v128.load(right, b!.address + j * VECTOR))),
            Array.from({ length: rows }, (_, i) => {
              const number = local(fn, 'v128')
              return [
                number.set(v128.loadSplat(left, a!.address + i * down)),
                line.map((part, j) => {
                  const sum = sums[i * vectors + j]!
                  return sum.set(mulAdd(number, part, sum))
                }),
              ]
            }),
            left.set(i32.add(left, i32.const(along))),
            right.set(i32.add(right, i32.const(gridB.pitch))),
          ],
          i32.ne(right, end),
        ),
      ]
      return { code, values: sums }
    },
  }
}

/** The sum of all rows. */
const sumOfRows = ([a]: readonly TensorBuffer[], output: PaddedLayout): BlockSource => {
  const { rows: count, pitch } = paddedLayout(a!.spec)
  return {
    size: { rows: 1, vectors: Math.min(8, output.vectors) },
    compute: (fn, { column, vectors }) => {
      const sums = accumulators(fn, vectors)
      const at = local(fn, 'i32')
      const code = [
        sums.map(sum => sum.set(ZERO)),
        for_(fn, { to: count * pitch, step: pitch }, row => [
          at.set(i32.add(row, column)),
          sums.map((sum, j) => sum.set(f32x4.add(sum, v128.load(at, a!.address + j * VECTOR)))),
        ]),
      ]
      return { code, values: sums }
    },
  }
}

/** Bytes of an entry of a sparse table: its column, and its number. */
export const ENTRY = 8

/** Entries of a row come in groups of so many, the last filled up with zeros. */
export const GROUP = 2

/** Where a row of a sparse table begins and ends. */
export const entriesOf = (
  fn: Locals,
  table: TensorBuffer,
  rows: TensorBuffer,
  row: I32,
): { readonly code: Code; readonly from: Local<'i32'>; readonly to: Local<'i32'> } => {
  const [index, from, to] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  const code = [
    index.set(i32.load(i32.shl(row, i32.const(2)), rows.address)),
    if_(i32.geU(index, i32.const(paddedLayout(table.spec).rows)), unreachable),
    index.set(i32.add(i32.load(i32.const(table.address)), i32.shl(index, i32.const(2)))),
    from.set(i32.load(index)),
    to.set(i32.load(index, 4)),
  ]
  return { code, from, to }
}

/** For each entry between two addresses, `GROUP` at a time: `body` is given the address, and what to add to it. */
export const eachEntry = (
  from: Local<'i32'>,
  to: I32,
  body: (at: I32, offset: number, turn: number) => Code,
): Code =>
  if_(
    i32.ne(from, to),
    repeatWhile(
      [
        Array.from({ length: GROUP }, (_, turn) => body(from, turn * ENTRY, turn)),
        from.set(i32.add(from, i32.const(GROUP * ENTRY))),
      ],
      i32.ne(from, to),
    ),
  )

/** The widest row of sums that stays in registers, with room for the engine to have some products under way. */
const WIDEST = 9

/** Vectors cut into as few equal parts as fit into registers. */
export const tile = (vectors: number): number => Math.ceil(vectors / Math.ceil(vectors / WIDEST))

/** Rows whose entries are fetched together. */
const FETCHED = 16

/** Bytes that the machine fetches at once. */
const LINE = 64

/**
 * Reads a little of all that the next rows will need. They lie anywhere in a large memory: asked for together, they
 * come in the time of one; met one after the other, each would be waited for.
 */
const fetchRows = (fn: Locals, table: TensorBuffer, rows: TensorBuffer, first: I32): Code => {
  const count = paddedLayout(rows.spec).columns
  const [row, end, sum] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  const { code, from, to } = entriesOf(fn, table, rows, row)
  return [
    row.set(first),
    end.set(i32.add(first, i32.const(FETCHED))),
    if_(i32.geU(end, i32.const(count)), end.set(i32.const(count))),
    repeatWhile(
      [
        code,
        if_(
          i32.ltU(from, to),
          repeatWhile(
            [sum.set(i32.add(sum, i32.load(from))), from.set(i32.add(from, i32.const(LINE)))],
            i32.ltU(from, to),
          ),
        ),
        row.set(i32.add(row, i32.const(1))),
      ],
      i32.ltU(row, end),
    ),
    // what nobody used would not be read
    i32.store(i32.const(NOWHERE), sum),
  ]
}

/** Rows of a sparse table, times b: for each number that is not zero, as many times the row of b that it meets. */
const sparseMatMul = ([table, rows, b]: readonly TensorBuffer[], output: PaddedLayout): BlockSource => {
  const { pitch } = paddedLayout(b!.spec)
  const vectors = tile(output.vectors)
  // a narrow row has too few sums to keep the machine busy: two of each
  const copies = vectors < 6 ? GROUP : 1
  return {
    size: { rows: 1, vectors },
    compute: (fn, { row, column, vectors: width }) => {
      const sums = accumulators(fn, width * copies)
      const { code: find, from, to } = entriesOf(fn, table!, rows!, row)
      const [at, number] = [local(fn, 'i32'), local(fn, 'v128')]
      const isFirst = i32.eq(i32.or(i32.and(row, i32.const(FETCHED - 1)), column), i32.const(0))
      const code = [
        if_(isFirst, fetchRows(fn, table!, rows!, row)),
        sums.map(sum => sum.set(ZERO)),
        find,
        eachEntry(from, to, (entry, offset, turn) => [
          at.set(i32.add(i32.mul(i32.load(entry, offset), i32.const(pitch)), column)),
          number.set(v128.loadSplat(entry, offset + 4)),
          Array.from({ length: width }, (_, j) => {
            const sum = sums[(turn % copies) * width + j]!
            return sum.set(mulAdd(number, v128.load(at, b!.address + j * VECTOR), sum))
          }),
        ]),
        sums.slice(width).map((sum, j) => sums[j % width]!.set(f32x4.add(sums[j % width]!, sum))),
      ]
      return { code, values: sums.slice(0, width) }
    },
  }
}

/** The source of a fused node's numbers. */
export const blockSource = (node: Node, sites: TensorBuffers, output: PaddedLayout): BlockSource =>
  node.kernel === 'BatchMatMul'
    ? matMul(node, sites, output)
    : node.kernel === 'SparseMatMul'
      ? sparseMatMul(sites, output)
      : sumOfRows(sites, output)

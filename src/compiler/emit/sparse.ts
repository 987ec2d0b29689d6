/**
 * Kernels that read rows of a sparse gather source: for each row the numbers that are not zero, as entries of a column
 * and a number. The gather source is a pointer to the addresses at which its rows begin.
 */
import type { GatherNode, RankUpdateNode, SparseGradientNode, SparseMatMulNode } from '../kernel-program.ts'
import { accumulators, type BlockSource } from './register-blocks.ts'
import type { BufferOf, TensorBuffer } from './buffer.ts'
import {
  clear,
  copy,
  f32,
  f32x4,
  for_,
  i32,
  if_,
  keep,
  let_,
  local,
  mulAdd,
  repeatWhile,
  trap,
  v128,
  type I32,
  type Local,
  type Locals,
  type Code,
  type V128,
} from './code.ts'
import { CACHE_LINE, type PaddedLayout, type Range, type Share, type VectorUnit } from './layout.ts'

/** Bytes of an entry: its column and its number, 4 each. */
export const ENTRY = 8

/** The number of entries of a row is a multiple of this; zeros fill up the last group. */
export const GROUP = 2

/** Where the entries of a gathered row begin and end. It traps when the source does not have that row. */
const entriesOf = (
  fn: Locals,
  source: TensorBuffer,
  rows: TensorBuffer,
  row: I32,
): { readonly code: Code; readonly from: Local<'i32'>; readonly to: Local<'i32'> } => {
  const [index, from, to] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  const code = [
    index.set(i32.load(i32.shl(row, i32.const(2)), rows.address)),
    if_(i32.geU(index, i32.const(source.layout.rows)), trap),
    index.set(i32.add(i32.loadPointer(i32.const(source.address)), i32.shl(index, i32.const(2)))),
    from.set(i32.loadPointer(index)),
    to.set(i32.loadPointer(index, 4)),
  ]
  return { code, from, to }
}

/** Runs `body` for each entry, `GROUP` of them a turn: it is given an address, and an offset to add to it. */
const eachEntry = (
  from: Local<'i32'>,
  to: I32,
  body: (address: I32, offset: number, inGroup: number) => Code,
): Code =>
  if_(
    i32.ne(from, to),
    repeatWhile(
      [
        Array.from({ length: GROUP }, (_, i) => body(from, i * ENTRY, i)),
        from.set(i32.add(from, i32.const(GROUP * ENTRY))),
      ],
      i32.ne(from, to),
    ),
  )

/** Registers that stay free for the products that the machine computes ahead. */
const AHEAD = 3

/** `count` cut into as few equal parts as have at most `most`: the size of a part. */
const partOf = (count: number, most: number): number => Math.ceil(count / Math.ceil(count / most))

/** The vectors of a row, cut into as few equal parts as fit into registers. */
const tile = (vectors: number, { registers }: VectorUnit): number => partOf(vectors, registers - AHEAD)

/** The rows of a sparse source as dense rows. */
export const gatherSparse = (
  fn: Locals,
  { inputs }: GatherNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
): Code => {
  const [source, indices] = [bufferOf(inputs[0]), bufferOf(inputs[1])]
  const { rows, pitch, bytes } = output.layout
  const column = local(fn, 'i32')
  return [
    clear(i32.const(output.address), i32.const(bytes)),
    for_(fn, { to: rows }, row => {
      const { code, from, to } = entriesOf(fn, source, indices, row)
      return [
        code,
        eachEntry(from, to, (entry, offset) => [
          column.set(i32.add(i32.mul(row, i32.const(pitch)), i32.shl(i32.load(entry, offset), i32.const(2)))),
          // added, not stored: an entry that fills up a group is a zero in some column
          f32.store(
            column,
            f32.add(f32.load(column, output.address), f32.load(entry, offset + 4)),
            output.address,
          ),
        ]),
      ]
    }),
  ]
}

/** Rows that are prefetched together. */
const PREFETCHED = 16

/**
 * Reads one word of each cache line that the next rows will need. The rows are anywhere in a large memory: the loads
 * are independent, so their latencies overlap, while the loop over a row's entries would wait for each.
 */
const prefetchRows = (fn: Locals, source: TensorBuffer, rows: TensorBuffer, first: I32): Code => {
  const count = rows.layout.columns
  const [row, end, sum] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  const { code, from, to } = entriesOf(fn, source, rows, row)
  return [
    row.set(first),
    end.set(i32.add(first, i32.const(PREFETCHED))),
    if_(i32.geU(end, i32.const(count)), end.set(i32.const(count))),
    repeatWhile(
      [
        code,
        if_(
          i32.ltU(from, to),
          repeatWhile(
            [sum.set(i32.add(sum, i32.load(from))), from.set(i32.add(from, i32.const(CACHE_LINE)))],
            i32.ltU(from, to),
          ),
        ),
        row.set(i32.add(row, i32.const(1))),
      ],
      i32.ltU(row, end),
    ),
    keep(sum),
  ]
}

/**
 * Whether a row of the result has so few numbers that each gets two sums, to hide the latency of the additions. It
 * decides the order of a sum: so it counts numbers, in fours, and not the vectors of a machine.
 */
const isNarrow = (columns: number): boolean => partOf(Math.ceil(columns / 4), 9) < 6

/** Rows of a sparse source, times b: each number that is not zero times the row of b that it meets. */
export const sparseMatMul = (
  { inputs }: SparseMatMulNode,
  bufferOf: BufferOf,
  output: PaddedLayout,
  { columns: { first, end } }: Share,
  machine: VectorUnit,
): BlockSource => {
  const [source, rows, b] = [bufferOf(inputs[0]), bufferOf(inputs[1]), bufferOf(inputs[2])]
  const { pitch, vectorBytes } = b.layout
  const vectors = tile(end - first, machine)
  const copies = isNarrow(output.columns) ? GROUP : 1
  return {
    size: { rows: 1, vectors },
    compute: (fn, { row, column, vectors: width }) => {
      const sums = accumulators(fn, width * copies)
      const { code: find, from, to } = entriesOf(fn, source, rows, row)
      const [at, number] = [local(fn, 'i32'), local(fn, 'v128')]
      const isFirst = i32.eq(
        i32.or(i32.and(row, i32.const(PREFETCHED - 1)), i32.sub(column, i32.const(first * vectorBytes))),
        i32.const(0),
      )
      const code = [
        if_(isFirst, prefetchRows(fn, source, rows, row)),
        sums.map(sum => sum.set(f32x4.const(0))),
        find,
        eachEntry(from, to, (entry, offset, inGroup) => [
          at.set(i32.add(i32.mul(i32.load(entry, offset), i32.const(pitch)), column)),
          number.set(v128.loadSplat(entry, offset + 4)),
          Array.from({ length: width }, (_, j) => {
            const sum = sums[(inGroup % copies) * width + j]!
            return sum.set(mulAdd(number, v128.load(at, b.address + j * vectorBytes), sum))
          }),
        ]),
        sums.slice(width).map((sum, j) => sums[j % width]!.set(f32x4.add(sums[j % width]!, sum))),
      ]
      return { code, values: sums.slice(0, width) }
    },
  }
}

/** Adds aᵀ d to some columns of the result, for rows a of a sparse source, row by row. */
const addProduct = (
  fn: Locals,
  { source, rows, delta }: Readonly<Record<'source' | 'rows' | 'delta', TensorBuffer>>,
  output: TensorBuffer,
  columns: Range,
  scaled: (step: V128) => V128 = step => step,
): Code => {
  const { pitch, vectorBytes } = output.layout
  const vectors = columns.end - columns.first
  const width = tile(vectors, fn.machine)
  const [at, number] = [local(fn, 'i32'), local(fn, 'v128')]
  const strip = (row: I32, column: I32, count: number): Code => {
    const { code, from, to } = entriesOf(fn, source, rows, row)
    const start = let_(fn, i32.add(i32.mul(row, i32.const(delta.layout.pitch)), column))
    const steps = Array.from({ length: count }, (_, j) =>
      let_(fn, scaled(v128.load(start.value, delta.address + j * vectorBytes))),
    )
    return [
      code,
      start.code,
      steps.map(step => step.code),
      eachEntry(from, to, (entry, offset) => [
        at.set(i32.add(i32.mul(i32.load(entry, offset), i32.const(pitch)), column)),
        number.set(v128.loadSplat(entry, offset + 4)),
        steps.map(({ value }, j) =>
          v128.store(
            at,
            mulAdd(number, value, v128.load(at, output.address + j * vectorBytes)),
            output.address + j * vectorBytes,
          ),
        ),
      ]),
    ]
  }
  const whole = Math.floor(vectors / width)
  const rest = vectors - whole * width
  const [from, to] = [columns.first * vectorBytes, (columns.first + whole * width) * vectorBytes]
  return for_(fn, { to: delta.layout.rows }, row => [
    for_(fn, { from, to, step: width * vectorBytes }, column => strip(row, column, width)),
    rest > 0 ? strip(row, i32.const(to), rest) : [],
  ])
}

/**
 * The weight update of (93) for the first layer, on wᵀ: w - rate aᵀ d, or decay w - rate aᵀ d, for rows a of a sparse
 * source. Each number that is not zero changes one row. A decay of exactly 1 costs nothing.
 */
export const rankUpdate = (
  fn: Locals,
  { inputs }: RankUpdateNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
  { columns }: Share,
): Code => {
  const [w, source, rows] = [bufferOf(inputs[0]), bufferOf(inputs[1]), bufferOf(inputs[2])]
  const [delta, rate, decay] = [bufferOf(inputs[3]), bufferOf(inputs[4]), inputs[5] && bufferOf(inputs[5])]
  const minusRate = let_(fn, f32x4.neg(v128.loadSplat(i32.const(rate.address))))
  return [
    w.address === output.address ? [] : copyColumns(fn, w, output, columns),
    decay === undefined ? [] : scale(fn, decay, output, columns),
    minusRate.code,
    addProduct(fn, { source, rows, delta }, output, columns, step => f32x4.mul(minusRate.value, step)),
  ]
}

/** aᵀ d, for rows a of a sparse source. Each number is summed in the order of a dense product, which adds zeros, too. */
export const sparseGradient = (
  fn: Locals,
  { inputs }: SparseGradientNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
  { columns }: Share,
): Code => {
  const [source, rows, delta] = [bufferOf(inputs[0]), bufferOf(inputs[1]), bufferOf(inputs[2])]
  const { vectorBytes } = output.layout
  return [
    eachStretch(fn, output.layout, columns, (at, count) =>
      clear(i32.add(at, i32.const(output.address)), i32.const(count * vectorBytes)),
    ),
    addProduct(fn, { source, rows, delta }, output, columns),
  ]
}

/** The rows of these columns as one stretch of memory if they are all columns, else row by row: what a turn starts at, and its vectors. */
const eachStretch = (
  fn: Locals,
  { rows, vectors, vectorBytes, pitch, bytes }: PaddedLayout,
  { first, end }: Range,
  body: (at: I32, count: number) => Code,
): Code =>
  end - first === vectors
    ? body(i32.const(0), rows * vectors)
    : for_(fn, { to: bytes, step: pitch }, at =>
        body(i32.add(at, i32.const(first * vectorBytes)), end - first),
      )

const copyColumns = (fn: Locals, from: TensorBuffer, to: TensorBuffer, columns: Range): Code =>
  eachStretch(fn, to.layout, columns, (at, count) =>
    copy(
      i32.add(at, i32.const(to.address)),
      i32.add(at, i32.const(from.address)),
      i32.const(count * to.layout.vectorBytes),
    ),
  )

/** Vectors that are scaled in one turn. */
const SCALED = 8

const scale = (fn: Locals, by: TensorBuffer, { address, layout }: TensorBuffer, columns: Range): Code => {
  const { vectorBytes } = layout
  const factor = let_(fn, v128.loadSplat(i32.const(by.address)))
  const some = (at: I32, count: number): Code =>
    Array.from({ length: count }, (_, j) =>
      v128.store(
        at,
        f32x4.mul(factor.value, v128.load(at, address + j * vectorBytes)),
        address + j * vectorBytes,
      ),
    )
  const stretch = (start: I32, count: number): Code => {
    const rest = count % SCALED
    const whole = (count - rest) * vectorBytes
    return [
      for_(fn, { to: whole, step: SCALED * vectorBytes }, at => some(i32.add(start, at), SCALED)),
      some(i32.add(start, i32.const(whole)), rest),
    ]
  }
  return if_(f32.ne(f32.load(i32.const(by.address)), f32.const(1)), [
    factor.code,
    eachStretch(fn, layout, columns, stretch),
  ])
}

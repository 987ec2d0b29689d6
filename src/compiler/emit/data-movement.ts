/**
 * Kernels that move numbers without computing: gathered rows, transposes, reshapes.
 */
import type { GatherNode, ReshapeNode, TransposeNode } from '../kernel-program.ts'
import type { BufferOf, TensorBuffer } from './buffer.ts'
import {
  clear,
  copy,
  f32x4,
  for_,
  i32,
  if_,
  let_,
  local,
  trap,
  v128,
  type I32,
  type Locals,
  type V128,
  type Code,
} from './code.ts'
import { gatherSparse } from './sparse.ts'

/** Rows of up to this many vectors are copied vector by vector. */
const SHORT = 16

const gatherDense = (fn: Locals, { inputs }: GatherNode, bufferOf: BufferOf, output: TensorBuffer): Code => {
  const [source, indices] = [bufferOf(inputs[0]), bufferOf(inputs[1])]
  const { rows, pitch, vectors, vectorBytes } = output.layout
  const [index, from, to] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
  const address = i32.const(source.address)
  const start = source.gatherSource === undefined ? address : i32.loadPointer(address)
  return for_(fn, { to: rows }, row => [
    index.set(i32.load(i32.shl(row, i32.const(2)), indices.address)),
    if_(i32.geU(index, i32.const(source.layout.rows)), trap),
    from.set(i32.add(start, i32.mul(index, i32.const(pitch)))),
    to.set(i32.add(i32.const(output.address), i32.mul(row, i32.const(pitch)))),
    vectors <= SHORT
      ? Array.from({ length: vectors }, (_, j) =>
          v128.store(to, v128.load(from, j * vectorBytes), j * vectorBytes),
        )
      : copy(to, from, i32.const(pitch)),
  ])
}

/** Rows of a matrix. It traps when the matrix does not have such a row. */
export const gather = (fn: Locals, node: GatherNode, bufferOf: BufferOf, output: TensorBuffer): Code =>
  (bufferOf(node.inputs[0]).gatherSource === 'sparse' ? gatherSparse : gatherDense)(
    fn,
    node,
    bufferOf,
    output,
  )

/**
 * The columns of a block, from its rows, which are as many as a vector has lanes.
 *
 * A number's place is the bits of its row, followed by those of its lane. Interleaving the first half of the rows with the second
 * rotates these bits by one: after as many turns as a lane has bits, the row is the lane.
 */
const transposeBlock = (
  fn: Locals,
  rows: readonly V128[],
): { readonly code: Code; readonly columns: readonly V128[] } => {
  const half = rows.length / 2
  const codes: Code[] = []
  const interleaved = (a: V128, b: V128, from: number): V128 => {
    const { code, value } = let_(
      fn,
      v128.shuffle(a, b, Array.from({ length: half }, (_, i) => [from + i, rows.length + from + i]).flat()),
    )
    codes.push(code)
    return value
  }
  let columns = rows
  for (let turn = 1; turn < rows.length; turn *= 2)
    columns = columns
      .slice(0, half)
      .flatMap((row, i) => [
        interleaved(row, columns[half + i]!, 0),
        interleaved(row, columns[half + i]!, half),
      ])
  return { code: codes, columns }
}

/** Cuts 0 … count into steps, the last of which may be shorter. */
const bySteps = (fn: Locals, count: number, step: number, body: (at: I32, size: number) => Code): Code => {
  const rest = count % step
  return [
    for_(fn, { to: count - rest, step }, at => body(at, step)),
    rest > 0 ? body(i32.const(count - rest), rest) : [],
  ]
}

/** Block by block. */
export const transposeMatrix = (
  fn: Locals,
  { inputs }: TransposeNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
): Code => {
  const input = bufferOf(inputs[0])
  const { lanes } = fn.machine
  const [from, to] = [input.layout, output.layout]
  const [source, target] = [local(fn, 'i32'), local(fn, 'i32')]
  return bySteps(fn, from.rows, lanes, (row, rows) =>
    bySteps(fn, from.columns, lanes, (column, columns) => {
      const lines = Array.from({ length: lanes }, (_, i) =>
        let_(fn, i < rows ? v128.load(source, input.address + i * from.pitch) : f32x4.const(0)),
      )
      const block = transposeBlock(
        fn,
        lines.map(({ value }) => value),
      )
      return [
        source.set(i32.add(i32.mul(row, i32.const(from.pitch)), i32.shl(column, i32.const(2)))),
        target.set(i32.add(i32.mul(column, i32.const(to.pitch)), i32.shl(row, i32.const(2)))),
        lines.map(({ code }) => code),
        block.code,
        block.columns
          .slice(0, columns)
          .map((numbers, j) => v128.store(target, numbers, output.address + j * to.pitch)),
      ]
    }),
  )
}

export const reshape = (
  fn: Locals,
  { inputs }: ReshapeNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
): Code => {
  const input = bufferOf(inputs[0])
  const [from, to] = [input.layout, output.layout]
  if (from.columns === to.columns)
    return copy(i32.const(output.address), i32.const(input.address), i32.const(to.bytes))
  const [target, column] = [local(fn, 'i32'), local(fn, 'i32')]
  return [
    clear(i32.const(output.address), i32.const(to.bytes)),
    target.set(i32.const(0)),
    column.set(i32.const(0)),
    for_(fn, { to: from.bytes, step: from.pitch }, row =>
      for_(fn, { to: from.columns * 4, step: 4 }, at => [
        i32.store(target, i32.load(i32.add(row, at), input.address), output.address),
        target.set(i32.add(target, i32.const(4))),
        column.set(i32.add(column, i32.const(1))),
        if_(i32.eq(column, i32.const(to.columns)), [
          column.set(i32.const(0)),
          target.set(i32.add(target, i32.const(to.pitch - 4 * to.columns))),
        ]),
      ]),
    ),
  ]
}

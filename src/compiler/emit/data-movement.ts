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

/** The columns of a 4 by 4 block, from its rows. */
const transposeBlock = (
  fn: Locals,
  a: V128,
  b: V128,
  c: V128,
  d: V128,
): { readonly code: Code; readonly columns: readonly V128[] } => {
  const ab = let_(fn, v128.shuffle(a, b, 0, 4, 1, 5))
  const cd = let_(fn, v128.shuffle(c, d, 0, 4, 1, 5))
  const AB = let_(fn, v128.shuffle(a, b, 2, 6, 3, 7))
  const CD = let_(fn, v128.shuffle(c, d, 2, 6, 3, 7))
  return {
    code: [ab.code, cd.code, AB.code, CD.code],
    columns: [
      v128.shuffle(ab.value, cd.value, 0, 1, 4, 5),
      v128.shuffle(ab.value, cd.value, 2, 3, 6, 7),
      v128.shuffle(AB.value, CD.value, 0, 1, 4, 5),
      v128.shuffle(AB.value, CD.value, 2, 3, 6, 7),
    ],
  }
}

/** Rows and columns of a block that is transposed in registers. */
const BLOCK = 4

/** Cuts 0 … count into steps of four, the last of which may be shorter. */
const byFours = (fn: Locals, count: number, body: (at: I32, size: number) => Code): Code => {
  const rest = count % BLOCK
  return [
    for_(fn, { to: count - rest, step: BLOCK }, at => body(at, BLOCK)),
    rest > 0 ? body(i32.const(count - rest), rest) : [],
  ]
}

/** Number by number, for vectors that are wider than a block. */
const transposeNumbers = (fn: Locals, input: TensorBuffer, output: TensorBuffer): Code => {
  const [from, to] = [input.layout, output.layout]
  return [
    clear(i32.const(output.address), i32.const(to.bytes)),
    for_(fn, { to: from.columns }, column =>
      for_(fn, { to: from.rows }, row =>
        i32.store(
          i32.add(i32.mul(column, i32.const(to.pitch)), i32.shl(row, i32.const(2))),
          i32.load(
            i32.add(i32.mul(row, i32.const(from.pitch)), i32.shl(column, i32.const(2))),
            input.address,
          ),
          output.address,
        ),
      ),
    ),
  ]
}

export const transposeMatrix = (
  fn: Locals,
  { inputs }: TransposeNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
): Code => {
  const input = bufferOf(inputs[0])
  if (fn.machine.lanes !== BLOCK) return transposeNumbers(fn, input, output)
  const [from, to] = [input.layout, output.layout]
  const [source, target] = [local(fn, 'i32'), local(fn, 'i32')]
  return byFours(fn, from.rows, (row, rows) =>
    byFours(fn, from.columns, (column, columns) => {
      const line = (i: number) =>
        let_(fn, i < rows ? v128.load(source, input.address + i * from.pitch) : f32x4.const(0))
      const [a, b, c, d] = [line(0), line(1), line(2), line(3)]
      const block = transposeBlock(fn, a.value, b.value, c.value, d.value)
      return [
        source.set(i32.add(i32.mul(row, i32.const(from.pitch)), i32.shl(column, i32.const(2)))),
        target.set(i32.add(i32.mul(column, i32.const(to.pitch)), i32.shl(row, i32.const(2)))),
        [a, b, c, d].map(({ code }) => code),
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

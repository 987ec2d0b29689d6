/**
 * Products of dense matrices: c_ij = Σ_k a_ik b_kj, each number summed in the order of k.
 */
import type { MatMulNode } from '../kernel-program.ts'
import { accumulators, type BlockSize, type BlockSource } from './register-blocks.ts'
import type { BufferOf } from './buffer.ts'
import { f32x4, i32, local, mulAdd, repeatWhile, v128 } from './code.ts'
import type { PaddedLayout, Share, VectorUnit } from './layout.ts'

/**
 * The block size of the lowest cost. One turn of the loop over k loads `vectors` and `rows`, and multiplies each with
 * each. With fewer than eight independent sums the turn waits for the latency of the additions.
 */
export const blockOf = (rows: number, vectors: number, registers: number): BlockSize => {
  const sizes = Array.from({ length: Math.min(vectors, registers) }, (_, i) => i + 1).flatMap(v =>
    Array.from({ length: Math.min(rows, Math.floor(registers / v)) }, (_, i) => ({
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
export const matMul = (
  { inputs, attributes: { transposeA } }: MatMulNode,
  bufferOf: BufferOf,
  output: PaddedLayout,
  { rows: own, columns }: Share,
  { registers }: VectorUnit,
): BlockSource => {
  const [a, b] = [bufferOf(inputs[0]), bufferOf(inputs[1])]
  // the distance in a, in bytes, from k to k + 1 and from i to i + 1
  const [stepK, stepI] = transposeA ? [a.layout.pitch, 4] : [4, a.layout.pitch]
  return {
    size: blockOf(own.end - own.first, columns.end - columns.first, registers),
    compute: (fn, { row, column, rows, vectors }) => {
      const sums = accumulators(fn, rows * vectors)
      const [left, right, end] = [local(fn, 'i32'), local(fn, 'i32'), local(fn, 'i32')]
      const line = accumulators(fn, vectors)
      const code = [
        sums.map(sum => sum.set(f32x4.const(0))),
        left.set(i32.mul(row, i32.const(stepI))),
        right.set(column),
        end.set(i32.add(column, i32.const(b.layout.bytes))),
        repeatWhile(
          [
            line.map((part, j) => part.set(v128.load(right, b.address + j * output.vectorBytes))),
            Array.from({ length: rows }, (_, i) => {
              const number = local(fn, 'v128')
              return [
                number.set(v128.loadSplat(left, a.address + i * stepI)),
                line.map((part, j) => {
                  const sum = sums[i * vectors + j]!
                  return sum.set(mulAdd(number, part, sum))
                }),
              ]
            }),
            left.set(i32.add(left, i32.const(stepK))),
            right.set(i32.add(right, i32.const(b.layout.pitch))),
          ],
          i32.ne(right, end),
        ),
      ]
      return { code, values: sums }
    },
  }
}

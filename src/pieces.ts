/**
 * A long scan over mini-batches, run piece by piece, so that whoever drives it can show progress, or stop.
 *
 * Shapes: N mini-batches of m examples.
 */
import { tensor2d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import type { Scan } from './interpreter/index.ts'
import { free, owned } from './scope.ts'
import type { Tree } from './tree.ts'

/** How many examples the next piece should hold; all that are left, when nothing is said. */
export type Piece = number | undefined

/** Mini-batches of one size: the row numbers of their examples, [N, m] int32, and what stays the same for all. */
export type Run<C extends Tree> = { readonly rows: Tensor2D; readonly constants: C }

/**
 * Cuts an order of examples into mini-batches of m. Those left over at the end make a shorter one of their own.
 *
 * @returns [N, m] and, where n is no multiple of m, [1, n mod m]; the caller owns them
 */
export const miniBatches = (order: Int32Array, m: number): readonly Tensor2D[] => {
  const whole = order.length - (order.length % m)
  return [
    ...(whole > 0 ? [tensor2d(order.subarray(0, whole), [whole / m, m], 'int32')] : []),
    ...(whole < order.length ? [tensor2d(order.subarray(whole), [1, order.length - whole], 'int32')] : []),
  ]
}

/**
 * Scans `runs` one after the other. Before each piece it yields the number of examples that are done, and is sent
 * the size of the piece. How a scan is cut never changes its result.
 *
 * @param s0 borrowed, as are the runs
 * @returns the last state, which the caller owns. A scan that is left early leaves no tensor behind
 */
export function* inPieces<S extends Tree, C extends Tree>(
  advance: Scan<S, C, Tensor1D>,
  s0: S,
  runs: readonly Run<C>[],
): Generator<number, S, Piece> {
  let state = owned(s0)
  let done = 0
  try {
    for (const { rows, constants } of runs) {
      const [steps, m] = rows.shape
      for (let from = 0; from < steps;) {
        const piece = (yield done) ?? Infinity
        const to = Math.min(steps, from + Math.max(1, Math.floor(piece / m)))
        const next = advance(state, constants, rows, [from, to])
        free(state)
        state = next
        done += (to - from) * m
        from = to
      }
    }
    return owned(state)
  } finally {
    free(state)
  }
}

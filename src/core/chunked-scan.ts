/**
 * A long scan over mini-batches, run piece by piece, so that whoever drives it can show progress, or stop.
 *
 * Shapes: N mini-batches of m examples.
 */
import { tensor2d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import type { Scan } from './scan.ts'
import { dispose, clone } from './scope.ts'
import type { Tree } from './tree.ts'

/** How many examples the next piece should hold; all that are left, when nothing is said. */
export type ChunkSize = number | undefined

/** Where a scan is: how many examples are done, and the state after them, borrowed until the next is asked for. */
export type ScanProgress<S> = { readonly done: number; readonly state: S }

/** Mini-batches of one size: the row numbers of their examples, [N, m] int32, and what stays the same for all. */
export type Segment<C extends Tree> = { readonly rows: Tensor2D; readonly constants: C }

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
 * Scans `runs` one after the other. Before each piece it yields where it is, and is sent the size of the piece. How a
 * scan is cut never changes its result.
 *
 * @param s0 borrowed, as are the runs
 * @param from the examples that are done already: a scan can go on from any place where it has been
 * @returns the last state, which the caller owns. A scan that is left early leaves no tensor behind
 */
export function* chunkedScan<S extends Tree, C extends Tree>(
  advance: Scan<S, C, Tensor1D>,
  s0: S,
  runs: readonly Segment<C>[],
  from = 0,
): Generator<ScanProgress<S>, S, ChunkSize> {
  let state = clone(s0)
  let done = 0
  try {
    for (const { rows, constants } of runs) {
      const [steps, m] = rows.shape
      let step = Math.max(0, Math.min(steps, Math.ceil((from - done) / m)))
      done += step * m
      while (step < steps) {
        const piece = (yield { done, state }) ?? Infinity
        const to = Math.min(steps, step + Math.max(1, Math.floor(piece / m)))
        const next = advance(state, constants, rows, [step, to])
        dispose(state)
        state = next
        done += (to - step) * m
        step = to
      }
    }
    return clone(state)
  } finally {
    dispose(state)
  }
}

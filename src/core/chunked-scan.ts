/**
 * A long scan over mini-batches, run chunk by chunk, so that its caller can show progress, or stop.
 *
 * Shapes: N mini-batches of m examples.
 */
import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import type { Scan, Stacked } from './scan.ts'
import { dispose, foldLazily } from './scope.ts'
import { leaves, type Tree } from './tree.ts'

/** How many examples the next chunk should hold; undefined: all that are left. */
export type ChunkSize = number | undefined

/** How far a scan is: the examples that are done, and the state after them, borrowed until the next chunk. */
export type ScanProgress<S> = { readonly done: number; readonly state: S }

/** N mini-batches of m examples: the inputs of their steps, a tree of leaves [N, …], and what is the same for all steps. */
export type Segment<C extends Tree, X extends Tree> = {
  readonly m: number
  readonly xs: Stacked<X>
  readonly constants: C
}

/**
 * Cuts an order of examples into mini-batches of m, as row numbers. Those left over at the end make a shorter one.
 *
 * @returns int32 [N, m] and, if m does not divide n, [1, n mod m]; the caller owns them
 */
export const miniBatches = (order: Int32Array, m: number): readonly Tensor2D[] => {
  const whole = order.length - (order.length % m)
  return [
    ...(whole > 0 ? [tensor2d(order.subarray(0, whole), [whole / m, m], 'int32')] : []),
    ...(whole < order.length ? [tensor2d(order.subarray(whole), [1, order.length - whole], 'int32')] : []),
  ]
}

/** How many rows of a set are evaluated in one step: memory does not grow with the set. */
const ROWS_AT_ONCE = 250

/** All n rows of a set in their order, as mini-batches for an evaluation; the caller owns them. */
export const rowsInOrder = (n: number, atOnce = ROWS_AT_ONCE): readonly Tensor2D[] =>
  n === 0
    ? []
    : miniBatches(
        new Int32Array(n).map((_, i) => i),
        Math.min(atOnce, n),
      )

/**
 * Scans segments one after the other. Before each chunk it yields its progress, and is sent the size of the chunk. How a
 * scan is cut into chunks never changes its result.
 *
 * @param s0 borrowed, as are the segments
 * @param from the examples that are done already: a scan can continue from any progress that it has yielded
 * @param begin the scan's `begin`, if chunks are to run on another core: it then yields while a chunk runs, and once before the first
 * @returns the last state, which the caller owns. A scan that is left early leaves no tensor
 */
export const chunkedScan = <S extends Tree, C extends Tree, X extends Tree>(
  advance: Scan<S, C, X>,
  s0: S,
  segments: readonly Segment<C, X>[],
  from = 0,
  begin?: Scan<S, C, X>['begin'],
): Generator<ScanProgress<S>, S, ChunkSize> =>
  foldLazily(s0, function* ({ get, put }): Generator<ScanProgress<S>, void, ChunkSize> {
    let done = 0
    // the size of the next chunk, if it was sent while the chunk before it ran
    let asked: { readonly size: ChunkSize } | undefined
    for (const { m, xs, constants } of segments) {
      const steps = leaves(xs)[0]?.shape[0] ?? 0
      let step = Math.max(0, Math.min(steps, Math.ceil((from - done) / m)))
      done += step * m
      while (step < steps) {
        const { size = Infinity } = asked ?? { size: yield { done, state: get() } }
        const to = Math.min(steps, step + Math.max(1, Math.floor(size / m)))
        const args = [get(), constants, xs, [step, to]] as const
        if (begin === undefined) put(advance(...args))
        else {
          const end = begin(...args)
          asked = undefined
          try {
            asked = { size: yield { done, state: get() } }
          } finally {
            const next = end()
            if (asked === undefined) dispose(next)
            else put(next)
          }
        }
        done += (to - step) * m
        step = to
      }
    }
  })

/**
 * Driving a computation that runs piece by piece: how large the next piece is, and when to stop.
 */
import type { Piece } from '../pieces.ts'
import type { Stop } from '../errors.ts'
import type { Env } from './env.ts'

/** A piece takes about this long, in milliseconds: the bar moves, and a signal is heard at once. */
const PIECE = 200

/** The first piece: small, for nothing is known yet. */
const FIRST = 500

/** How a drive ended: with the computation's own result, or because somebody stopped it. */
export type Ended<R> =
  { readonly kind: 'done'; readonly value: R } | { readonly kind: 'stopped'; readonly by: Stop }

/**
 * Runs a computation to its end, or until the program is asked to stop.
 *
 * @param position examples done so far in the current phase, if the event tells
 * @param hear is told of each event
 */
export const drive = async <T, R>(
  env: Env,
  computation: Generator<T, R, Piece>,
  position: (event: T) => number | undefined,
  hear: (event: T) => void,
): Promise<Ended<R>> => {
  let piece = FIRST
  let last: number | undefined
  for (;;) {
    const before = env.now()
    const next = computation.next(piece)
    if (next.done) return { kind: 'done', value: next.value }
    const done = position(next.value)
    if (last !== undefined && done !== undefined && done > last)
      piece = ((done - last) / Math.max(env.now() - before, 0.1)) * PIECE
    last = done
    hear(next.value)
    await env.rest()
    const by = env.stopped()
    if (by !== undefined) {
      computation.return(undefined as never)
      return { kind: 'stopped', by }
    }
  }
}

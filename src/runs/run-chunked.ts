/**
 * Driving a computation that runs piece by piece: how large the next piece is, and when to stop.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { AppError, StopReason } from '../errors.ts'
import type { ChunkSize } from '../core/chunked-scan.ts'
import type { Env } from '../io/env.ts'

/** A piece takes about this long, in milliseconds: the bar moves, and a signal is heard at once. */
const PIECE = 200

/** The first piece: small, for nothing is known yet. */
const FIRST = 500

/** How a drive ended: with the computation's own result, because somebody stopped it, or because a listener failed. */
export type Ended<R> =
  | { readonly kind: 'done'; readonly value: R }
  | { readonly kind: 'stopped'; readonly by: StopReason }
  | { readonly kind: 'failed'; readonly error: AppError }

export type Listener<T> = {
  /** Examples done so far in the current phase, if the event tells. */
  readonly position: (event: T) => number | undefined
  /** Is told of each event, and may take its time, or fail. */
  readonly onEvent: (event: T) => TaskEither<AppError, unknown> | undefined
  /** Is told of the last event before the computation is left early, while all in it lives. */
  readonly onStop?: (event: T) => TaskEither<AppError, unknown> | undefined
}

/** Runs a computation to its end, or until the program is asked to stop. */
export const runChunked = async <T, R>(
  env: Env,
  computation: Generator<T, R, ChunkSize>,
  { position, onEvent, onStop }: Listener<T>,
): Promise<Ended<R>> => {
  let piece = FIRST
  let last: number | undefined
  try {
    for (;;) {
      const before = env.now()
      const next = computation.next(piece)
      if (next.done) return { kind: 'done', value: next.value }
      const done = position(next.value)
      if (last !== undefined && done !== undefined && done > last)
        piece = ((done - last) / Math.max(env.now() - before, 0.1)) * PIECE
      last = done
      const heard = await onEvent(next.value)?.()
      await env.yieldToEventLoop()
      const by = env.stopReason()
      const left = by === undefined ? undefined : await onStop?.(next.value)?.()
      for (const told of [heard, left])
        if (told !== undefined && E.isLeft(told)) return { kind: 'failed', error: told.left }
      if (by !== undefined) return { kind: 'stopped', by }
    }
  } finally {
    computation.return(undefined as never)
  }
}

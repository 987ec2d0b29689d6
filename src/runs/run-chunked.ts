/**
 * Runs a computation chunk by chunk: chooses the size of the next chunk, and stops when asked.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { AppError, StopReason } from '../errors.ts'
import type { ChunkSize } from '../core/chunked-scan.ts'
import { leave } from '../core/scope.ts'
import type { Env } from '../io/env.ts'

/** How long a chunk should take, in milliseconds: progress is shown and signals are handled in between. */
const CHUNK = 200

/** The examples in the first chunk, before the speed is known. */
const FIRST = 500

/** How it ended: with the result of the computation, stopped, or with the error of a listener. */
export type Ended<R> =
  | { readonly kind: 'done'; readonly value: R }
  | { readonly kind: 'stopped'; readonly by: StopReason }
  | { readonly kind: 'failed'; readonly error: AppError }

export type Listener<T> = {
  /** The examples done in the current phase, if the event says so. */
  readonly position: (event: T) => number | undefined
  /** Handles an event; it may be asynchronous, and may fail. */
  readonly onEvent: (event: T) => TaskEither<AppError, unknown> | undefined
  /** Handles the last event before the computation is stopped; its tensors are still there. */
  readonly onStop?: (event: T) => TaskEither<AppError, unknown> | undefined
}

/** Runs a computation to its end, or until the program is asked to stop. */
export const runChunked = async <T, R>(
  env: Env,
  computation: Generator<T, R, ChunkSize>,
  { position, onEvent, onStop }: Listener<T>,
): Promise<Ended<R>> => {
  const stopped = env.stopReason()
  if (stopped !== undefined) return { kind: 'stopped', by: stopped }
  let chunk = FIRST
  let last: number | undefined
  try {
    for (;;) {
      const before = env.now()
      const next = computation.next(chunk)
      if (next.done) return { kind: 'done', value: next.value }
      const done = position(next.value)
      if (last !== undefined && done !== undefined && done > last)
        chunk = ((done - last) / Math.max(env.now() - before, 0.1)) * CHUNK
      last = done
      const handled = await onEvent(next.value)?.()
      await env.yieldToEventLoop()
      const by = env.stopReason()
      const left = by === undefined ? undefined : await onStop?.(next.value)?.()
      for (const result of [handled, left])
        if (result !== undefined && E.isLeft(result)) return { kind: 'failed', error: result.left }
      if (by !== undefined) return { kind: 'stopped', by }
    }
  } finally {
    leave(computation)
  }
}

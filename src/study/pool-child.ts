/**
 * The child's side of a pool: does one task after the other, and tells the parent.
 */

/** What a child says to its parent. */
export type PoolMessage<Progress, Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly value: Progress }
  | { readonly kind: 'result'; readonly value: Result }
  | { readonly kind: 'threw'; readonly why: string }

/**
 * Serves the pool that has started this process, as long as that lives. Tasks come one at a time.
 *
 * @param work must let the parent be heard (a turn of the event loop) now and then: otherwise it outlives the parent
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- they are what the parent's pool has
export const servePool = <Task, Progress, Result>(
  work: (task: Task, tell: (progress: Progress) => void) => Promise<Result>,
): void => {
  // without a function to hear of it, a parent that has gone would be an error here
  const say = (message: PoolMessage<Progress, Result>): void =>
    void process.send?.(message, undefined, undefined, () => undefined)
  // Ctrl-C reaches every process at the terminal: it is the parent's to say what becomes of us
  process.on('SIGINT', () => undefined)
  process.on('disconnect', () => process.exit())
  process.on('message', (task: Task) => {
    work(task, value => say({ kind: 'progress', value })).then(
      value => say({ kind: 'result', value }),
      (error: unknown) =>
        say({ kind: 'threw', why: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  say({ kind: 'ready' })
}

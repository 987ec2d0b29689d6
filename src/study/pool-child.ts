/**
 * The child's side of a pool: it does one task after the other, and sends the results to its parent.
 */

/** A message from a child to its parent. */
export type PoolMessage<Progress, Result> =
  | { readonly kind: 'ready' }
  | { readonly kind: 'progress'; readonly value: Progress }
  | { readonly kind: 'notice'; readonly line: string }
  | { readonly kind: 'result'; readonly value: Result }
  | { readonly kind: 'threw'; readonly why: string }

/**
 * Serves the pool that has started this process, as long as the parent lives. Tasks come one at a time.
 *
 * @param work must return to the event loop now and then: otherwise this process does not notice that its parent is gone
 */
// eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters -- they are those of the parent's pool
export const servePool = <Task, Progress, Result>(
  work: (
    task: Task,
    onProgress: (progress: Progress) => void,
    onNotice: (line: string) => void,
  ) => Promise<Result>,
): void => {
  // without the callback, a parent that is gone would be an uncaught error here
  const send = (message: PoolMessage<Progress, Result>): void =>
    void process.send?.(message, undefined, undefined, () => undefined)
  // Ctrl-C reaches every process at the terminal: the parent decides when its children end
  process.on('SIGINT', () => undefined)
  process.on('disconnect', () => process.exit())
  process.on('message', (task: Task) => {
    work(
      task,
      value => send({ kind: 'progress', value }),
      line => send({ kind: 'notice', line }),
    ).then(
      value => send({ kind: 'result', value }),
      (error: unknown) =>
        send({ kind: 'threw', why: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
    )
  })
  send({ kind: 'ready' })
}

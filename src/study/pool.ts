/**
 * A pool of child processes that do tasks in parallel. A child that dies is replaced, and its task is done again: a
 * task must be harmless to do twice.
 *
 * Processes and not threads: TensorFlow's native backend does not survive a second thread.
 */
import { fork, type ChildProcess } from 'node:child_process'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { PoolMessage } from './pool-child.ts'

export type PoolOptions = {
  /** The module that a child runs; it calls `servePool`. */
  readonly entry: URL | string
  /** The largest number of children. */
  readonly jobs: number
  /** The children's environment. */
  readonly env: NodeJS.ProcessEnv
  /** Called with each different notice of the children once: all of them may have the same one. */
  readonly onNotice?: (line: string) => void
}

/**
 * Why a task has no result:
 *
 * - `closed`: the pool was closed before
 * - `lost`: every child that tried has died, the last by this signal, or with an exit code
 * - `threw`: the task threw an exception, and would throw it again
 */
export type PoolFailure =
  | { readonly kind: 'closed' }
  | { readonly kind: 'lost'; readonly why: string; readonly signal: NodeJS.Signals | undefined }
  | { readonly kind: 'threw'; readonly why: string }

export type Pool<Task, Progress, Result> = {
  /** Does a task, after those that were given before. */
  readonly run: (task: Task, onProgress?: (progress: Progress) => void) => TaskEither<PoolFailure, Result>
  /** Ends all children at once, even in the middle of a task. */
  readonly close: () => void
}

/** How many children may die of a task before it is given up. */
const TRIES = 3

/** How many characters of a child's standard error are kept, for the error message. */
const KEPT_STDERR = 2000

type Job<Task, Progress, Result> = {
  readonly task: Task
  readonly onProgress: (progress: Progress) => void
  readonly settle: (end: E.Either<PoolFailure, Result>) => void
  /** How many children have died of it. */
  readonly deaths: number
}

/** What a child is doing. It is given its first job when it says that it is ready. */
type ChildState<Task, Progress, Result> =
  | { readonly kind: 'starting' | 'working'; readonly job: Job<Task, Progress, Result> }
  | { readonly kind: 'idle' }

type PoolState<Task, Progress, Result> = {
  readonly options: PoolOptions
  readonly children: Map<ChildProcess, ChildState<Task, Progress, Result>>
  /** Jobs for which no child was free, in their order. */
  readonly waiting: Job<Task, Progress, Result>[]
  readonly notices: Set<string>
  closed: boolean
}

/** Opens a pool. Children start when there are tasks for them, and stay until it is closed. */
export const openPool = <Task, Progress, Result>(options: PoolOptions): Pool<Task, Progress, Result> => {
  const pool: PoolState<Task, Progress, Result> = {
    ...{ options, children: new Map(), waiting: [], notices: new Set() },
    closed: false,
  }
  return {
    run:
      (task, onProgress = () => undefined) =>
      () =>
        new Promise(settle => submit(pool, { task, onProgress, settle, deaths: 0 })),
    close: () => close(pool),
  }
}

const submit = <T, P, R>(pool: PoolState<T, P, R>, job: Job<T, P, R>): void => {
  const idle = [...pool.children].find(([, { kind }]) => kind === 'idle')?.[0]
  if (pool.closed) job.settle(E.left({ kind: 'closed' }))
  else if (idle !== undefined) assign(pool, idle, job)
  else if (pool.children.size < pool.options.jobs) start(pool, job)
  else pool.waiting.push(job)
}

/** Starts a child for a job. */
const start = <T, P, R>(pool: PoolState<T, P, R>, job: Job<T, P, R>): void => {
  const { entry, env } = pool.options
  const child = fork(entry, {
    env,
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  })
  pool.children.set(child, { kind: 'starting', job })
  let stderr = ''
  child.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-KEPT_STDERR)))
  child.on('error', error => (stderr += error.message))
  child.on('message', (message: PoolMessage<P, R>) => onMessage(pool, child, message))
  child.on('close', (code, signal) => {
    const cause = signal ?? `exit code ${String(code)}`
    onDeath(pool, child, stderr.trim() === '' ? cause : `${cause}: ${stderr.trim()}`, signal ?? undefined)
  })
}

/** Gives a job to a child that is ready for it. */
const assign = <T, P, R>(pool: PoolState<T, P, R>, child: ChildProcess, job: Job<T, P, R>): void => {
  pool.children.set(child, { kind: 'working', job })
  // that a child has died meanwhile is handled by its `close`
  child.send(job.task as object, () => undefined)
}

const onMessage = <T, P, R>(
  pool: PoolState<T, P, R>,
  child: ChildProcess,
  message: PoolMessage<P, R>,
): void => {
  const state = pool.children.get(child)
  if (state === undefined || state.kind === 'idle') return
  switch (message.kind) {
    case 'ready':
      assign(pool, child, state.job)
      break
    case 'progress':
      state.job.onProgress(message.value)
      break
    case 'notice':
      if (pool.notices.has(message.line)) break
      pool.notices.add(message.line)
      pool.options.onNotice?.(message.line)
      break
    case 'result':
    case 'threw': {
      const next = pool.waiting.shift()
      if (next === undefined) pool.children.set(child, { kind: 'idle' })
      else assign(pool, child, next)
      state.job.settle(message.kind === 'result' ? E.right(message.value) : E.left(message))
    }
  }
}

const onDeath = <T, P, R>(
  pool: PoolState<T, P, R>,
  child: ChildProcess,
  why: string,
  signal: NodeJS.Signals | undefined,
): void => {
  const state = pool.children.get(child)
  pool.children.delete(child)
  if (state === undefined || state.kind === 'idle') return
  const job = { ...state.job, deaths: state.job.deaths + 1 }
  if (job.deaths < TRIES) {
    start(pool, job)
    return
  }
  const next = pool.waiting.shift()
  if (next !== undefined) start(pool, next)
  job.settle(E.left({ kind: 'lost', why, signal }))
}

const close = <T, P, R>(pool: PoolState<T, P, R>): void => {
  pool.closed = true
  const unfinished = [
    ...[...pool.children.values()].flatMap(state => (state.kind === 'idle' ? [] : [state.job])),
    ...pool.waiting.splice(0),
  ]
  const children = [...pool.children.keys()]
  pool.children.clear()
  for (const child of children) child.kill('SIGKILL')
  for (const { settle } of unfinished) settle(E.left({ kind: 'closed' }))
}

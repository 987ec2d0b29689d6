/**
 * A pool of child processes, which do tasks side by side. A child that dies is replaced, and its task is done again:
 * so a task must be harmless to do twice.
 *
 * Processes and not threads: TensorFlow's native backend does not survive a second thread.
 */
import { fork, type ChildProcess } from 'node:child_process'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { PoolMessage } from './pool-child.ts'

export type PoolOptions = {
  /** The module that a child runs, and that calls `serve`. */
  readonly entry: URL | string
  /** The most children at a time. */
  readonly jobs: number
  /** The children's environment. */
  readonly env: NodeJS.ProcessEnv
}

/**
 * Why there is no result:
 *
 * - `closed`: the pool was closed before
 * - `lost`: each child that tried has died
 * - `threw`: the task is the cause; another try would end alike
 */
export type PoolFailure =
  | { readonly kind: 'closed' }
  | { readonly kind: 'lost'; readonly why: string }
  | { readonly kind: 'threw'; readonly why: string }

export type Pool<Task, Progress, Result> = {
  /** Has a task done, after those that were given before. */
  readonly run: (task: Task, hear?: (progress: Progress) => void) => TaskEither<PoolFailure, Result>
  /** Ends all children at once, whatever they do. */
  readonly close: () => void
}

/** How many children may die of a task before it is given up. */
const TRIES = 3

/** How much of what a child wrote on its standard error is kept. */
const LAST_WORDS = 2000

type Job<Task, Progress, Result> = {
  readonly task: Task
  readonly hear: (progress: Progress) => void
  readonly settle: (end: E.Either<PoolFailure, Result>) => void
  readonly deaths: number
}

/** Opens a pool. Children start when there are tasks for them, and stay until it is closed. */
export const openPool = <Task, Progress, Result>({
  entry,
  jobs,
  env,
}: PoolOptions): Pool<Task, Progress, Result> => {
  type Work = Job<Task, Progress, Result>
  const waiting: Work[] = []
  const busy = new Map<ChildProcess, Work>()
  const idle = new Set<ChildProcess>()
  let closed = false

  const start = (work: Work): void => {
    const child = fork(entry, {
      env,
      execArgv: [],
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    })
    busy.set(child, work)
    let words = ''
    child.stderr?.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-LAST_WORDS)))
    child.on('error', error => (words += error.message))
    child.on('message', (message: PoolMessage<Progress, Result>) => hear(child, message))
    child.on('close', (code, signal) => {
      const how = signal ?? `exit code ${String(code)}`
      gone(child, words.trim() === '' ? how : `${how}: ${words.trim()}`)
    })
  }

  const give = (child: ChildProcess): void => {
    const work = busy.get(child)
    // a child that died meanwhile is heard of by its `close`
    if (work !== undefined) child.send(work.task as object, () => undefined)
  }

  const hear = (child: ChildProcess, message: PoolMessage<Progress, Result>): void => {
    const work = busy.get(child)
    if (work === undefined) return
    switch (message.kind) {
      case 'ready':
        give(child)
        break
      case 'progress':
        work.hear(message.value)
        break
      case 'result':
      case 'threw': {
        busy.delete(child)
        const next = waiting.shift()
        if (next === undefined) idle.add(child)
        else busy.set(child, next)
        give(child)
        work.settle(message.kind === 'result' ? E.right(message.value) : E.left(message))
      }
    }
  }

  const gone = (child: ChildProcess, why: string): void => {
    const work = busy.get(child)
    busy.delete(child)
    idle.delete(child)
    if (work === undefined) return
    const again = { ...work, deaths: work.deaths + 1 }
    if (again.deaths < TRIES) start(again)
    else {
      const next = waiting.shift()
      if (next !== undefined) start(next)
      work.settle(E.left({ kind: 'lost', why }))
    }
  }

  return {
    run:
      (task, hear = () => undefined) =>
      () =>
        new Promise(settle => {
          if (closed) {
            settle(E.left({ kind: 'closed' }))
            return
          }
          const work = { task, hear, settle, deaths: 0 }
          const [child] = idle
          if (child !== undefined) {
            idle.delete(child)
            busy.set(child, work)
            give(child)
          } else if (busy.size < jobs) start(work)
          else waiting.push(work)
        }),
    close: () => {
      closed = true
      const unfinished = [...busy.values(), ...waiting.splice(0)]
      const children = [...busy.keys(), ...idle]
      busy.clear()
      idle.clear()
      for (const child of children) child.kill('SIGKILL')
      for (const { settle } of unfinished) settle(E.left({ kind: 'closed' }))
    },
  }
}

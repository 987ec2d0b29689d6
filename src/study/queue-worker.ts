/**
 * The side of a queue that does tasks.
 */
import { UnrecoverableError, WaitingError, Worker, type Job } from 'bullmq'
import * as E from 'fp-ts/lib/Either.js'
import type { Redis } from 'ioredis'
import { hostname } from 'node:os'
import type { QueueAddress } from './queue-address.ts'
import { connect, isRefusal, LOSSES, queueName, reasonOf, soon, type Log } from './queue-connection.ts'

/**
 * The end of a task at a worker:
 *
 * - `done`: with this result
 * - `closed`: the worker is closing; the task goes back to the queue
 * - `retry`: this worker cannot do it, another may: it goes to the end of the queue, a few times
 * - `failed`: no worker can do it; it is set aside
 */
export type WorkEnd<Result> =
  | { readonly kind: 'done'; readonly result: Result }
  | { readonly kind: 'closed' }
  | { readonly kind: 'retry' | 'failed'; readonly why: string }

export type WorkerOptions<Task, Result> = {
  readonly address: QueueAddress
  /** Only tasks of this topic are taken. */
  readonly topic: string
  /** How many tasks are done at a time. */
  readonly jobs: number
  /** A worker that is silent for this long, in seconds, counts as dead, and its tasks go to others. */
  readonly patience: number
  /** The task in the JSON of the queue, or what is wrong with it. */
  readonly decode: (json: unknown) => E.Either<string, Task>
  /** Does a task in another process: this one must renew its lock meanwhile. */
  readonly work: (task: Task) => Promise<WorkEnd<Result>>
  /** Called once at the start if no task of the topic waits, but tasks of these other topics do. */
  readonly onOtherTopics?: (topics: readonly string[]) => void
  /** Called if Redis refuses this user. */
  readonly onRefused: (why: string) => void
  readonly log: Log
}

/** What Redis did not receive is sent again after this time, in milliseconds. */
const RETRY = 1000

/**
 * Does the tasks of a queue.
 *
 * @returns closes it. `work` must then end all tasks with `closed`
 */
export const serveQueue = <Task, Result>({
  address,
  topic,
  jobs,
  patience,
  decode,
  work,
  onOtherTopics = () => undefined,
  onRefused,
  log,
}: WorkerOptions<Task, Result>): { readonly close: () => Promise<void> } => {
  const connection = connect(address, log, onRefused)
  const worker = new Worker<unknown, Result>(
    queueName(topic),
    async (job, token) => {
      const task = decode(job.data)
      return E.isLeft(task)
        ? settle(job, token, { kind: 'failed', why: `the task is malformed: ${task.left}` })
        : settle(job, token, await work(task.right))
    },
    {
      connection,
      name: `${hostname()}-${process.pid}`,
      concurrency: jobs,
      lockDuration: 1000 * patience,
      stalledInterval: 500 * patience,
      maxStalledCount: LOSSES,
      runRetryDelay: RETRY,
    },
  )
  void waitingTopics(connection).then(
    topics => {
      if (topics.length > 0 && !topics.includes(topic)) onOtherTopics(topics)
    },
    // the connection logs its own errors
    () => undefined,
  )
  let closing = false
  const logged = new Set<string>()
  worker.on('error', error => {
    const reason = reasonOf(error)
    if (isRefusal(error) && !closing) onRefused(reason)
    // the connection logs its own errors
    if (closing || /connection|ECONN|EPIPE|socket/i.test(reason) || logged.has(reason)) return
    logged.add(reason)
    log(`${address.shown}: ${reason}`)
  })
  return {
    close: async () => {
      closing = true
      // without Redis, nothing can be given back
      await soon(worker.close(connection.status !== 'ready'))
      connection.disconnect()
    },
  }
}

/** The topics that have waiting tasks. */
const waitingTopics = async (connection: Redis): Promise<readonly string[]> => {
  const [prefix, suffix] = [`bull:${queueName('')}`, ':wait']
  const pages = connection.scanStream({ match: `${prefix}*${suffix}`, count: 1000 }) as AsyncIterable<
    readonly string[]
  >
  const topics = new Set<string>()
  for await (const keys of pages) for (const key of keys) topics.add(key.slice(prefix.length, -suffix.length))
  return [...topics]
}

/** Tells BullMQ how a task has ended. */
const settle = async <Result>(job: Job, token = '', end: WorkEnd<Result>): Promise<Result> => {
  switch (end.kind) {
    case 'done':
      return end.result
    case 'closed':
      await job.moveToWait(token)
      throw new WaitingError()
    case 'retry':
      throw new Error(end.why)
    case 'failed':
      throw new UnrecoverableError(end.why)
  }
}

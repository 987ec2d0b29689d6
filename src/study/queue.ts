/**
 * A queue on Redis, which hands tasks to workers on any number of machines: a pool whose children are elsewhere. The only
 * file that knows of BullMQ.
 *
 * Redis is the way of a task and not its keeper. The one who asks writes what comes back into a journal, and only then
 * takes it out of Redis; what Redis has lost is asked for again. A task may so be done twice, and must be harmless to do
 * twice.
 */
import { Queue, WaitingError, Worker, type Job } from 'bullmq'
import * as E from 'fp-ts/lib/Either.js'
import { Redis } from 'ioredis'
import type { Pool, PoolFailure } from './pool.ts'
import { maskPasswords, type QueueAddress } from './queue-address.ts'

/** Changes when tasks or answers are written in another way. */
const NAME = 'network2-1'

/** How often it is looked for answers, in milliseconds. */
const POLL = 250

/** What is left by somebody who never comes back for it, in seconds. */
const KEPT = 7 * 24 * 3600

/** So many tasks go to Redis in one piece. */
const CHUNK = 500

/** How often a task may be lost with its worker, before it is the suspect. */
const LOSSES = 20

type Tell = (line: string) => void

export type QueueOptions<Task> = {
  readonly address: QueueAddress
  /** The name of a task: equal names are equal tasks. */
  readonly nameOf: (task: Task) => string
  readonly tell: Tell
}

type Waiting<Task, Result> = {
  readonly task: Task
  readonly hear: (share: number) => void
  readonly settle: (end: E.Either<PoolFailure, Result>) => void
}

/**
 * The side of the one who asks. While Redis is away, all wait.
 *
 * Answers are looked for, and not listened to: what was missed while either was away is there at the next look.
 */
export const openQueue = <Task, Result>({
  address,
  nameOf,
  tell,
}: QueueOptions<Task>): Pool<Task, number, Result> => {
  const connection = connect(address, tell)
  const queue = new Queue<Task>(NAME, {
    connection,
    // the events are for others who listen
    streams: { events: { maxLen: 100 } },
    defaultJobOptions: { removeOnComplete: { age: KEPT }, removeOnFail: { age: KEPT }, stackTraceLimit: 0 },
  })
  queue.on('error', () => undefined)
  const waiting = new Map<string, Waiting<Task, Result>>()
  const unsent = new Set<string>()
  let closed = false
  const isClosed = (): boolean => closed

  const send = async (): Promise<void> => {
    const names = [...unsent]
    for (let i = 0; i < names.length; i += CHUNK) {
      const chunk = names.slice(i, i + CHUNK)
      await queue.addBulk(
        // a name that is in the queue already is not added again, even where its answer is there
        chunk.flatMap(name => {
          const work = waiting.get(name)
          return work === undefined
            ? []
            : [{ name: 'task', data: work.task, opts: { jobId: name } } as Bulk<Task>]
        }),
      )
      for (const name of chunk) unsent.delete(name)
    }
  }

  const ended = async (): Promise<readonly string[]> => {
    const sets = await Promise.all(
      ['completed', 'failed'].map(set => connection.zrange(queue.toKey(set), '0', '-1')),
    )
    return sets.flat().filter(name => waiting.has(name))
  }

  const receive = async (name: string): Promise<void> => {
    const job = (await queue.getJob(name)) as Job<Task, Result> | undefined
    const work = waiting.get(name)
    if (job === undefined || work === undefined) return
    waiting.delete(name)
    const failed = job.failedReason as string | undefined
    work.hear(1)
    work.settle(failed === undefined ? E.right(job.returnvalue) : E.left({ kind: 'threw', why: failed }))
    // whoever asked has it in the journal after this turn
    await new Promise(resolve => setImmediate(resolve))
    await job.remove()
  }

  /** Another study may have taken the answer to the same task, or Redis have lost it. */
  const missing = async (): Promise<readonly string[]> => {
    const { wait = 0, active = 0 } = await queue.getJobCounts('wait', 'active')
    return wait + active === 0 ? [...waiting.keys()] : []
  }

  const look = async (): Promise<void> => {
    await send()
    const names = await ended()
    for (let i = 0; i < names.length; i += CHUNK) await Promise.all(names.slice(i, i + CHUNK).map(receive))
    if (names.length === 0 && waiting.size > 0) for (const name of await missing()) unsent.add(name)
  }

  const lookOn = async (): Promise<void> => {
    let troubled = false
    while (!closed) {
      try {
        await look()
        troubled = false
      } catch (error) {
        // closed meanwhile, it has lost its connection on purpose
        if (!troubled && !isClosed()) tell(`${address.shown}: ${reasonOf(error)}; trying again`)
        troubled = true
      }
      await new Promise(resolve => setTimeout(resolve, POLL))
    }
  }
  const looking = lookOn()

  return {
    run: (task, hear) => () =>
      new Promise(settle => {
        if (closed) {
          settle(E.left({ kind: 'closed' }))
          return
        }
        waiting.set(nameOf(task), { task, hear: hear ?? (() => undefined), settle })
        unsent.add(nameOf(task))
      }),
    close: () => {
      closed = true
      for (const { settle } of waiting.values()) settle(E.left({ kind: 'closed' }))
      waiting.clear()
      // an answer that was taken is still to be removed; all else stays in Redis, and can be gone on with
      void soon(looking).then(() => connection.disconnect())
    },
  }
}

type Bulk<Task> = Parameters<Queue<Task>['addBulk']>[0][number]

export type WorkerOptions<Task, Result> = {
  readonly address: QueueAddress
  /** Tasks at a time. */
  readonly jobs: number
  /** After so many seconds without a sign, a worker is taken for dead, and its tasks are given to others. */
  readonly patience: number
  /** Does a task in another process: this one must be free to give signs. */
  readonly work: (task: Task) => Promise<E.Either<PoolFailure, Result>>
  /** Whether an answer says that this worker, and not the task, is at fault: then it is for another to do. */
  readonly isUnfit: (answer: Result) => boolean
  readonly tell: Tell
}

/**
 * The side of a worker.
 *
 * @returns what ends it, once `work` comes to an end with `closed`: tasks that are not done go back to the queue
 */
export const serveQueue = <Task, Result>({
  address,
  jobs,
  patience,
  work,
  isUnfit,
  tell,
}: WorkerOptions<Task, Result>): { readonly close: () => Promise<void> } => {
  const connection = connect(address, tell)
  const giveBack = async (job: Job<Task>, token: string): Promise<never> => {
    await job.moveToWait(token)
    throw new WaitingError()
  }
  const told = new Set<string>()
  const worker = new Worker<Task, Result>(
    NAME,
    async (job, token = '') => {
      const end = await work(job.data)
      if (E.isRight(end)) return isUnfit(end.right) ? giveBack(job, token) : end.right
      if (end.left.kind === 'closed') return giveBack(job, token)
      throw new Error(end.left.why)
    },
    {
      connection,
      concurrency: jobs,
      lockDuration: 1000 * patience,
      stalledInterval: 500 * patience,
      maxStalledCount: LOSSES,
      runRetryDelay: RETRY,
    },
  )
  worker.on('error', error => {
    const reason = reasonOf(error)
    // the connection tells of itself
    if (closing || /connection|ECONN|EPIPE|socket/i.test(reason) || told.has(reason)) return
    told.add(reason)
    tell(`${address.shown}: ${reason}`)
  })
  let closing = false
  return {
    close: async () => {
      closing = true
      // where Redis is away, nothing can be given back
      await soon(worker.close(connection.status !== 'ready'))
      connection.disconnect()
    },
  }
}

/** What did not reach Redis is tried again after so many milliseconds. */
const RETRY = 1000

/** How long an end may take, in milliseconds: Redis may be away. */
const FAREWELL = 3000

const soon = async (end: Promise<unknown>): Promise<void> => {
  let timer: NodeJS.Timeout | undefined
  await Promise.race([end, new Promise(resolve => (timer = setTimeout(resolve, FAREWELL)))])
  clearTimeout(timer)
}

/** A connection that never gives up, and that says once when it is lost and once when it is back. */
const connect = ({ url, shown }: QueueAddress, tell: Tell): Redis => {
  const redis = new Redis(url, {
    maxRetriesPerRequest: null,
    retryStrategy: times => Math.min(100 * 2 ** times, 2000),
  })
  let lost = false
  redis.on('error', (error: unknown) => {
    if (!lost) tell(`${shown}: ${reasonOf(error)}; waiting for it`)
    lost = true
  })
  redis.on('ready', () => {
    if (lost) tell(`${shown}: there it is`)
    lost = false
  })
  return redis
}

/** Errors of a connection to several addresses of one host have a code and no message. */
const reasonOf = (error: unknown): string => {
  const { message = '', code } = error as { readonly message?: string; readonly code?: string }
  return maskPasswords(message === '' ? (code ?? String(error)) : message)
}

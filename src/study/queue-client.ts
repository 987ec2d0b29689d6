/**
 * The side of a queue that hands out tasks: a pool whose workers are on any number of machines.
 *
 * Redis is a transport; the journal is the source of truth. An answer is removed from Redis after the caller has written
 * it to its journal, and what Redis has lost is sent again. So a task may be done twice, and must be harmless to do twice.
 */
import { Queue } from 'bullmq'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import type { Redis } from 'ioredis'
import { parseJson } from '../io/json.ts'
import type { QueueAddress } from './queue-address.ts'
import { connect, isRefusal, LOSSES, queueName, reasonOf, soon, TRIES, type Log } from './queue-connection.ts'
import { counted, grouped } from '../format.ts'

/** How often the client looks for answers, in milliseconds. */
const POLL = 250

/** How long Redis keeps an answer that nobody takes, in seconds. */
const KEPT = 7 * 24 * 3600

/** How many tasks are sent in one request. */
const CHUNK = 500

/** How many characters of an error from a worker are shown. */
const SHOWN = 2000

export type QueueOptions<Task, Result> = {
  readonly address: QueueAddress
  /** Only workers of the same topic take these tasks. */
  readonly topic: string
  /** The name of a task: equal names mean equal tasks. */
  readonly nameOf: (task: Task) => string
  /** The result in the JSON that a worker has answered, or what is wrong with it. */
  readonly decode: (task: Task, json: unknown) => E.Either<string, Result>
  /** The largest answer to a task that is read, in bytes. */
  readonly largest: (task: Task) => number
  readonly log: Log
}

/**
 * Why a task has no result:
 *
 * - `closed`: the client was closed
 * - `failed`: the workers could not do it, and it is set aside
 * - `refused`: Redis refuses this user
 */
export type QueueFailure =
  { readonly kind: 'closed' } | { readonly kind: 'failed' | 'refused'; readonly why: string }

export type QueueClient<Task, Result> = {
  readonly run: (task: Task, onProgress?: (share: number) => void) => TaskEither<QueueFailure, Result>
  readonly close: () => void
}

/** A task without a result. */
type Pending<Task, Result> = {
  readonly task: Task
  readonly onProgress: (share: number) => void
  readonly settle: (end: E.Either<QueueFailure, Result>) => void
  /** The workers whose answers were refused, one for each refusal. */
  readonly refused: readonly string[]
}

type Client<Task, Result> = {
  readonly options: QueueOptions<Task, Result>
  readonly connection: Redis
  readonly queue: Queue<Task>
  readonly pending: Map<string, Pending<Task, Result>>
  /** The names of the pending tasks that are still to be sent. */
  readonly unsent: Set<string>
  /** The workers of whose answers a complaint was logged. */
  readonly unfit: Set<string>
  /** Why no more tasks can be done; undefined if they can. */
  end: Exclude<QueueFailure, { kind: 'failed' }> | undefined
}

/** Connects to a queue. While Redis cannot be reached, all tasks wait. */
export const openQueue = <Task, Result>(options: QueueOptions<Task, Result>): QueueClient<Task, Result> => {
  const connection = connect(options.address, options.log, why => end(client, { kind: 'refused', why }))
  const queue = new Queue<Task>(queueName(options.topic), {
    connection,
    // nobody here reads the events
    streams: { events: { maxLen: 100 } },
    defaultJobOptions: {
      attempts: TRIES,
      removeOnComplete: { age: KEPT },
      removeOnFail: { age: KEPT },
      stackTraceLimit: 0,
    },
  })
  // the connection logs its errors
  queue.on('error', () => undefined)
  const client: Client<Task, Result> = {
    ...{ options, connection, queue },
    pending: new Map(),
    unsent: new Set(),
    unfit: new Set(),
    end: undefined,
  }
  const polling = poll(client)
  return {
    run:
      (task, onProgress = () => undefined) =>
      () =>
        new Promise(settle => submit(client, { task, onProgress, settle, refused: [] })),
    close: () => {
      end(client, { kind: 'closed' })
      // an answer that was taken must still be removed; the rest stays in Redis, for the next client
      void soon(polling).then(() => connection.disconnect())
    },
  }
}

/** Ends all tasks; the first reason counts. */
const end = <T, R>(client: Client<T, R>, reason: NonNullable<Client<T, R>['end']>): void => {
  client.end ??= reason
  for (const { settle } of client.pending.values()) settle(E.left(client.end))
  client.pending.clear()
}

const submit = <T, R>(
  { options, pending, unsent, end: reason }: Client<T, R>,
  entry: Pending<T, R>,
): void => {
  if (reason !== undefined) {
    entry.settle(E.left(reason))
    return
  }
  const name = options.nameOf(entry.task)
  pending.set(name, entry)
  unsent.add(name)
}

/** Polls until the client is closed. Answers are never missed: those of a time without connection are found later. */
const poll = async <T, R>(client: Client<T, R>): Promise<void> => {
  const { address, log } = client.options
  const isClosed = (): boolean => client.end !== undefined
  let failing = false
  while (!isClosed()) {
    try {
      await exchange(client)
      failing = false
    } catch (error) {
      if (isRefusal(error)) end(client, { kind: 'refused', why: reasonOf(error) })
      // closed meanwhile, it has lost its connection on purpose
      if (!failing && !isClosed()) log(`${address.shown}: ${reasonOf(error)}; trying again`)
      failing = true
    }
    await new Promise(resolve => setTimeout(resolve, POLL))
  }
}

/** Sends what is unsent, takes the answers, and finds out what is lost. */
const exchange = async <T, R>(client: Client<T, R>): Promise<void> => {
  await send(client)
  const ended = await endedTasks(client)
  for (const chunk of chunks(ended)) await Promise.all(chunk.map(end => receive(client, end)))
  if (ended.length === 0 && client.pending.size > 0 && (await isEmpty(client)))
    // Redis has lost the tasks, or another client has taken the answers to the same ones
    for (const name of client.pending.keys()) client.unsent.add(name)
}

const chunks = <A>(list: readonly A[]): readonly (readonly A[])[] =>
  Array.from({ length: Math.ceil(list.length / CHUNK) }, (_, i) => list.slice(i * CHUNK, (i + 1) * CHUNK))

const send = async <T, R>({ queue, pending, unsent }: Client<T, R>): Promise<void> => {
  for (const chunk of chunks([...unsent])) {
    const jobs = chunk.flatMap(name => {
      const entry = pending.get(name)
      // a name that the queue has is not added again, even if the task is done
      return entry === undefined ? [] : [{ name: 'task', data: entry.task, opts: { jobId: name } }]
    })
    await queue.addBulk(jobs as Parameters<Queue<T>['addBulk']>[0])
    for (const name of chunk) unsent.delete(name)
  }
}

type EndedTask = { readonly name: string; readonly set: 'completed' | 'failed' }

const endedTasks = async <T, R>({
  connection,
  queue,
  pending,
}: Client<T, R>): Promise<readonly EndedTask[]> => {
  const sets = await Promise.all(
    (['completed', 'failed'] as const).map(async set =>
      (await connection.zrange(queue.toKey(set), '0', '-1')).map(name => ({ name, set })),
    ),
  )
  return sets.flat().filter(({ name }) => pending.has(name))
}

const isEmpty = async <T, R>({ queue }: Client<T, R>): Promise<boolean> => {
  const { wait = 0, active = 0 } = await queue.getJobCounts('wait', 'active')
  return wait + active === 0
}

/** Takes the answer to a task: settles it, or sends it again if the answer is not its result. */
const receive = async <T, R>(client: Client<T, R>, { name, set }: EndedTask): Promise<void> => {
  const entry = client.pending.get(name)
  if (entry === undefined) return
  const answer = set === 'failed' ? await failure(client, name) : await completion(client, name, entry.task)
  if (answer === undefined || !client.pending.delete(name)) return
  if (answer.kind === 'refused') {
    const again = { ...entry, refused: [...entry.refused, answer.worker] }
    complain(client, name, answer)
    await client.queue.remove(name)
    if (!isHopeless(again)) submit(client, again)
    else
      again.settle(
        E.left({ kind: 'failed', why: `workers answered with other things than its result: ${answer.why}` }),
      )
    return
  }
  entry.onProgress(1)
  entry.settle(answer.kind === 'failed' ? E.left(answer) : E.right(answer.result))
  // after this turn of the event loop the caller has written it to its journal
  await new Promise(resolve => setImmediate(resolve))
  await client.queue.remove(name)
}

type Answer<Result> =
  | { readonly kind: 'result'; readonly result: Result }
  | { readonly kind: 'failed'; readonly why: string }
  | { readonly kind: 'refused'; readonly worker: string; readonly why: string }

/** @returns undefined if another client has taken it */
const failure = async <T, R>(
  { connection, queue }: Client<T, R>,
  name: string,
): Promise<Answer<R> | undefined> => {
  const why = await connection.hget(queue.toKey(name), 'failedReason')
  return why === null ? undefined : { kind: 'failed', why: why.slice(0, SHOWN) }
}

/** @returns undefined if another client has taken it */
const completion = async <T, R>(
  { connection, queue, options: { decode, largest } }: Client<T, R>,
  name: string,
  task: T,
): Promise<Answer<R> | undefined> => {
  const key = queue.toKey(name)
  const [bytes, worker] = await Promise.all([
    connection.hstrlen(key, 'returnvalue'),
    connection.hget(key, 'pb'),
  ])
  const refused = (why: string): Answer<R> => ({
    kind: 'refused',
    worker: (worker ?? 'unknown').slice(0, 100),
    why,
  })
  if (bytes > largest(task))
    return refused(`it has ${counted(bytes, 'byte')}, the limit is ${grouped(largest(task))}`)
  const text = await connection.hget(key, 'returnvalue')
  if (text === null) return undefined
  const json = parseJson(text)
  const result = E.isLeft(json) ? json : decode(task, json.right)
  return E.isLeft(result) ? refused(result.left) : { kind: 'result', result: result.right }
}

/** Whether enough workers have shown that they cannot do a task, or one worker often enough. */
const isHopeless = <T, R>({ refused }: Pending<T, R>): boolean =>
  new Set(refused).size >= TRIES || refused.length >= LOSSES

/** Says once of each worker that its answers are refused. */
const complain = <T, R>(
  { options: { address, log }, unfit }: Client<T, R>,
  name: string,
  { worker, why }: Answer<R> & { readonly kind: 'refused' },
): void => {
  if (unfit.has(worker)) return
  unfit.add(worker)
  log(
    `${address.shown}: worker ${worker} is unfit: its answer to ${name} is not a result (${why}). ` +
      'The task goes back to the queue; stop that worker, and update it.',
  )
}

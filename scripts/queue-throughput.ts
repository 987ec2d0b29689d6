/**
 * The cost of the queue, and the speed-up of a second worker: `npm run queue-throughput [trials] [milliseconds]`.
 *
 * A trial here is a loop that keeps a core busy for some time: the transport is measured, and not the training. Each
 * worker is a process, as it would be on another machine.
 */
import { fork } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { parseQueueAddress, type QueueAddress } from '../src/study/queue-address.ts'
import { openQueue } from '../src/study/queue-client.ts'
import { serveQueue } from '../src/study/queue-worker.ts'
import { localRedis } from './local-redis.ts'
import { root } from './package.mjs'

const RUN = join(root, 'scripts', 'run.mjs')

/** Milliseconds: how long a trial took, and how long its worker had waited for it. */
type Answer = { readonly busy: number; readonly idle: number }

const TOPIC = 'throughput'

type Task = { readonly number: number; readonly milliseconds: number }

const print = (line: string): void => void process.stdout.write(`${line}\n`)

const localhost = (port: number): QueueAddress => {
  const address = parseQueueAddress(`redis://127.0.0.1:${port}`)
  if (E.isLeft(address)) throw new Error(address.left)
  return address.right
}

/** Keeps the core busy for some processor time. */
const keepBusy = ({ milliseconds }: Task): void => {
  const began = process.cpuUsage()
  for (;;) {
    for (let i = 0; i < 20_000; i++) Math.sqrt(i)
    const { user, system } = process.cpuUsage(began)
    if (user + system >= 1000 * milliseconds) return
  }
}

/** A worker: it does one trial at a time, in a child process, as a real one does. */
const work = (port: number): void => {
  const child = fork(RUN, ['queue-throughput', 'child'])
  let free: number | undefined
  serveQueue<Task, Answer>({
    address: localhost(port),
    topic: TOPIC,
    jobs: 1,
    patience: 60,
    work: task =>
      new Promise(resolve => {
        const began = performance.now()
        const idle = free === undefined ? 0 : began - free
        child.once('message', () => {
          free = performance.now()
          resolve({ kind: 'done', result: { busy: free - began, idle } })
        })
        child.send(task)
      }),
    decode: json => E.right(json as Task),
    onRefused: line => process.stderr.write(`${line}\n`),
    log: line => process.stderr.write(`${line}\n`),
  })
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}

type Measured = { readonly seconds: number; readonly overhead: number }

/** All trials with some workers: the seconds, and how long a worker waits, as a share of its trials' time. */
const measured = async (
  port: number,
  workers: number,
  trials: number,
  milliseconds: number,
): Promise<Measured> => {
  const children = Array.from({ length: workers }, () =>
    fork(RUN, ['queue-throughput', 'worker', String(port)]),
  )
  await Promise.all(children.map(child => new Promise(resolve => child.once('message', resolve))))
  const queue = openQueue<Task, Answer>({
    address: localhost(port),
    topic: TOPIC,
    decode: (_task, json) => E.right(json as Answer),
    largest: () => 1000,
    nameOf: ({ number }) => `${workers}-${number}`,
    log: line => process.stderr.write(`${line}\n`),
  })
  const run = async (number: number): Promise<Answer> => {
    const end = await queue.run({ number, milliseconds })()
    if (E.isLeft(end)) throw new Error(`trial ${number} was not done: ${end.left.kind}`)
    return end.right
  }
  // the first trial of each worker includes its start, and is not measured
  await Promise.all(children.map((_, i) => run(trials + i)))
  const began = performance.now()
  const answers = await Promise.all(Array.from({ length: trials }, (_, number) => run(number)))
  const seconds = (performance.now() - began) / 1000
  queue.close()
  for (const child of children) child.kill()
  const sum = (of: (answer: Answer) => number): number => answers.reduce((total, one) => total + of(one), 0)
  // before the first trial of each worker the queue was empty
  const waits = answers.map(({ idle }) => idle).toSorted((a, b) => a - b)
  const idle = waits.slice(0, -workers).reduce((total, wait) => total + wait, 0)
  return { seconds, overhead: idle / sum(({ busy }) => busy) }
}

const withRedis = async (use: (port: number) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'network2-queue-'))
  const redis = await localRedis(folder)
  try {
    await redis.start()
    await use(redis.port)
  } finally {
    await redis.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

const [role, ...words] = process.argv.slice(2)
if (role === 'child')
  process.on('message', task => {
    keepBusy(task as Task)
    process.send?.('done')
  })
else if (role === 'worker') work(Number(words[0]))
else
  await withRedis(async port => {
    const [trials = 40, milliseconds = 1000] = [role, ...words].filter(word => word !== undefined).map(Number)
    print(`${trials} trials of ${milliseconds} ms of a core each`)
    const share = ({ overhead }: Measured): string => `${(100 * overhead).toFixed(2)} %`
    const one = await measured(port, 1, trials, milliseconds)
    print(`one worker: ${one.seconds.toFixed(2)} s; it waits for ${share(one)} of the time of its trials`)
    const two = await measured(port, 2, trials, milliseconds)
    print(`two workers: ${two.seconds.toFixed(2)} s; each waits for ${share(two)}`)
    print(`ratio: ${(one.seconds / two.seconds).toFixed(2)}`)
  })

/**
 * How much two workers do of what one does, and what the queue costs: `npm run queue-throughput [trials] [milliseconds]`.
 *
 * A trial here is a loop that keeps a core busy for some time: what is measured is the way of a trial and not training.
 * Each worker has a process of its own, as on another machine.
 */
import { fork, spawn } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as E from 'fp-ts/lib/Either.js'
import { addressOf, type Address } from '../src/experiment/queue-address.ts'
import { openQueue, serveQueue } from '../src/experiment/queue.ts'

type Task = { readonly number: number; readonly milliseconds: number }

const say = (line: string): void => void process.stdout.write(`${line}\n`)

const localhost = (port: number): Address => {
  const address = addressOf(`redis://127.0.0.1:${port}`)
  if (E.isLeft(address)) throw new Error(address.left)
  return address.right
}

/** Keeps the core busy, and counts the work: the time that another process takes is not done by us. */
const busy = ({ milliseconds }: Task): number => {
  const began = process.cpuUsage()
  for (;;) {
    for (let i = 0; i < 20_000; i++) Math.sqrt(i)
    const { user, system } = process.cpuUsage(began)
    if (user + system >= 1000 * milliseconds) return user + system
  }
}

/** A worker: it takes a trial at a time, and does it in a child, as a real one does. */
const work = (port: number): void => {
  const child = fork(fileURLToPath(import.meta.url), ['child'])
  serveQueue<Task, number>({
    address: localhost(port),
    jobs: 1,
    patience: 60,
    work: task =>
      new Promise(resolve => {
        child.once('message', answer => resolve(E.right(answer as number)))
        child.send(task)
      }),
    isUnfit: () => false,
    tell: line => process.stderr.write(`${line}\n`),
  })
  process.on('disconnect', () => process.exit())
  process.send?.('ready')
}

/** Seconds for all trials with so many workers. */
const seconds = async (port: number, workers: number, trials: number, milliseconds: number): Promise<number> => {
  const children = Array.from({ length: workers }, () =>
    fork(fileURLToPath(import.meta.url), ['worker', String(port)]),
  )
  await Promise.all(children.map(child => new Promise(resolve => child.once('message', resolve))))
  const queue = openQueue<Task, number>({
    address: localhost(port),
    nameOf: ({ number }) => `${workers}-${number}`,
    tell: line => process.stderr.write(`${line}\n`),
  })
  const run = (number: number): Promise<unknown> => queue.run({ number, milliseconds })()
  // the first of each worker pays for its start
  await Promise.all(children.map((_, i) => run(-1 - i)))
  const began = performance.now()
  await Promise.all(Array.from({ length: trials }, (_, number) => run(number)))
  const took = (performance.now() - began) / 1000
  queue.close()
  for (const child of children) child.kill()
  return took
}

const withRedis = async (use: (port: number) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'network2-queue-'))
  const port = await new Promise<number>(resolve => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
  const redis = spawn('redis-server', ['--port', String(port), '--dir', folder, '--appendonly', 'yes'], {
    stdio: 'ignore',
  })
  try {
    await use(port)
  } finally {
    redis.kill()
    await rm(folder, { recursive: true, force: true })
  }
}

const [role, ...words] = process.argv.slice(2)
if (role === 'child') process.on('message', task => process.send?.(busy(task as Task)))
else if (role === 'worker') work(Number(words[0]))
else
  await withRedis(async port => {
    const [trials = 40, milliseconds = 1000] = [role, ...words].filter(word => word !== undefined).map(Number)
    say(`${trials} trials of ${milliseconds} ms of a core each`)
    const [one, two] = [
      await seconds(port, 1, trials, milliseconds),
      await seconds(port, 2, trials, milliseconds),
    ]
    const ideal = (trials * milliseconds) / 1000
    say(`one worker: ${one.toFixed(2)} s; overhead of the queue ${(100 * (one / ideal - 1)).toFixed(2)} %`)
    say(`two workers: ${two.toFixed(2)} s; ${(one / two).toFixed(2)} times as fast`)
  })

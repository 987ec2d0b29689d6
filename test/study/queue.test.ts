import * as E from 'fp-ts/lib/Either.js'
import { Redis } from 'ioredis'
import { describe, expect, it } from 'vitest'
import { parseQueueAddress, type QueueAddress } from '../../src/study/queue-address.ts'
import { openQueue, type QueueFailure } from '../../src/study/queue-client.ts'
import { queueName } from '../../src/study/queue-connection.ts'
import { serveQueue, type WorkEnd } from '../../src/study/queue-worker.ts'
import { PASSWORD, redisServer, withRedis, type Server } from '../support/redis.ts'

type Task = { readonly number: number }
type End = WorkEnd<unknown>

const TOPIC = 'squares'

const address = ({ url }: Server): QueueAddress => {
  const known = parseQueueAddress(url)
  if (E.isLeft(known)) throw new Error(known.left)
  return known.right
}

const nameOf = ({ number }: Task): string => `task-${number}`

const open = (server: Server, log: (line: string) => void = () => undefined) =>
  openQueue<Task, number>({
    address: address(server),
    topic: TOPIC,
    nameOf,
    decode: ({ number }, json) => (json === number ** 2 ? E.right(json) : E.left('it is no square')),
    largest: () => 20,
    log,
  })

type Work = (task: Task) => Promise<End>

const square: Work = ({ number }) => Promise.resolve({ kind: 'done', result: number ** 2 })

/** A worker, and the numbers that it was given. */
const serve = (
  server: Server,
  work: Work = square,
  log: (line: string) => void = () => undefined,
  jobs = 2,
  topic = TOPIC,
) => {
  const given: number[] = []
  const { close } = serveQueue<Task, unknown>({
    address: address(server),
    topic,
    jobs,
    patience: 1,
    decode: json => {
      const { number } = json as Task
      return Number.isFinite(number) ? E.right({ number }) : E.left('its number is missing')
    },
    work: task => {
      given.push(task.number)
      return work(task)
    },
    onRefused: log,
    log,
  })
  return { given, close }
}

const failed = (why: string): E.Either<QueueFailure, number> => E.left({ kind: 'failed', why })

const NUMBERS = [1, 2, 3, 4, 5, 6, 7, 8]

const squares = NUMBERS.map(number => E.right(number ** 2))

/** What is kept in Redis for tasks. */
const kept = async ({ url }: Server): Promise<readonly string[]> => {
  const redis = new Redis(url)
  try {
    return (await redis.keys('*task-*')).toSorted()
  } finally {
    redis.disconnect()
  }
}

const until = async (holds: () => boolean | Promise<boolean>): Promise<void> => {
  while (!(await holds())) await new Promise(resolve => setTimeout(resolve, 20))
}

/** Work that starts, and then waits until it is released. */
const gate = () => {
  let open = (): void => undefined
  const opened = new Promise<void>(resolve => (open = resolve))
  return { open, opened }
}

describe.skipIf(redisServer.isMissing)('a queue', redisServer.why, () => {
  it('has tasks done by workers, each once, and leaves nothing in Redis', () =>
    withRedis(async server => {
      const queue = open(server)
      const workers = [serve(server), serve(server)]
      const shares: number[] = []
      const ends = await Promise.all(
        NUMBERS.map(number => queue.run({ number }, share => shares.push(share))()),
      )
      expect(ends).toEqual(squares)
      expect(shares).toEqual(NUMBERS.map(() => 1))
      expect(workers.flatMap(({ given }) => given).toSorted()).toEqual(NUMBERS)
      await until(async () => (await kept(server)).length === 0)
      queue.close()
      await Promise.all(workers.map(({ close }) => close()))
    }))

  it('keeps answers for one who has gone, and gives them to the next who asks', () =>
    withRedis(async server => {
      const first = open(server)
      const left = NUMBERS.map(number => first.run({ number })())
      await until(async () => (await kept(server)).length === NUMBERS.length)
      first.close()
      expect(await Promise.all(left)).toEqual(NUMBERS.map(() => E.left({ kind: 'closed' })))
      const worker = serve(server)
      await until(() => worker.given.length === NUMBERS.length)
      await worker.close()

      const second = open(server)
      expect(await Promise.all(NUMBERS.map(number => second.run({ number })()))).toEqual(squares)
      second.close()
      expect(worker.given).toHaveLength(NUMBERS.length)
    }))

  it('continues when Redis is killed and restarted, and reports each once', () =>
    withRedis(async server => {
      const log: string[] = []
      const addLine = (line: string): void => void log.push(line)
      const queue = open(server, addLine)
      const { open: letGo, opened } = gate()
      const worker = serve(server, async task => {
        await opened
        return square(task)
      })
      const ends = Promise.all(NUMBERS.map(number => queue.run({ number })()))
      await until(() => worker.given.length > 0)
      await server.kill()
      letGo()
      await until(() => log.length === 1)
      await server.start()
      expect(await ends).toEqual(squares)
      expect(log).toHaveLength(2)
      expect(log[0]).toMatch(/^redis:\/\/\*\*\*@127\.0\.0\.1:\d+: .+; waiting for it$/)
      expect(log[1]).toMatch(/connected again$/)
      queue.close()
      await worker.close()
    }))

  it('asks again for what Redis has lost, or another has taken', () =>
    withRedis(async server => {
      const [queue, other] = [open(server), open(server)]
      const ends = Promise.all([queue, other].flatMap(({ run }) => NUMBERS.map(number => run({ number })())))
      await until(async () => (await kept(server)).length === NUMBERS.length)
      const redis = new Redis(server.url)
      await redis.flushall()
      redis.disconnect()
      const worker = serve(server)
      expect(await ends).toEqual([...squares, ...squares])
      queue.close()
      other.close()
      await worker.close()
    }))

  it('gives back what a closing worker has not done', () =>
    withRedis(async server => {
      const queue = open(server)
      const end = queue.run({ number: 3 })()
      const { open: letGo, opened } = gate()
      const ending = serve(server, async () => {
        await opened
        return { kind: 'closed' }
      })
      await until(() => ending.given.length === 1)
      const closed = ending.close()
      letGo()
      await closed
      const next = serve(server)
      expect(await end).toEqual(E.right(9))
      queue.close()
      await next.close()
    }))

  it('gives a task that a worker cannot do to another, and sets it aside after some tries', () =>
    withRedis(async server => {
      const queue = open(server)
      const begun: number[] = []
      const cannot: Work = ({ number }) => Promise.resolve({ kind: 'retry', why: `no tools for ${number}` })
      const worker = serve(
        server,
        task => {
          begun.push(task.number)
          return task.number === 1 || begun.length < 3 ? cannot(task) : square(task)
        },
        undefined,
        1,
      )
      const ends = await Promise.all([1, 2, 3].map(number => queue.run({ number })()))
      // it goes to the end of the queue: the good ones behind it are done
      expect(ends).toEqual([failed('no tools for 1'), E.right(4), E.right(9)])
      expect(begun).toEqual([1, 2, 3, 1, 2, 1])
      await until(async () => (await kept(server)).length === 0)
      queue.close()
      await worker.close()
    }))

  it('refuses what is not a result, names the worker, and has the task done again', () =>
    withRedis(async server => {
      const log: string[] = []
      const queue = open(server, line => log.push(line))
      const answers: unknown[] = [-9, 'x'.repeat(1000), 9]
      const worker = serve(server, () => Promise.resolve({ kind: 'done', result: answers.shift() }))
      expect(await queue.run({ number: 3 })()).toEqual(E.right(9))
      expect(worker.given).toEqual([3, 3, 3])
      // once for each worker
      expect(log).toEqual([
        expect.stringMatching(
          /worker \S+-\d+ is unfit: its answer to task-3 is not a result \(it is no square\)/,
        ),
      ])
      queue.close()
      await worker.close()
    }))

  it('does not read an answer that is too large', () =>
    withRedis(async server => {
      const log: string[] = []
      const queue = open(server, line => log.push(line))
      const answers: unknown[] = ['x'.repeat(3_000_000), 16]
      const worker = serve(server, () => Promise.resolve({ kind: 'done', result: answers.shift() }))
      expect(await queue.run({ number: 4 })()).toEqual(E.right(16))
      expect(log[0]).toContain('it has 3,000,002 bytes, the limit is 20')
      queue.close()
      await worker.close()
    }))

  it('sets a task aside to which workers never answer with a result', () =>
    withRedis(async server => {
      const queue = open(server)
      const worker = serve(server, () => Promise.resolve({ kind: 'done', result: -1 }))
      const end = await queue.run({ number: 4 })()
      expect(end).toMatchObject(
        E.left({ kind: 'failed', why: expect.stringContaining('it is no square') as string }),
      )
      expect(worker.given.length).toBe(20)
      queue.close()
      await worker.close()
    }))

  it('a worker sets a malformed task aside, and continues', () =>
    withRedis(async server => {
      const queue = open(server)
      const worker = serve(server)
      const ends = await Promise.all([NaN, 5].map(number => queue.run({ number })()))
      expect(ends).toEqual([failed('the task is malformed: its number is missing'), E.right(25)])
      queue.close()
      await worker.close()
    }))

  it('a worker of another topic takes nothing', () =>
    withRedis(async server => {
      const queue = open(server)
      const other = serve(server, square, undefined, 2, 'cubes')
      const mine = serve(server)
      expect(await Promise.all(NUMBERS.map(number => queue.run({ number })()))).toEqual(squares)
      expect(other.given).toEqual([])
      queue.close()
      await Promise.all([other.close(), mine.close()])
    }))

  it('gives the tasks of a silent worker to another one', () =>
    withRedis(async server => {
      const queue = open(server)
      const end = queue.run({ number: 4 })()
      // with one place only, so that it cannot take it again
      const silent = serve(server, () => new Promise(() => undefined), undefined, 1)
      await until(() => silent.given.length === 1)
      const redis = new Redis(server.url)
      // as if it had not been renewed in time
      await redis.del(`bull:${queueName(TOPIC)}:task-4:lock`)
      redis.disconnect()
      const other = serve(server)
      expect(await end).toEqual(E.right(16))
      queue.close()
      await Promise.all([silent.close(), other.close()])
    }))

  it('says why a task cannot be done, and tries it again when it is asked again', () =>
    withRedis(async server => {
      const queue = open(server)
      let times = 0
      const worker = serve(server, task =>
        times++ === 0 ? Promise.resolve({ kind: 'failed', why: 'it was too large' }) : square(task),
      )
      expect(await queue.run({ number: 5 })()).toEqual(failed('it was too large'))
      await until(async () => (await kept(server)).length === 0)
      expect(await queue.run({ number: 5 })()).toEqual(E.right(25))
      queue.close()
      await worker.close()
    }))

  it('waits if Redis is down, ends its tasks if the password is refused, and never prints the password', () =>
    withRedis(async server => {
      const log: string[] = []
      const addLine = (line: string): void => void log.push(line)
      const away = { ...server, url: server.url.replace(String(server.port), '1') }
      const wrong = { ...server, url: server.url.replace('hunter2', 'hunter3') }
      const asking = [away, wrong].map(each => open(each, addLine))
      const ends = Promise.all(asking.map(({ run }) => run({ number: 1 })()))
      const workers = [away, wrong].map(each => serve(each, square, addLine))
      const linesWith = (word: string): number => log.filter(line => line.includes(word)).length
      await until(() => linesWith('ECONNREFUSED') >= 2 && linesWith('WRONGPASS') >= 1)
      expect(await asking[1]!.run({ number: 2 })()).toMatchObject(E.left({ kind: 'refused' }))
      for (const each of asking) each.close()
      expect(await ends).toMatchObject([E.left({ kind: 'closed' }), E.left({ kind: 'refused' })])
      await Promise.all(workers.map(({ close }) => close()))
      for (const secret of [PASSWORD, encodeURIComponent(PASSWORD), 'hunter'])
        expect(log.join('\n')).not.toContain(secret)
    }))
})

/**
 * A simulation of a study on a thousand machines: `npm run simulate-queue -- [flags]`. Discrete events: one Redis, one
 * parent that writes the journal, and workers that do one trial at a time.
 *
 * It simulates a round of the search, in which all trials can run at once. Redis and the parent are servers that do one
 * operation after the other. The constants are flags; the defaults were measured with Redis 7.0 on one machine, by
 * Redis's own counts of its processor time and memory, and are rounded up.
 */
import { fold, generator, key } from '../src/core/rng.ts'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'

/** Times in seconds, sizes in bytes. */
const defaults = {
  workers: 1000,
  trials: 100_000,
  /** The duration of a trial, plus or minus the share `spread` of it. */
  trial: 20,
  spread: 0.5,
  /** Redis's time for a trial: to add it; to hand it out, and take the end of the one before; to read and remove its answer. */
  add: 60e-6,
  handOut: 200e-6,
  read: 80e-6,
  /** The interval at which a lock is renewed, and Redis's time for it. */
  renew: 30,
  renewal: 15e-6,
  /** The round trip to Redis. */
  network: 1e-3,
  /** The parent's time for an answer: to take it, and to write it to the disk. */
  take: 0.4e-3,
  sync: 0.6e-3,
  /** The size of a trial: in Redis while it waits, in Redis when it is done, and in the journal. */
  waiting: 1200,
  done: 2300,
  line: 430,
}

type Constants = typeof defaults

/** Does one operation after the other. `serve` is when an operation ends that arrives at `at` and takes `takes`. */
const server = () => {
  let free = 0
  let busy = 0
  return {
    serve: (at: number, takes: number): number => {
      free = Math.max(free, at) + takes
      busy += takes
      return free
    },
    busy: () => busy,
  }
}

/** A priority queue: the smallest number first. */
const heap = <A>() => {
  const items: { readonly at: number; readonly what: A }[] = []
  const swap = (i: number, j: number): void => {
    const item = items[i]!
    items[i] = items[j]!
    items[j] = item
  }
  return {
    push: (at: number, what: A): void => {
      items.push({ at, what })
      for (let i = items.length - 1; i > 0;) {
        const parent = (i - 1) >> 1
        if (items[parent]!.at <= items[i]!.at) break
        swap(i, parent)
        i = parent
      }
    },
    pop: (): { readonly at: number; readonly what: A } | undefined => {
      const first = items[0]
      const last = items.pop()
      if (first === undefined || last === undefined || items.length === 0) return first
      items[0] = last
      for (let i = 0; ;) {
        const [left, right] = [2 * i + 1, 2 * i + 2]
        let least = i
        if (left < items.length && items[left]!.at < items[least]!.at) least = left
        if (right < items.length && items[right]!.at < items[least]!.at) least = right
        if (least === i) return first
        swap(i, least)
        i = least
      }
    },
  }
}

type Simulated = {
  /** The time until the last answer is in the journal. */
  readonly seconds: number
  /** The share of their time that the workers train. */
  readonly efficiency: number
  /** The share of their time that Redis and the parent are busy. */
  readonly redis: number
  readonly parent: number
  /** The longest time from an answer to its line in the journal. */
  readonly lag: number
}

const simulate = (c: Constants): Simulated => {
  const [redis, parent] = [server(), server()]
  const luck = generator(fold(key(0), 0))
  const events = heap<'free' | 'done'>()
  // all trials are added before the first is handed out, as at the beginning of a study
  const added = redis.serve(0, c.add * c.trials)
  for (let i = 0; i < c.workers; i++) events.push(added + c.network, 'free')
  let left = c.trials
  let [training, ended, lag] = [0, 0, 0]
  for (let event = events.pop(); event !== undefined; event = events.pop()) {
    if (event.what === 'done') {
      const read = redis.serve(event.at, c.read)
      const kept = parent.serve(read + c.network, c.take + c.sync)
      lag = Math.max(lag, kept - event.at)
      ended = Math.max(ended, kept)
    } else if (left > 0) {
      left--
      const took = c.trial * (1 + c.spread * (2 * uniformFloat64(luck) - 1))
      const done =
        redis.serve(event.at, c.handOut + c.renewal * Math.floor(took / c.renew)) + c.network + took
      training += took
      events.push(done, 'done')
      events.push(done + c.network, 'free')
    }
  }
  return {
    seconds: ended,
    efficiency: training / (c.workers * ended),
    redis: redis.busy() / ended,
    parent: parent.busy() / ended,
    lag,
  }
}

const print = (line: string): void => void process.stdout.write(`${line}\n`)

/** `--trial 5` and the like. */
const given = process.argv.slice(2)
const constants: Constants = { ...defaults }
for (let i = 0; i < given.length; i += 2) {
  const name = given[i]!.slice(2) as keyof Constants
  if (!Object.hasOwn(defaults, name) || !(Number(given[i + 1]) >= 0)) {
    process.stderr.write(
      `${given[i]}: the flags are ${Object.keys(defaults).join(', ')}, with a number each\n`,
    )
    process.exit(2)
  }
  constants[name] = Number(given[i + 1])
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(0)} MB`
const { workers, trials, trial, add, handOut, read, take, sync, waiting, done, line } = constants

print(`${trials} trials of ${trial} s, plus or minus ${percent(constants.spread)}`)
for (const count of [1, 10, 100, workers, 2 * workers, 5 * workers, 10 * workers, 20 * workers]) {
  const { seconds, efficiency, redis, parent, lag } = simulate({ ...constants, workers: count })
  print(
    `${String(count).padStart(6)} workers: ${(seconds / 3600).toFixed(2).padStart(7)} hours; training ${percent(efficiency)} ` +
      `of their time; Redis busy ${percent(redis)}, parent ${percent(parent)}; an answer waits up to ${lag.toFixed(2)} s`,
  )
}
const [byRedis, byParent] = [1 / (handOut + read), 1 / (take + sync)]
print(`Redis keeps up with ${byRedis.toFixed(0)} trials a second: ${(byRedis * trial).toFixed(0)} workers`)
print(
  `the parent keeps up with ${byParent.toFixed(0)} trials a second: ${(byParent * trial).toFixed(0)} workers`,
)
print(
  `Redis holds ${megabytes(trials * waiting)} when all wait, and ${megabytes(trials * done)} if no answer is taken`,
)
print(`the journal has ${megabytes(trials * line)}; adding all takes ${(trials * add).toFixed(1)} s of Redis`)

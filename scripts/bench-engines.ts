/**
 * The engines beside each other, over width, batch and density; and beside other libraries where they are installed.
 *
 * Each is a process of its own, because a library's number of threads is fixed when it is loaded. All wait but the one that is measured,
 * in turns. A line of standard input is a training: the file of the images as float32 [n, 784] and their targets [n, 10], how
 * many of the images are trained on, the size of a mini-batch, and the sizes of the network; the answer is the seconds that it took. Memory and
 * compilation are in the first answer to a line, which is not counted.
 */
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Sizes } from '../src/core/params.ts'
import { builtFile } from './load.mjs'
import { root } from './package.mjs'
import { median } from './timing.ts'

const SIZES: readonly Sizes[] = [
  [784, 30, 10],
  [784, 100, 10],
  [784, 300, 10],
  [784, 512, 512, 10],
]
const BATCHES = [10, 100, 1000]
const ROUNDS = 5

/** Trained on in a round; what is shown is for an epoch of all. */
const IMAGES = 10_000

/** The Python of the project, or that of the system. */
export const PYTHON =
  [process.env.NETWORK2_PYTHON ?? '', join(root, '.venv', 'bin', 'python')].find(existsSync) ?? 'python3'

const HAND = 'C by hand'
const FLAGS = ['-O3', '-march=native', '-ffast-math']

type Command = {
  readonly name: string
  readonly command: readonly [program: string, ...args: string[]]
  readonly env?: NodeJS.ProcessEnv
  readonly isPeer?: true
  /** It is so slow that it trains on this part of the images. */
  readonly part?: number
}

const ours = (name: string, engine: string, threads: number): Command => ({
  name,
  command: [process.execPath, builtFile('scripts/bench-epoch.ts'), engine, String(threads)],
})

const ENGINES = [
  ours('C', 'c', 1),
  ours('C, 2 threads', 'c', 2),
  ours('WebAssembly', 'wasm', 1),
  ours('WebAssembly, 2 threads', 'wasm', 2),
  ours('XLA', 'xla', 1),
  ours('XLA, 2 threads', 'xla', 2),
]

const python = (name: string, library: string, threads: number): Command => ({
  name: threads === 1 ? name : `${name}, ${threads} threads`,
  command: [PYTHON, join(root, 'scripts', 'epoch_peers.py'), library, String(threads)],
  isPeer: true,
  env: {
    OMP_NUM_THREADS: String(threads),
    OPENBLAS_NUM_THREADS: String(threads),
  },
})

const peersIn = (folder: string): readonly Command[] => {
  const program = join(folder, 'epoch')
  const source = join(root, 'scripts', 'bench_epoch.c')
  const { status } = spawnSync('cc', [...FLAGS, '-w', source, '-o', program, '-lm'])
  console.log(`${HAND}: cc ${FLAGS.join(' ')}${status === 0 ? '' : ' does not compile it here'}`)
  const libraries = [
    ['NumPy', 'numpy'],
    ['JAX', 'jax'],
    ['PyTorch', 'torch'],
  ] as const
  return [
    { name: HAND, command: [program], isPeer: true },
    ...libraries.flatMap(([name, library]) => [python(name, library, 1), python(name, library, 2)]),
    { ...ours('TensorFlow.js', 'eager', 1), isPeer: true, part: 0.1 },
    { ...ours('TensorFlow.js, 2 threads', 'eager', 2), isPeer: true, part: 0.1 },
  ]
}

type Runner = Command & {
  /** The seconds of a training; NaN if it has ended. */
  readonly ask: (line: string) => Promise<number>
  readonly close: () => void
}

/** Starts a runner; undefined where it is not installed. */
const open = async (one: Command): Promise<Runner | undefined> => {
  const [program, ...args] = one.command
  const child = spawn(program, args, {
    env: { ...process.env, ...one.env },
    stdio: ['pipe', 'pipe', process.env.NETWORK2_DEBUG === '1' ? 'inherit' : 'ignore'],
  })
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const next = async (): Promise<string | undefined> => {
    const answer: IteratorResult<string, unknown> = await answers.next()
    return answer.done === true ? undefined : answer.value
  }
  const first = await next()
  if (first === 'ready')
    return {
      ...one,
      ask: async line => {
        child.stdin.write(`${line}\n`)
        return Number(await next())
      },
      close: () => child.stdin.end(),
    }
  console.log(`${one.name.padEnd(26)}${first ?? 'does not run here'}`)
  return undefined
}

const row = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(38) : cell.padStart(14))).join(''))

type Times = ReadonlyMap<string, readonly number[]>

const least = (times: Times, name: string): number => Math.min(...(times.get(name) ?? [NaN]))

/** The aims: the C engine beside C by hand and the fastest peer, WebAssembly beside the fastest peer with a thread, and what two threads gain. */
const ratios = (times: Times, peers: readonly string[]): readonly number[] => {
  const best = (names: readonly string[]): number =>
    Math.min(...names.map(name => least(times, name)).filter(Number.isFinite))
  const libraries = peers.filter(name => name !== HAND)
  return [
    least(times, 'C') / least(times, HAND),
    best(ENGINES.map(({ name }) => name)) / best(libraries),
    least(times, 'WebAssembly') / best(libraries.filter(name => !name.endsWith('threads'))),
    least(times, 'C') / least(times, 'C, 2 threads'),
    least(times, 'WebAssembly') / least(times, 'WebAssembly, 2 threads'),
  ]
}

/** What the titles of the cases begin with. */
const TITLE = 'engines: '

/**
 * @param wanted a part of a title
 * @param data the images [n, 784] of each kind, and the targets [n, 10]
 * @param examples how many images a round trains on
 */
export const benchEngines = async (
  wanted: string,
  {
    images,
    targets,
  }: { readonly images: Readonly<Record<string, () => Float32Array>>; readonly targets: Float32Array },
  withPeers: boolean,
  examples = IMAGES,
): Promise<void> => {
  const n = targets.length / 10
  const cases = Object.keys(images).flatMap(name =>
    SIZES.flatMap(sizes =>
      BATCHES.map(batch => ({
        ...{ name, sizes, batch },
        title: `${TITLE}[${sizes.join(', ')}], mini-batches of ${batch}, ${name}`,
      })),
    ),
  )
  const chosen = cases.filter(({ title }) => title.includes(wanted))
  if (chosen.length === 0) return
  console.log(
    `\n${TITLE}seconds an epoch of ${n} images, from ${Math.min(n, examples)}; ${ROUNDS} rounds, in turns, each after one that does not count; ratios of the least`,
  )
  const folder = mkdtempSync(join(tmpdir(), 'network2-bench-'))
  const runners: Runner[] = []
  const table: { readonly title: string; readonly cells: readonly number[] }[] = []
  try {
    for (const one of [...ENGINES, ...(withPeers ? peersIn(folder) : [])]) {
      const runner = await open(one)
      if (runner !== undefined) runners.push(runner)
    }
    const peers = runners.filter(({ isPeer }) => isPeer).map(({ name }) => name)
    const files = new Map<string, string>()
    for (const { name, sizes, batch, title } of chosen) {
      const file = files.get(name) ?? join(folder, `images-${files.size}`)
      if (!files.has(name)) {
        files.set(name, file)
        writeFileSync(
          file,
          Buffer.concat(
            [images[name]!(), targets].map(({ buffer, byteOffset, byteLength }) =>
              Buffer.from(buffer, byteOffset, byteLength),
            ),
          ),
        )
      }
      const times = new Map(runners.map(runner => [runner.name, [] as number[]]))
      /** The seconds of an epoch. */
      const measured = async ({ part = 1, ask }: Runner): Promise<number> => {
        const batches = Math.max(1, Math.floor((part * Math.min(examples, n - batch)) / batch))
        return (await ask([file, batches * batch, batch, ...sizes].join(' '))) * (n / (batches * batch))
      }
      for (const runner of [...runners]) {
        if (Number.isFinite(await measured(runner))) continue
        console.log(`${runner.name.padEnd(26)}ended: it is left out (NETWORK2_DEBUG=1 shows why)`)
        runners.splice(runners.indexOf(runner), 1)
      }
      for (let round = 0; round < ROUNDS; round++)
        // forwards and backwards, so that none always follows the same other one
        for (const runner of round % 2 === 0 ? runners : [...runners].reverse()) {
          // the caches and the threads are those of an epoch in the middle of a training
          await measured(runner)
          times.get(runner.name)!.push(await measured(runner))
        }
      console.log(`\n${title}`)
      row(['', 'least', 'median', 'x C'])
      for (const runner of runners) {
        const own = times.get(runner.name)!
        const ratio = least(times, runner.name) / least(times, 'C')
        row([runner.name, Math.min(...own).toFixed(4), median(own).toFixed(4), ratio.toFixed(2)])
      }
      table.push({ title: title.slice(TITLE.length), cells: ratios(times, peers) })
    }
  } finally {
    for (const { close } of runners) close()
    rmSync(folder, { recursive: true })
  }
  console.log('')
  row(['', 'C / by hand', 'best / peer', 'wasm / peer', 'C, gain of 2', 'wasm, of 2'])
  for (const { title, cells } of table)
    row([
      title.replace('mini-batches of ', ''),
      ...cells.map(cell => (Number.isFinite(cell) ? cell.toFixed(2) : '')),
    ])
}

/**
 * `npm run bench`: how long a step and an epoch take, on every backend and engine that is available.
 *
 * Everything is measured in one run, in turns: what counts are the ratios. The yardsticks are the same operations written by hand in one
 * loop; and with --peers, for the cases of "engines:", other libraries and a program in C. An argument chooses the cases whose title has it:
 * `npm run bench -- "[784, 30, 10], mini-batches of 10,"`, `npm run bench -- "fit"`. A second one is the number of images in an epoch of
 * the cases of `fit`, and in a round of those of "engines:".
 */
import {
  add,
  gather,
  matMul,
  memory,
  mul,
  scalar,
  setBackend,
  sigmoid,
  sub,
  sum,
  tensor1d,
  tensor2d,
  getBackend,
  type Tensor,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { loadBackend, type BackendName } from '../src/runtime/backend.ts'
import { density, oneHot, inputValues } from '../src/data/dataset.ts'
import { loadChosenData } from '../src/data/load.ts'
import { engines } from '../src/runtime/engine.ts'
import type { Batch } from '../src/core/network.ts'
import { initialValues, toParams, type Params, type Sizes } from '../src/core/params.ts'
import { key, normalNumbers, permutation } from '../src/core/rng.ts'
import { dispose, foldScoped } from '../src/core/scope.ts'
import { benchBrowser, browserTitle } from './bench-browser.ts'
import { benchEngines } from './bench-engines.ts'
import { benchFit } from './bench-fit.ts'
import { benchPage, pageTitle } from './bench-page.ts'
import { benchRuns, title } from './bench-runs.ts'
import { benchStart, startTitle } from './bench-start.ts'
import { benchTechniques, techniquesTitle } from './bench-techniques.ts'
import { benchUnrolled } from './bench-unrolled.ts'
import { median, timed } from './timing.ts'

const loaded = await loadChosenData({
  choice: 'auto',
  env: process.env,
  onNotice: line => console.error(line),
  onProgress: () => undefined,
})()
if (E.isLeft(loaded)) throw new Error(loaded.left.message)
const { training, name: dataName } = loaded.right
const n = training.size

/** Random pixels, with this fraction of dark ones. */
const noise = (dark: number): Float32Array => {
  const random = normalNumbers(key(9), n * 784)
  return inputValues(training.inputs).map((_, i) => {
    const size = Math.abs(random[i]!)
    return size < dark ? 0 : size / 4
  })
}

/** Images with different fractions of non-zero pixels: MNIST's own, half, or all. */
const images = {
  [dataName]: () => inputValues(training.inputs),
  '50 % lit': () => noise(0.674),
  '100 % lit': () => noise(0),
}
const targets = Float32Array.from(
  oneHot(training.desired.kind === 'labels' ? training.desired.labels : new Uint8Array(), 10),
)

type Case = {
  readonly sizes: Sizes
  readonly m: number
  readonly data: string
  readonly backends: readonly BackendName[]
  /** The fraction of an epoch that is timed for slow engines; the time of an epoch is extrapolated from it. */
  readonly steps: number
}

const ALL = ['native', 'wasm', 'cpu'] as const
const FAST = ['native', 'wasm'] as const

const CASES: readonly Case[] = [
  { sizes: [784, 30, 10], m: 10, data: dataName, backends: ALL, steps: 1000 },
  { sizes: [784, 100, 10], m: 10, data: dataName, backends: ALL, steps: 200 },
  { sizes: [784, 100, 10], m: 100, data: dataName, backends: ALL, steps: 100 },
  { sizes: [784, 30, 10], m: 10, data: '50 % lit', backends: FAST, steps: 200 },
  { sizes: [784, 30, 10], m: 10, data: '100 % lit', backends: FAST, steps: 200 },
  { sizes: [784, 100, 100, 10], m: 10, data: dataName, backends: FAST, steps: 100 },
]

/** The bare operations of a step, by hand: no cost, no layers, no interpreter. */
const byHand = (set: Batch, params: Params, m: number, steps: number): number => {
  const [{ w: w1, b: b1 }, { w: w2, b: b2 }] = params as unknown as [Params[0], Params[0]]
  const [rate, decay] = [scalar(0.5 / m), scalar(1)]
  const order = permutation(key(0), n)
  const step = ([w1, b1, w2, b2]: Tensor[], i: number): Tensor[] => {
    const rows = tensor1d(order.subarray(i * m, (i + 1) * m), 'int32')
    const [a0, y] = [gather(set.x, rows), gather(set.y, rows)]
    const a1 = sigmoid(add(matMul(a0, w1 as Tensor2D, false, true), b1!))
    const a2 = sigmoid(add(matMul(a1 as Tensor2D, w2 as Tensor2D, false, true), b2!))
    const d2 = sub(a2, y)
    const d1 = mul(matMul(d2 as Tensor2D, w2 as Tensor2D), mul(a1, sub(1, a1)))
    return [
      sub(mul(decay, w1!), mul(rate, matMul(d1 as Tensor2D, a0, true, false))),
      sub(b1!, mul(rate, sum(d1, 0))),
      sub(mul(decay, w2!), mul(rate, matMul(d2 as Tensor2D, a1 as Tensor2D, true, false))),
      sub(b2!, mul(rate, sum(d2, 0))),
    ]
  }
  const began = performance.now()
  const end = foldScoped(step)(
    [w1, b1, w2, b2],
    Array.from({ length: steps }, (_, i) => i),
  )
  const milliseconds = performance.now() - began
  dispose([end, rate, decay])
  return milliseconds
}

type Runner = {
  readonly name: string
  readonly examples: number
  readonly run: () => number
  readonly times: number[]
  first: number
}

const perStep = ({ times, examples }: Runner, m: number): number => median(times) / (examples / m)

const row = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(18) : cell.padStart(13))).join(''))

const ROUNDS = 7

/** All runners of a backend: its engines, and the operations by hand if the network has one hidden layer. */
const runnersOf = (backend: BackendName, { sizes, m, steps }: Case, set: Batch, params: Params): Runner[] => {
  const whole = Math.floor(n / m) * m
  // eager JavaScript and WebAssembly are ten times slower, so fewer steps are timed
  const some = (backend === 'native' ? steps : Math.ceil(steps / 8)) * m
  const runner = (name: string, examples: number, run: () => number): Runner => ({
    name,
    examples,
    run,
    times: [],
    first: 0,
  })
  return [
    ...engines(backend).map(([engine, make]) => {
      const interpreter = make()
      const examples = engine === 'eager' ? some : whole
      return runner(`${backend} ${engine}`, examples, () =>
        timed(interpreter, set, params, { miniBatchSize: m }, examples),
      )
    }),
    ...(sizes.length === 3
      ? [runner(`${backend} by hand`, some, () => byHand(set, params, m, some / m))]
      : []),
  ]
}

/** Products in an epoch: forward and gradient of the first layer where a pixel is lit; forward, error, gradient above. */
const multiplyAdds = ([inputs, first, ...above]: Sizes, lit: number): number =>
  n *
  (2 * lit * inputs * first + 3 * above.reduce((sum, outputs, l) => sum + outputs * [first, ...above][l]!, 0))

const titleOf = ({ sizes, m, data }: Case): string => `[${sizes.join(', ')}], mini-batches of ${m}, ${data}`

const bench = async (one: Case): Promise<void> => {
  const { sizes, m, data, backends } = one
  const pixels = images[data]!()
  console.log(`\n${titleOf(one)}`)
  row(['', 'ms/step', 's/epoch', 'x by hand', 'x XLA', 'first call s'])
  const open: { active: string; runners: Runner[]; close: () => void }[] = []
  for (const backend of backends) {
    if (E.isLeft(await loadBackend(backend)())) {
      console.log(`${backend.padEnd(18)}is not available here`)
      continue
    }
    const set = { x: tensor2d(pixels, [n, 784]), y: tensor2d(targets, [n, 10]) }
    const params = toParams(initialValues('default', key(1), sizes))
    const before = memory().numTensors
    const runners = runnersOf(backend, one, set, params)
    for (const runner of runners) runner.first = runner.run()
    if (memory().numTensors !== before) throw new Error(`${memory().numTensors - before} tensors leaked`)
    open.push({ active: getBackend(), runners, close: () => dispose([set, params]) })
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const { active, runners } of open) {
      await setBackend(active)
      // forwards and backwards, so that no runner always follows the same other one
      for (const { run, times } of round % 2 === 0 ? runners : [...runners].reverse()) times.push(run())
    }
  const all = open.flatMap(({ runners }) => runners)
  const xla = all.find(({ name }) => name === 'native xla')
  for (const { active, runners, close } of open) {
    const yardstick = runners.find(({ name }) => name.endsWith('by hand'))
    for (const runner of runners) {
      const ms = perStep(runner, m)
      row([
        runner.name,
        ms.toFixed(3),
        ((ms * Math.ceil(n / m)) / 1000).toFixed(3),
        yardstick === undefined ? '' : (ms / perStep(yardstick, m)).toFixed(2),
        xla === undefined ? '' : (ms / perStep(xla, m)).toFixed(2),
        (runner.first / 1000).toFixed(2),
      ])
    }
    await setBackend(active)
    close()
  }
  const lit = density({ kind: 'floats', width: 784, floats: pixels })
  const fastest = all.find(({ name }) => name === 'wasm wasm')
  if (fastest !== undefined) {
    const products = multiplyAdds(sizes, lit)
    const rate = products / ((perStep(fastest, m) * Math.ceil(n / m)) / 1000)
    console.log(
      `${(products / 1e9).toFixed(2)} G multiply-adds an epoch on lit pixels (${(100 * lit).toFixed(0)} %); wasm does ${(rate / 1e9).toFixed(1)} G/s`,
    )
  }
}

console.log(`${n} images, cross-entropy; medians of ${ROUNDS} rounds, in turns`)
const PEERS = '--peers'
const [wanted = '', examples] = process.argv.slice(2).filter(arg => arg !== PEERS)
for (const one of CASES) if (titleOf(one).includes(wanted)) await bench(one)
const count = examples === undefined ? undefined : Number(examples)
const { [dataName]: own, '100 % lit': allLit } = images
await benchEngines(
  wanted,
  { images: { [dataName]: own!, '100 % lit': allLit }, targets },
  process.argv.includes(PEERS),
  count,
)
await benchFit(wanted, { pixels: inputValues(training.inputs), targets }, count)
await benchUnrolled(wanted)
if (browserTitle.includes(wanted)) await benchBrowser(training, count)
if (techniquesTitle.includes(wanted)) await benchTechniques(training)
if (startTitle.includes(wanted)) await benchStart(loaded.right)
if (pageTitle.includes(wanted)) await benchPage()
if (title.includes(wanted)) benchRuns()

/**
 * `npm run bench`: how long a step and an epoch take, on every backend and engine that is here.
 *
 * Everything is measured in one run, in turns, and the median is shown: what counts are the ratios. The yardsticks
 * are the same operations written by hand in one loop, and NumPy where Python has it.
 */
import { spawnSync } from 'node:child_process'
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
import { loadBackend, type BackendName } from '../src/backend.ts'
import { crossEntropy } from '../src/cost.ts'
import { oneHot, values } from '../src/data/dataset.ts'
import { loadData } from '../src/data/load.ts'
import { engines } from '../src/engine.ts'
import type { Interpreter } from '../src/interpreter/index.ts'
import type { Batch } from '../src/network.ts'
import { initialValues, toParams, type Params } from '../src/params.ts'
import { fold, key, permutation } from '../src/rng.ts'
import { foldScoped, free } from '../src/scope.ts'
import { train } from '../src/train.ts'

const loaded = await loadData({
  choice: 'auto',
  env: process.env,
  onNotice: line => console.error(line),
  onProgress: () => undefined,
})()
if (E.isLeft(loaded)) throw new Error(loaded.left.message)
const { training, name: dataName } = loaded.right
const pixels = values(training.inputs)
const targets = oneHot(training.answers.kind === 'labels' ? training.answers.labels : new Uint8Array(), 10)
const n = training.size

const batch = (): Batch => ({ x: tensor2d(pixels, [n, 784]), y: tensor2d(targets, [n, 10]) })

const median = (numbers: readonly number[]): number =>
  [...numbers].sort((a, b) => a - b)[numbers.length >> 1]!

/** Milliseconds that a training takes for its first `examples`, without the start of the epoch. */
const timed = (interpreter: Interpreter, set: Batch, params: Params, m: number, examples: number): number => {
  const settings = {
    cost: crossEntropy,
    epochs: 1,
    miniBatchSize: m,
    eta: 0.5,
    lmbda: 0,
    order: (epoch: number) => permutation(fold(key(0), epoch), n),
  }
  const running = train(interpreter, settings, { training: set, observed: {} }, params)
  running.next()
  const began = performance.now()
  const after = running.next(examples)
  const milliseconds = performance.now() - began
  if (after.done) free(after.value)
  else {
    const end = running.next(1)
    running.return(params)
    if (end.done) free(end.value)
  }
  return milliseconds
}

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
  free([end, rate, decay])
  return milliseconds
}

const row = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(24) : cell.padStart(13))).join(''))

const ROUNDS = 5
/** Steps of the slow road that are timed; an epoch is reckoned from them. */
const STEPS = 400

console.log(`${n} images of ${dataName}, cross-entropy; medians of ${ROUNDS} rounds, in turns\n`)
for (const [hidden, m] of [
  [30, 10],
  [30, 100],
  [100, 10],
  [100, 100],
] as const) {
  console.log(`[784, ${hidden}, 10], mini-batches of ${m}`)
  row(['', 'ms/step', 's/epoch', 'x by hand', 'first call s'])

  for (const backend of ['native', 'wasm', 'cpu'] as const satisfies readonly BackendName[]) {
    if (E.isLeft(await loadBackend(backend)())) {
      console.log(`${backend} is not installed here`)
      continue
    }
    const active = getBackend()
    const set = batch()
    const params = toParams(initialValues('default', key(1), [784, hidden, 10]))
    const before = memory().numTensors
    // plain JavaScript is an order slower: fewer steps say as much
    const steps = Math.min(backend === 'native' ? STEPS : STEPS / 8, Math.floor(n / m))
    const runners: { name: string; examples: number; run: () => number; times: number[]; first: number }[] = [
      ...engines(backend).map(([engine, make]) => {
        const interpreter = make()
        const examples = engine === 'staged' ? Math.floor(n / m) * m : steps * m
        return {
          name: `${backend} ${engine}`,
          examples,
          run: () => timed(interpreter, set, params, m, examples),
          times: [],
          first: 0,
        }
      }),
      {
        name: `${backend}, by hand`,
        examples: steps * m,
        run: () => byHand(set, params, m, steps),
        times: [],
        first: 0,
      },
    ]
    for (const runner of runners) runner.first = runner.run()
    for (let round = 0; round < ROUNDS; round++) for (const { run, times } of runners) times.push(run())
    await setBackend(active)
    const leaked = memory().numTensors - before
    if (leaked !== 0) throw new Error(`${leaked} tensors leaked`)
    const perStep = ({ times, examples }: (typeof runners)[number]): number => median(times) / (examples / m)
    const yardstick = perStep(runners.at(-1)!)
    for (const runner of runners) {
      row([
        runner.name,
        perStep(runner).toFixed(3),
        ((perStep(runner) * Math.ceil(n / m)) / 1000).toFixed(3),
        (perStep(runner) / yardstick).toFixed(2),
        (runner.first / 1000).toFixed(2),
      ])
    }
    free([set, params])
  }
  const python = spawnSync(
    'python3',
    [new URL('numpy_epoch.py', import.meta.url).pathname, String(hidden), String(m), '4'],
    {
      input: Buffer.concat([Buffer.from(pixels.buffer), Buffer.from(targets.buffer)]),
      maxBuffer: 1e9,
      env: { ...process.env, OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1' },
    },
  )
  const epochs = python.stdout.toString().trim().split('\n').map(Number).slice(1)
  if (python.status === 0)
    row(['NumPy', ((median(epochs) * 1000) / Math.ceil(n / m)).toFixed(3), median(epochs).toFixed(3), '', ''])
  else console.log('NumPy is not installed here (pip install numpy)')
  console.log()
}

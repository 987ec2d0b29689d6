/**
 * `fit` of network2/layers on its engines beside `model.fit` of TensorFlow.js on its backends, and beside JAX and Keras where Python
 * has them; its memory; and what a step costs whose gradients are TensorFlow.js's, beside the one that is derived by hand.
 */
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs'
import * as E from 'fp-ts/lib/Either.js'
import { optim } from '../src/compiler/optim.ts'
import { valueAndGrad } from '../src/compiler/value-and-grad.ts'
import { wasm } from '../src/compiler/wasm/wasm.ts'
import { sigmoid } from '../src/core/activations/sigmoid.ts'
import { miniBatches } from '../src/core/chunked-scan.ts'
import { crossEntropy } from '../src/core/costs/cross-entropy.ts'
import { backprop } from '../src/core/network.ts'
import { initialValues, toParams, type Params } from '../src/core/params.ts'
import { key, permutation } from '../src/core/rng.ts'
import { dispose } from '../src/core/scope.ts'
import { fit, type FitOptions } from '../src/layers/fit-layers.ts'
import { loadBackend, type BackendName } from '../src/runtime/backend.ts'
import { cEngine, engines } from '../src/runtime/engine.ts'
import type { Interpreter } from '../src/core/scan.ts'
import { PYTHON } from './bench-engines.ts'
import { root } from './package.mjs'
import { median } from './timing.ts'

const BATCH = 32
const ROUNDS = 5

const { layers } = tf
const conv = (filters: number, options = {}): tf.layers.Layer =>
  layers.conv2d({ filters, kernelSize: 5, padding: 'same', activation: 'relu', ...options })
const pool = (): tf.layers.Layer => layers.maxPooling2d({ poolSize: 2 })
const dense = (units: number, options = {}): tf.layers.Layer =>
  layers.dense({ units, activation: 'relu', ...options })

type Model = {
  readonly name: string
  readonly title: string
  /** The shape of an image. */
  readonly shape: readonly number[]
  readonly layers: () => tf.layers.Layer[]
  /** The number of images in an epoch. The slowest runner takes some seconds for them. */
  readonly images: number
  /** Whether TensorFlow.js in plain JavaScript takes several seconds for a step, and is left out. */
  readonly tooSlowOnCpu?: boolean
}

const MODELS: readonly Model[] = [
  {
    name: 'dense',
    title: 'fit: 784-128-10, relu and softmax',
    shape: [784],
    layers: () => [dense(128, { inputShape: [784] })],
    images: 3200,
  },
  {
    name: 'lenet',
    title: 'fit: a convolutional network as LeNet',
    shape: [28, 28, 1],
    layers: () => [
      conv(6, { inputShape: [28, 28, 1] }),
      pool(),
      conv(16),
      pool(),
      layers.flatten(),
      dense(120),
      dense(84),
    ],
    images: 320,
    tooSlowOnCpu: true,
  },
  {
    name: 'lstm',
    title: 'fit: an LSTM over the rows of an image',
    shape: [28, 28],
    layers: () => [layers.lstm({ inputShape: [28, 28], units: 32 })],
    images: 320,
  },
]

const MEMORY = 'fit: memory over 1,000 steps'
const BY_HAND = 'fit: an epoch of [784, 30, 10] by valueAndGrad, and by hand'

/** The images [n, 784] and targets [n, 10] of the training set, one after the other. */
export type FitData = { readonly pixels: Float32Array; readonly targets: Float32Array }

/** Options of `model.fit`, which prints nothing then. */
const silent = <T extends object>(options: T): T => ({ ...options, verbose: 0 })

const made = ({ layers: stack }: Model): tf.LayersModel => {
  const model = tf.sequential({ layers: [...stack(), layers.dense({ units: 10, activation: 'softmax' })] })
  model.compile({ optimizer: tf.train.adam(0.001), loss: 'categoricalCrossentropy', metrics: ['accuracy'] })
  return model
}

/** A training that stops after each epoch until its turn comes. */
const inTurns = (train: (onEpochEnd: () => Promise<void>) => Promise<unknown>) => {
  let resume: (() => void) | undefined
  let arrived: () => void
  let failed: (error: unknown) => void
  let training: Promise<unknown> | undefined
  return {
    /** Milliseconds of the next epoch. */
    next: async (): Promise<number> => {
      const epoch = new Promise<void>((resolve, reject) => {
        arrived = resolve
        failed = reject
      })
      const began = performance.now()
      if (training === undefined) {
        training = train(
          () =>
            new Promise(resolve => {
              resume = resolve
              arrived()
            }),
        )
        training.catch((error: unknown) => {
          failed(error)
        })
      } else resume?.()
      await epoch
      return performance.now() - began
    },
    /** Ends it, where it has been told to stop. */
    end: async (): Promise<void> => {
      resume?.()
      await training?.catch(() => undefined)
    },
  }
}

type Runner = {
  readonly name: string
  /** The backend of TensorFlow.js on which it runs. */
  readonly active: string
  readonly run: ReturnType<typeof inTurns>
  readonly close: () => Promise<void>
  readonly times: number[]
  first: number
}

const row = (cells: readonly string[]): void =>
  console.log(cells.map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(15))).join(''))

const rest = async (runner: Runner, milliseconds: () => Promise<number>): Promise<number | undefined> => {
  await tf.setBackend(runner.active)
  try {
    return await milliseconds()
  } catch (error) {
    console.log(`${runner.name.padEnd(22)}refuses: ${(error as Error).message.split('\n')[0]!.slice(0, 110)}`)
    return undefined
  }
}

/** The runners that a backend is for: our `fit` with an engine, or `model.fit`. WebAssembly and C trace on the plain one. */
const RUNNERS: Readonly<Record<BackendName, readonly (readonly [name: string, make?: () => Interpreter])[]>> =
  {
    native: [['fit, XLA', () => engines('native')[0][1]()], ['model.fit, native']],
    wasm: [['model.fit, wasm']],
    cpu: [
      ['fit, WebAssembly', () => wasm()],
      ['fit, C', () => cEngine()],
      ['fit, C, 2 threads', () => cEngine({ threads: 2 })],
      ['model.fit, cpu'],
    ],
  }

const runnersOf = (model: Model, backend: BackendName, { pixels, targets }: FitData, n: number): Runner[] => {
  const active = tf.getBackend()
  const runners = RUNNERS[backend].filter(
    ([, make]) => make !== undefined || backend !== 'cpu' || model.tooSlowOnCpu !== true,
  )
  return runners.map(([name, make]): Runner => {
    const one = made(model)
    const x = tf.tensor(pixels.subarray(0, n * 784), [n, ...model.shape])
    const y = tf.tensor2d(targets.subarray(0, n * 10), [n, 10])
    const engine = make?.()
    const options = { epochs: ROUNDS + 2, batchSize: BATCH }
    const run = inTurns(onEpochEnd =>
      engine === undefined
        ? one.fit(x, y, silent({ ...options, callbacks: { onEpochEnd } }))
        : fit(one, x, y, { ...options, engine, onEpochEnd }),
    )
    const close = async (): Promise<void> => {
      one.stopTraining = true
      await run.end()
      one.optimizer.dispose()
      one.dispose()
      tf.dispose([x, y])
      engine?.dispose()
    }
    return { name, active, run, close, times: [], first: 0 }
  })
}

const peers = ({ name }: Model, { pixels, targets }: FitData, n: number, best: number): void => {
  const input = Buffer.concat([
    Buffer.from(pixels.buffer, pixels.byteOffset, n * 784 * 4),
    Buffer.from(targets.buffer, targets.byteOffset, n * 10 * 4),
  ])
  const script = join(root, 'scripts', 'fit_peers.py')
  const { stdout, status } = spawnSync(PYTHON, [script, name, String(ROUNDS + 1)], {
    input,
    maxBuffer: 1e8,
    env: { ...process.env, OMP_NUM_THREADS: '1', XLA_FLAGS: '--xla_cpu_multi_thread_eigen=false' },
  })
  const lines = status === 0 ? stdout.toString().trim().split('\n') : []
  for (const library of ['JAX', 'Keras']) {
    const times = lines
      .map(line => line.split(' '))
      .filter(([first, second]) => first === library && second !== 'absent')
      .map(([, seconds]) => 1000 * Number(seconds))
    if (times.length === 0) console.log(`${library.padEnd(22)}is not installed here (${PYTHON})`)
    else show(library, times, n, best)
  }
}

const show = (name: string, times: readonly number[], n: number, best: number, first?: number): void => {
  const steps = Math.ceil(n / BATCH)
  row([
    name,
    (Math.min(...times) / steps).toFixed(3),
    (median(times) / steps).toFixed(3),
    (best / median(times)).toFixed(1),
    first === undefined ? '' : (first / 1000).toFixed(2),
  ])
}

const benchModel = async (model: Model, data: FitData, images: number | undefined): Promise<void> => {
  const n = Math.min(images ?? model.images, data.targets.length / 10)
  console.log(`\n${model.title}: ${n} images, mini-batches of ${BATCH}, Adam; ${ROUNDS} epochs, in turns`)
  row(['', 'ms/step min', 'median', 'x model.fit', 'first epoch s'])
  const open: Runner[] = []
  for (const backend of ['native', 'wasm', 'cpu'] as const)
    if (E.isLeft(await loadBackend(backend)())) console.log(`${backend.padEnd(22)}is not available here`)
    else open.push(...runnersOf(model, backend, data, n))
  const running: Runner[] = []
  for (const runner of open) {
    const first = await rest(runner, runner.run.next)
    if (first !== undefined) {
      runner.first = first
      running.push(runner)
    }
  }
  for (let round = 0; round < ROUNDS; round++)
    for (const runner of round % 2 === 0 ? running : running.toReversed()) {
      await tf.setBackend(runner.active)
      runner.times.push(await runner.run.next())
    }
  const best = Math.min(
    ...running.filter(({ name }) => name.startsWith('model.fit')).map(({ times }) => median(times)),
  )
  for (const { name, times, first } of running) show(name, times, n, best, first)
  if (model.tooSlowOnCpu === true)
    console.log('model.fit, cpu        takes seconds for a step, and is left out')
  for (const { active, close } of open) {
    await tf.setBackend(active)
    await close()
  }
  peers(model, data, n, best)
}

/** Tensors and megabytes after the first 100 steps, and after 1,000 more. */
const benchMemory = async ({ pixels, targets }: FitData): Promise<void> => {
  console.log(`\n${MEMORY}: 784-128-10`)
  row(['', 'tensors', 'then', 'MB', 'then'])
  await loadBackend('cpu')()
  const n = Math.min(100 * BATCH, targets.length / 10)
  const train = async (name: string, options: FitOptions | undefined): Promise<void> => {
    const model = made(MODELS[0]!)
    const [x, y] = [
      tf.tensor2d(pixels.subarray(0, n * 784), [n, 784]),
      tf.tensor2d(targets.subarray(0, n * 10), [n, 10]),
    ]
    const seen: (readonly [number, number])[] = []
    const epochs = 1 + Math.ceil(1000 / (n / BATCH))
    const onEpochEnd = (): void => void seen.push([tf.memory().numTensors, process.memoryUsage.rss() / 1e6])
    if (options === undefined)
      await model.fit(
        x,
        y,
        silent({ epochs, batchSize: BATCH, callbacks: { onEpochEnd: onEpochEnd as never } }),
      )
    else await fit(model, x, y, { epochs, batchSize: BATCH, onEpochEnd, ...options })
    const [[tensors, bytes], [later, laterBytes]] = [seen[0]!, seen.at(-1)!]
    row([name, String(tensors), String(later), bytes.toFixed(0), laterBytes.toFixed(0)])
    model.optimizer.dispose()
    model.dispose()
    tf.dispose([x, y])
  }
  await train('fit, WebAssembly', {})
  if (E.isRight(await loadBackend('native')())) {
    const engine = engines('native')[0][1]()
    await train('fit, XLA', { engine })
    engine.dispose()
    await train('model.fit, native', undefined)
  }
}

/** Σ ln(1 + e^z) - y z: the cross-entropy of sigmoid neurons, whose error is a - y. */
const crossEntropyOf = (params: Params, x: tf.Tensor2D, y: tf.Tensor2D): tf.Scalar => {
  const z = params.reduce<tf.Tensor2D>(
    (a, { w, b }, l) => tf.add(tf.matMul(l === 0 ? a : tf.sigmoid(a), w, false, true), b),
    x,
  )
  return tf.sum(tf.sub(tf.softplus(z), tf.mul(y, z)))
}

/** From the parameters and a mini-batch to the gradient: TensorFlow.js's, and the book's. */
const GRADIENTS: Readonly<Record<string, (params: Params, x: tf.Tensor2D, y: tf.Tensor2D) => Params>> = {
  'by hand': (params, x, y) => backprop({ hidden: sigmoid, cost: crossEntropy })(params, { x, y }),
  valueAndGrad: (params, x, y) => valueAndGrad(crossEntropyOf)(params, x, y).grads,
}

const benchByHand = async ({ pixels, targets }: FitData, images: number | undefined): Promise<void> => {
  const m = 10
  const n = Math.floor(Math.min(images ?? Infinity, targets.length / 10) / m) * m
  console.log(`\n${BY_HAND}: ${n} images, mini-batches of ${m}; ${ROUNDS} epochs, in turns`)
  row(['', 's/epoch min', 'median', 'x by hand'])
  for (const backend of ['wasm', 'native'] as const) {
    if (E.isLeft(await loadBackend(backend)())) continue
    const data = {
      x: tf.tensor2d(pixels.subarray(0, n * 784), [n, 784]),
      y: tf.tensor2d(targets.subarray(0, n * 10), [n, 10]),
      rate: tf.scalar(0.5 / m),
    }
    const params = toParams(initialValues('default', key(1), [784, 30, 10]))
    const [rows] = miniBatches(permutation(key(0), n), m)
    const runs = Object.entries(GRADIENTS).map(([name, gradient]) => {
      const engine = engines(backend)[0][1]()
      const advance = engine.scan((now: Params, { x, y, rate }: typeof data, batch: tf.Tensor1D): Params => {
        const { init, update } = optim.sgd(rate)
        return update(gradient(now, tf.gather(x, batch), tf.gather(y, batch)), init(now), now).params
      })
      const run = (): number => {
        const began = performance.now()
        const end = advance(params, data, rows!, [0, n / m])
        const milliseconds = performance.now() - began
        dispose(end)
        return milliseconds
      }
      return { name: `${engine.name}, ${name}`, run, close: engine.dispose, times: [] as number[] }
    })
    for (const { run } of runs) run()
    for (let round = 0; round < ROUNDS; round++)
      for (const { run, times } of round % 2 === 0 ? runs : runs.toReversed()) times.push(run())
    for (const { name, times } of runs)
      row([
        name,
        (Math.min(...times) / 1000).toFixed(3),
        (median(times) / 1000).toFixed(3),
        (median(times) / median(runs[0]!.times)).toFixed(2),
      ])
    for (const { close } of runs) close()
    dispose([data, params, rows!])
  }
}

/** The cases whose title has these words. `images` is the number of images of an epoch, instead of that of each case. */
export const benchFit = async (wanted: string, data: FitData, images: number | undefined): Promise<void> => {
  for (const model of MODELS) if (model.title.includes(wanted)) await benchModel(model, data, images)
  if (BY_HAND.includes(wanted)) await benchByHand(data, images)
  if (MEMORY.includes(wanted)) await benchMemory(data)
}

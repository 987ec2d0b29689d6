/**
 * `fit` against TensorFlow.js's own `model.fit`: the same start, the same order of examples, the same weights and history.
 */
import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eager } from '../../src/compiler/eager.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'
import { fit } from '../../src/layers/fit-layers.ts'
import { xlaEngine } from '../../src/runs/promises.ts'
import { interpreterOf, pairs, useBackend } from '../support/engines.ts'
import { relativeError } from '../support/float64.ts'
import { isLong } from '../support/long.ts'
import { native } from '../support/needs.ts'

type Model = {
  readonly layers: () => tf.layers.Layer[]
  readonly x: readonly number[]
  /** The inputs are whole numbers below this, instead of numbers of a normal distribution. */
  readonly words?: number
  readonly optimizer?: () => tf.Optimizer
  readonly loss?: string
  readonly whole?: boolean
}

const { layers } = tf
const dense = (units: number, options = {}) => layers.dense({ units, ...options })

const models: Readonly<Record<string, Model>> = {
  'sigmoid, quadratic cost': {
    layers: () => [dense(6, { inputShape: [5], activation: 'sigmoid' }), dense(3, { activation: 'sigmoid' })],
    x: [5],
    optimizer: () => tf.train.sgd(0.5),
    loss: 'meanSquaredError',
  },
  'relu and softmax, Adam': {
    layers: () => [dense(8, { inputShape: [5], activation: 'relu' }), dense(3, { activation: 'softmax' })],
    x: [5],
  },
  'tanh, momentum': {
    layers: () => [dense(8, { inputShape: [5], activation: 'tanh' }), dense(3, { activation: 'softmax' })],
    x: [5],
    optimizer: () => tf.train.momentum(0.05, 0.9),
  },
  'Nesterov momentum': {
    layers: () => [dense(8, { inputShape: [5], activation: 'elu' }), dense(3, { activation: 'softmax' })],
    x: [5],
    optimizer: () => tf.train.momentum(0.05, 0.9, true),
  },
  'L2 penalties, rmsprop': {
    layers: () => [
      dense(8, { inputShape: [5], activation: 'relu', kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }) }),
      dense(3, { activation: 'softmax' }),
    ],
    x: [5],
    optimizer: () => tf.train.rmsprop(0.01, 0.9, 0.1),
  },
  'adagrad, whole numbers as targets': {
    layers: () => [
      dense(8, { inputShape: [5], activation: 'softplus' }),
      dense(3, { activation: 'softmax' }),
    ],
    x: [5],
    optimizer: () => tf.train.adagrad(0.1),
    loss: 'sparseCategoricalCrossentropy',
    whole: true,
  },
  'batch normalization': {
    layers: () => [
      // a bias would have no gradient but rounding, which Adam makes large
      dense(8, { inputShape: [5], useBias: false }),
      layers.batchNormalization(),
      layers.activation({ activation: 'relu' }),
      dense(3, { activation: 'softmax' }),
    ],
    x: [5],
  },
  'layer normalization': {
    layers: () => [
      dense(8, { inputShape: [5] }),
      layers.layerNormalization(),
      dense(3, { activation: 'softmax' }),
    ],
    x: [5],
  },
  'a convolutional network': {
    layers: () => [
      layers.conv2d({ inputShape: [8, 8, 1], filters: 3, kernelSize: 3, activation: 'relu' }),
      layers.maxPooling2d({ poolSize: 2 }),
      layers.flatten(),
      dense(3, { activation: 'softmax' }),
    ],
    x: [8, 8, 1],
  },
  'a simple recurrent network': {
    layers: () => [layers.simpleRNN({ inputShape: [4, 3], units: 5 }), dense(3, { activation: 'softmax' })],
    x: [4, 3],
  },
  'an LSTM': {
    layers: () => [layers.lstm({ inputShape: [4, 3], units: 5 }), dense(3, { activation: 'softmax' })],
    x: [4, 3],
  },
}

/** What stands in a model beside layers of one kind. */
const more: Readonly<Record<string, Model>> = {
  'an embedding': {
    layers: () => [
      layers.embedding({ inputDim: 7, outputDim: 4, inputLength: 3 }),
      layers.flatten(),
      dense(3, { activation: 'softmax' }),
    ],
    x: [3],
    words: 7,
  },
  'a GRU': {
    layers: () => [layers.gru({ inputShape: [4, 3], units: 5 }), dense(3, { activation: 'softmax' })],
    x: [4, 3],
  },
  'a bidirectional LSTM': {
    layers: () => [
      layers.bidirectional({
        layer: layers.lstm({ units: 3 }),
        inputShape: [4, 3],
        mergeMode: 'concat',
      }),
      dense(3, { activation: 'softmax' }),
    ],
    x: [4, 3],
  },
  'a dense layer at each time': {
    layers: () => [
      layers.timeDistributed({ layer: dense(4, { activation: 'tanh' }), inputShape: [3, 2] }),
      layers.flatten(),
      dense(3, { activation: 'softmax' }),
    ],
    x: [3, 2],
  },
  'a model within a model': {
    layers: () => [
      tf.sequential({
        layers: [
          dense(6, { inputShape: [5], activation: 'tanh' }),
          tf.sequential({ layers: [dense(4, { inputShape: [6], activation: 'relu' })] }),
        ],
      }),
      dense(3, { activation: 'softmax' }),
    ],
    x: [5],
  },
  'a layer that is not trained': {
    layers: () => [
      dense(6, { inputShape: [5], activation: 'tanh', trainable: false }),
      dense(3, { activation: 'softmax' }),
    ],
    x: [5],
  },
}

/** XLA takes seconds to compile a model: these have a layer of each kind, and the long tests have all models. */
const FOR_XLA = [
  ...['relu and softmax, Adam', 'batch normalization', 'a convolutional network'],
  ...['a simple recurrent network', 'an embedding'],
]

const modelsFor = (engine: string): readonly (readonly [string, Model])[] =>
  Object.entries({ ...models, ...more }).filter(
    ([name]) => engine !== 'xla' || isLong || FOR_XLA.includes(name),
  )

const N = 22

/** Options of `model.fit`, which prints nothing then. */
const silent = <T extends object>(options: T): T => ({ ...options, verbose: 0 })

/** A model with the weights of a seed. */
const compiled = ({
  layers: made,
  optimizer = () => tf.train.adam(0.01),
  loss = 'categoricalCrossentropy',
}: Model) => {
  const model = tf.sequential({ layers: made() })
  model.compile({ optimizer: optimizer(), loss, metrics: ['accuracy'] })
  const before = model.getWeights()
  const start = before.map((w, i) => {
    const size = w.size
    const numbers = normalNumbers(key(100 + i), size).map(x => 0.4 * x)
    // variances must be positive
    return tf.tensor(w.rank === 1 ? numbers.map(Math.abs) : numbers, w.shape)
  })
  model.setWeights(start)
  tf.dispose(start)
  return model
}

const dataFor = ({ x: shape, whole = false, words }: Model): { x: tf.Tensor; y: tf.Tensor } => {
  const size = shape.reduce((a, b) => a * b, 1)
  const labels = Int32Array.from({ length: N }, (_, i) => (i * 7) % 3)
  const numbers = normalNumbers(key(5), N * size)
  const inputs = words === undefined ? numbers : numbers.map(z => Math.floor(Math.abs(10 * z)) % words)
  const x = tf.tensor(inputs, [N, ...shape])
  return {
    x,
    y: whole
      ? tf.tensor2d(Float32Array.from(labels), [N, 1])
      : tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 3), 'float32')),
  }
}

const free = (tensors: readonly tf.Tensor[], made: readonly tf.LayersModel[]): void => {
  tf.dispose([...tensors])
  for (const model of made) {
    // TensorFlow.js types it as always there
    const optimizer = model.optimizer as tf.Optimizer | undefined
    optimizer?.dispose()
    // its own dispose leaves a number of TensorFlow.js's momentum
    tf.dispose(
      Object.values(optimizer ?? {}).filter(value => value instanceof tf.Tensor && !value.isDisposed),
    )
    const weights = model.weights.map(weight => weight.read())
    model.dispose()
    // nor those of a model within it
    tf.dispose(weights.filter(({ isDisposed }) => !isDisposed))
  }
}

const optimizersOf: Readonly<Record<string, () => tf.Optimizer>> = {
  sgd: () => tf.train.sgd(0.1),
  momentum: () => tf.train.momentum(0.05, 0.9),
  adagrad: () => tf.train.adagrad(0.1),
  rmsprop: () => tf.train.rmsprop(0.01, 0.9, 0.1),
  'centered rmsprop': () => tf.train.rmsprop(0.01, 0.9, 0.1, 1e-9, true),
  adam: () => tf.train.adam(0.01),
}

const numbersOf = (model: tf.LayersModel): number[][] => model.getWeights().map(w => [...w.dataSync()])

const OPTIONS = { epochs: 3, batchSize: 5, shuffle: false, validationSplit: 0.2 }

for (const pair of pairs.filter(({ engine }) => engine !== 'eager'))
  describe.skipIf(pair.needs.isMissing)(`fit on ${pair.engine}`, pair.needs.why, () => {
    let engine: Interpreter
    beforeAll(async () => {
      engine = await interpreterOf(pair)
      if (pair.engine === 'wasm') await useBackend('cpu')
    })
    afterAll(async () => {
      engine.dispose()
      await tf.setBackend('cpu')
    })

    it.each(modelsFor(pair.engine))('%s: the weights and the history of model.fit', async (_, model) => {
      const { x, y } = dataFor(model)
      const [ours, theirs] = [compiled(model), compiled(model)]
      const before = tf.memory().numTensors
      const { history } = await fit(ours, x, y, { ...OPTIONS, engine })
      const kept = tf.memory().numTensors - before
      const wanted = await theirs.fit(x, y, silent(OPTIONS))
      expect(kept, 'tensors that fit leaves: the state of the optimizer').toBe(
        tf.memory().numTensors - before - kept,
      )
      expect(relativeError(numbersOf(ours), numbersOf(theirs), 1e-2)).toBeLessThan(1e-3)
      for (const [name, values] of Object.entries(wanted.history))
        expect(relativeError([history[name] ?? []], [values as number[]], 1e-2), name).toBeLessThan(1e-3)
      free([x, y], [ours, theirs])
    })

    it('with dropout: the same masks as eager, other ones in each step, none in the validation', async () => {
      const model: Model = {
        layers: () => [
          dense(20, { inputShape: [5], activation: 'relu' }),
          layers.dropout({ rate: 0.5 }),
          dense(3, { activation: 'softmax' }),
        ],
        x: [5],
      }
      const { x, y } = dataFor(model)
      const trained = async (by: Interpreter, seed: number) => {
        const one = compiled(model)
        const { history } = await fit(one, x, y, { ...OPTIONS, seed, engine: by })
        const numbers = numbersOf(one)
        free([], [one])
        return { numbers, loss: history.loss! }
      }
      const [found, wanted, other] = [
        await trained(engine, 1),
        await trained(eager, 1),
        await trained(eager, 2),
      ]
      expect(relativeError(found.numbers, wanted.numbers, 1e-2)).toBeLessThan(1e-3)
      expect(relativeError([found.loss], [wanted.loss], 1e-2)).toBeLessThan(1e-3)
      expect(relativeError(other.numbers, wanted.numbers, 1e-2)).toBeGreaterThan(1e-2)
      tf.dispose([x, y])
    })
  })

describe('fit', () => {
  beforeAll(() => useBackend('cpu'))

  it.each(Object.entries(optimizersOf))(
    '%s: fit and model.fit continue from each other',
    async (_, optimizer) => {
      const model: Model = { ...models['relu and softmax, Adam']!, optimizer }
      const { x, y } = dataFor(model)
      const [ours, theirs, mixed] = [compiled(model), compiled(model), compiled(model)]
      const options = { batchSize: 11, shuffle: false, epochs: 1 }
      for (let i = 0; i < 3; i++) {
        await fit(ours, x, y, options)
        await theirs.fit(x, y, silent(options))
        await (i === 1 ? mixed.fit(x, y, silent(options)) : fit(mixed, x, y, options))
      }
      expect(relativeError(numbersOf(ours), numbersOf(theirs), 1e-2)).toBeLessThan(1e-3)
      expect(relativeError(numbersOf(mixed), numbersOf(theirs), 1e-2)).toBeLessThan(1e-3)
      const [found, wanted] = await Promise.all([ours, theirs].map(one => one.optimizer.getWeights()))
      expect(found!.map(({ tensor }) => tensor.shape)).toEqual(wanted!.map(({ tensor }) => tensor.shape))
      expect([...found![0]!.tensor.dataSync()]).toEqual([...wanted![0]!.tensor.dataSync()])
      tf.dispose([found![0]!.tensor, wanted![0]!.tensor])
      free([x, y], [ours, theirs, mixed])
    },
  )

  it('twice an epoch is two epochs, in the same orders and with the same masks', async () => {
    const model: Model = {
      layers: () => [
        dense(20, { inputShape: [5], activation: 'relu' }),
        layers.dropout({ rate: 0.5 }),
        dense(3, { activation: 'softmax' }),
      ],
      x: [5],
    }
    const { x, y } = dataFor(model)
    const [once, twice] = [compiled(model), compiled(model)]
    await fit(once, x, y, { batchSize: 5, epochs: 2 })
    await fit(twice, x, y, { batchSize: 5 })
    await fit(twice, x, y, { batchSize: 5 })
    expect(relativeError(numbersOf(once), numbersOf(twice), 1e-2)).toBeLessThan(1e-5)
    free([x, y], [once, twice])
  })

  it.each([false, true])('class weights, of whole numbers as targets: %s', async whole => {
    const model: Model = {
      ...models['adagrad, whole numbers as targets']!,
      loss: whole ? 'sparseCategoricalCrossentropy' : 'categoricalCrossentropy',
      whole,
    }
    const { x, y } = dataFor(model)
    const [ours, theirs] = [compiled(model), compiled(model)]
    const options = { ...OPTIONS, classWeight: { 0: 1, 1: 5, 2: 0.2 } }
    const { history } = await fit(ours, x, y, options)
    const wanted = await theirs.fit(x, y, silent(options))
    expect(relativeError(numbersOf(ours), numbersOf(theirs), 1e-2)).toBeLessThan(1e-3)
    expect(
      relativeError(
        [history.loss!, history.val_loss!],
        [wanted.history.loss, wanted.history.val_loss] as number[][],
        1e-2,
      ),
    ).toBeLessThan(1e-3)
    free([x, y], [ours, theirs])
  })

  it('a callback that throws: the model keeps the last whole epoch, and no tensor is left', async () => {
    const model = models['batch normalization']!
    const { x, y } = dataFor(model)
    const [ours, wanted] = [compiled(model), compiled(model)]
    await fit(wanted, x, y, { ...OPTIONS, epochs: 2 })
    const seen: number[][][] = []
    const before = tf.memory().numTensors
    await expect(
      fit(ours, x, y, {
        ...OPTIONS,
        onEpochEnd: epoch => {
          seen.push(numbersOf(ours))
          if (epoch === 1) throw new Error('enough')
        },
      }),
    ).rejects.toThrow('enough')
    // two numbers for each of the 5 weights that are trained: those of Adam
    expect(tf.memory().numTensors - before).toBe(10)
    expect(numbersOf(ours)).toEqual(numbersOf(wanted))
    expect(seen[0]).not.toEqual(seen[1])
    free([x, y], [ours, wanted])
  })

  it('model.stopTraining ends the training after the epoch, and a new learning rate counts', async () => {
    const model = models['relu and softmax, Adam']!
    const { x, y } = dataFor(model)
    const [ours, theirs] = [compiled(model), compiled(model)]
    const onEpochEnd = (one: tf.LayersModel) => (epoch: number) => {
      Object.assign(one.optimizer, { learningRate: 0.1 })
      if (epoch === 1) one.stopTraining = true
    }
    const { epoch } = await fit(ours, x, y, { ...OPTIONS, onEpochEnd: onEpochEnd(ours) })
    await theirs.fit(x, y, silent({ ...OPTIONS, callbacks: { onEpochEnd: onEpochEnd(theirs) as never } }))
    expect(epoch).toEqual([0, 1])
    expect(relativeError(numbersOf(ours), numbersOf(theirs), 1e-2)).toBeLessThan(1e-3)
    free([x, y], [ours, theirs])
  })
})

describe('fit refuses by name', () => {
  beforeAll(() => useBackend('cpu'))

  const quadratic = (optimizer: tf.Optimizer) => (model: tf.Sequential) =>
    model.compile({ optimizer, loss: 'meanSquaredError' })

  /** What fit says about a model; its weights stay, and no tensor is left. */
  const refusal = async (
    made: tf.layers.Layer[] = [dense(1, { inputShape: [2] })],
    options: object = {},
    change: (model: tf.Sequential) => void = quadratic(tf.train.sgd(0.1)),
  ): Promise<string> => {
    const model = tf.sequential({ layers: made })
    change(model)
    const shape = model.inputs[0]!.shape.slice(1) as number[]
    const [x, y] = [tf.ones([4, ...shape]), tf.ones([4, 1])]
    const [before, weights] = [tf.memory().numTensors, numbersOf(model)]
    try {
      await fit(model, x, y, options)
      return 'nothing'
    } catch (error) {
      expect(tf.memory().numTensors).toBe(before)
      expect(numbersOf(model)).toEqual(weights)
      return String(error)
    } finally {
      free([x, y], [model])
    }
  }

  it('a model without a loss', async () => {
    expect(await refusal(undefined, {}, () => undefined)).toContain(
      'the model has no loss; call model.compile',
    )
  })

  it('an optimizer', async () => {
    expect(await refusal(undefined, {}, quadratic(tf.train.adadelta()))).toContain(
      'the optimizer Adadelta is not supported; use sgd, momentum, adagrad, rmsprop or adam',
    )
  })

  it('a layer that draws random numbers', async () => {
    const noisy = [
      dense(2, { inputShape: [2] }),
      layers.gaussianNoise({ stddev: 1, name: 'noisy' }),
      dense(1),
    ]
    expect(await refusal(noisy)).toContain('the layer noisy (GaussianNoise) draws random numbers')
  })

  it('dropout within a layer that applies it in its own way', async () => {
    const inside = [
      layers.timeDistributed({ layer: layers.dropout({ rate: 0.5, name: 'inner' }), inputShape: [3, 2] }),
      layers.flatten(),
      dense(1),
    ]
    expect(await refusal(inside)).toContain('the layer inner (Dropout) is within another layer')
  })

  it('a layer with dropout of its own, when it is traced', async () => {
    const recurrent = [layers.lstm({ units: 2, inputShape: [3, 2], dropout: 0.5, name: 'reader' }), dense(1)]
    expect(await refusal(recurrent)).toMatch(
      /the layer reader \(LSTM\) cannot be compiled by the engine wasm: random numbers are drawn .*; use engine: 'eager' or model.fit/,
    )
  })

  it('a layer that keeps its state from batch to batch', async () => {
    const stateful = [
      layers.simpleRNN({ units: 2, batchInputShape: [4, 3, 2], stateful: true, name: 'keeper' }),
      dense(1),
    ]
    expect(await refusal(stateful)).toContain(
      'the layer keeper (SimpleRNN) keeps its state from batch to batch',
    )
    tf.dispose((stateful[0] as unknown as { readonly states_: tf.Tensor[] }).states_)
  })

  it('a layer with an operation that the engine does not have, within another model', async () => {
    const inner = tf.sequential({
      layers: [
        layers.conv3d({ inputShape: [2, 2, 2, 1], filters: 1, kernelSize: 2, name: 'solid' }),
        layers.flatten(),
      ],
    })
    const said = await refusal([dense(1, { inputShape: [2, 2, 2, 1], name: 'before' }), inner, dense(1)])
    expect(said).toContain(
      'the layer solid (Conv3D) cannot be compiled by the engine wasm: the kernel Conv3D',
    )
  })

  it('a loss that cannot be compiled', async () => {
    const said = await refusal(undefined, {}, model =>
      model.compile({
        optimizer: tf.train.sgd(0.1),
        loss: (y: tf.Tensor, a: tf.Tensor) => tf.mul(tf.sub(a, y), Math.random()),
      }),
    )
    expect(said).toMatch(
      /though each layer can: random numbers are drawn .* Look at the loss and the metrics/,
    )
  })

  it.each([
    [{ callbacks: {} }, 'callbacks: use onEpochEnd; an epoch is one call, so there is no onBatchEnd'],
    [{ verbose: 1 }, 'verbose: nothing is printed'],
    [{ sampleWeight: tf.Tensor }, 'sampleWeight: it is not supported'],
    [{ epoch: 3 }, 'epoch: there is no such option; there are epochs, batchSize'],
    [
      { engine: 'xla' },
      'engine is xla; it must be wasm, eager, or an engine (await xlaEngine() of network2/node',
    ],
    [{ classWeight: { 0: 1 } }, 'classWeight has no number for the class 1, which is in y'],
    [{ batchSize: 0 }, 'batchSize is 0'],
    [{ epochs: 1.5 }, 'epochs is 1.5'],
    [{ validationSplit: 1 }, 'validationSplit is 1'],
  ])('an option: %j', async (options, words) => {
    expect(await refusal(undefined, options)).toContain(words)
  })

  it('several inputs', async () => {
    const [a, b] = [tf.input({ shape: [2] }), tf.input({ shape: [2] })]
    const sum = layers.add().apply([a, b]) as tf.SymbolicTensor
    const model = tf.model({ inputs: [a, b], outputs: sum })
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' })
    const [x, y] = [tf.zeros([4, 2]), tf.zeros([4, 2])]
    await expect(fit(model, [x, x] as never, y)).rejects.toThrow('x and y are one tensor each')
    await expect(fit(model, x, y)).rejects.toThrow('the model has 2 inputs and 1 outputs')
    free([x, y], [model])
  })

  it('the state of an optimizer of another model', async () => {
    const optimizer = tf.train.adam(0.1)
    const made = [1, 2].map(units => {
      const model = tf.sequential({ layers: [dense(units, { inputShape: [2] })] })
      model.compile({ optimizer, loss: 'meanSquaredError' })
      return model
    })
    const x = tf.zeros([4, 2])
    const ys = [1, 2].map(units => tf.zeros([4, units]))
    await fit(made[0]!, x, ys[0]!)
    await expect(fit(made[1]!, x, ys[1]!)).rejects.toThrow(
      'the state of the optimizer belongs to other weights: [[float32[2,1],float32[1]],[float32[2,1],float32[1]]]',
    )
    made[1]!.dispose()
    free([x, ...ys], [made[0]!])
  })

  it('data of different lengths', async () => {
    const model = tf.sequential({ layers: [dense(1, { inputShape: [2] })] })
    const [x, y] = [tf.zeros([4, 2]), tf.zeros([3, 1])]
    await expect(fit(model, x, y)).rejects.toThrow('x has 4 examples, y has 3')
    tf.dispose([x, y])
    model.dispose()
  })
})

it("engine: 'eager' trains what no engine compiles", async () => {
  await useBackend('cpu')
  const start = tf.initializers.constant({ value: 0.3 })
  const model = tf.sequential({
    layers: [
      layers.conv3d({ inputShape: [2, 2, 2, 1], filters: 1, kernelSize: 2, kernelInitializer: start }),
      layers.flatten(),
      dense(1, { kernelInitializer: start }),
    ],
  })
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' })
  const [x, y] = [tf.ones([4, 2, 2, 2, 1]), tf.ones([4])]
  const { history } = await fit(model, x, y, { epochs: 20, engine: 'eager' })
  expect(history.loss!.at(-1)!).toBeLessThan(history.loss![0]! / 2)
  free([x, y], [model])
})

it.skipIf(native.isMissing)("xlaEngine of network2/node is an engine of fit's", native.why, async () => {
  const engine = await xlaEngine()
  const model = tf.sequential({ layers: [dense(1, { inputShape: [1] })] })
  model.compile({ optimizer: tf.train.sgd(0.3), loss: 'meanSquaredError' })
  const [x, y] = [tf.tensor1d([0, 1, 2]), tf.tensor1d([1, 3, 5])]
  const { history } = await fit(model, x, y, { epochs: 60, engine })
  expect(history.loss!.at(-1)).toBeLessThan(1e-3)
  expect(engine.compilations()).toBe(1)
  engine.dispose()
  free([x, y], [model])
  await useBackend('cpu')
})

it('targets may be a list of numbers, as in model.fit, and numbers whole', async () => {
  await useBackend('cpu')
  const model: Model = {
    layers: () => [dense(4, { inputShape: [1], activation: 'tanh' }), dense(1)],
    x: [1],
    loss: 'meanSquaredError',
  }
  const [ours, theirs] = [compiled(model), compiled(model)]
  const [x, y] = [tf.tensor1d([1, 2, 3, 4, 5], 'int32'), tf.tensor1d([1, 4, 9, 16, 25], 'int32')]
  const options = { batchSize: 2, epochs: 2, shuffle: false }
  await fit(ours, x, y, options)
  const given = [tf.tensor1d([1, 2, 3, 4, 5]), tf.tensor2d([[1], [4], [9], [16], [25]])] as const
  await theirs.fit(...given, silent(options))
  expect(relativeError(numbersOf(ours), numbersOf(theirs), 1e-2)).toBeLessThan(1e-3)
  free([x, y, ...given], [ours, theirs])
})

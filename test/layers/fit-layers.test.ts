/**
 * `fit` against TensorFlow.js's own `model.fit`: the same start, the same order of examples, the same weights and history.
 */
import * as tf from '@tensorflow/tfjs'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eager } from '../../src/compiler/eager.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'
import { fit } from '../../src/layers/fit-layers.ts'
import { interpreterOf, pairs, useBackend } from '../support/engines.ts'
import { relativeError } from '../support/float64.ts'

type Model = {
  readonly layers: () => tf.layers.Layer[]
  readonly x: readonly number[]
  readonly classes?: number
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

const N = 22

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

const dataFor = ({ x: shape, whole = false }: Model): { x: tf.Tensor; y: tf.Tensor } => {
  const size = shape.reduce((a, b) => a * b, 1)
  const labels = Int32Array.from({ length: N }, (_, i) => (i * 7) % 3)
  const x = tf.tensor(normalNumbers(key(5), N * size), [N, ...shape])
  return {
    x,
    y: whole
      ? tf.tensor2d(Float32Array.from(labels), [N, 1])
      : tf.tidy(() => tf.cast(tf.oneHot(tf.tensor1d(labels, 'int32'), 3), 'float32')),
  }
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

    it.each(Object.entries(models))('%s: the weights and the history of model.fit', async (_, model) => {
      const { x, y } = dataFor(model)
      const [ours, theirs] = [compiled(model), compiled(model)]
      const before = tf.memory().numTensors
      const { history } = await fit(ours, x, y, { ...OPTIONS, engine })
      expect(tf.memory().numTensors, 'tensors of fit').toBe(before)
      const wanted = await theirs.fit(x, y, OPTIONS)
      expect(relativeError(numbersOf(ours), numbersOf(theirs), 1e-2)).toBeLessThan(1e-3)
      for (const [name, values] of Object.entries(wanted.history))
        expect(relativeError([history[name] ?? []], [values as number[]], 1e-2), name).toBeLessThan(1e-3)
      tf.dispose([x, y])
      for (const { optimizer } of [ours, theirs]) {
        optimizer.dispose()
        // its own dispose leaves a number of TensorFlow.js's momentum
        tf.dispose(Object.values(optimizer).filter(value => value instanceof tf.Tensor && !value.isDisposed))
      }
      ours.dispose()
      theirs.dispose()
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
        one.optimizer.dispose()
        one.dispose()
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

describe('fit refuses by name', () => {
  const refusal = async (
    change: (model: tf.Sequential) => void,
    made: tf.layers.Layer[] = [dense(1, { inputShape: [2] })],
  ): Promise<string> => {
    const model = tf.sequential({ layers: made })
    change(model)
    const [x, y] = [tf.zeros([4, 2]), tf.zeros([4, 1])]
    try {
      await fit(model, x, y)
      return 'nothing'
    } catch (error) {
      return String(error)
    } finally {
      tf.dispose([x, y])
      // TensorFlow.js types it as always there
      ;(model.optimizer as tf.Optimizer | undefined)?.dispose()
      model.dispose()
    }
  }
  const compile = (optimizer: tf.Optimizer) => (model: tf.Sequential) =>
    model.compile({ optimizer, loss: 'meanSquaredError' })

  it('a model without a loss', async () => {
    expect(await refusal(() => undefined)).toContain('the model has no loss; call model.compile')
  })

  it('an optimizer', async () => {
    expect(await refusal(compile(tf.train.adadelta()))).toContain(
      'the optimizer Adadelta is not supported; use sgd, momentum, adagrad, rmsprop or adam',
    )
  })

  it('a layer that draws random numbers', async () => {
    const noisy = [
      dense(2, { inputShape: [2] }),
      layers.gaussianNoise({ stddev: 1, name: 'noisy' }),
      dense(1),
    ]
    expect(await refusal(compile(tf.train.sgd(0.1)), noisy)).toContain(
      'the layer noisy (GaussianNoise) draws random numbers',
    )
  })

  it('data of different lengths', async () => {
    const model = tf.sequential({ layers: [dense(1, { inputShape: [2] })] })
    const [x, y] = [tf.zeros([4, 2]), tf.zeros([3, 1])]
    await expect(fit(model, x, y)).rejects.toThrow('x has 4 examples, y has 3')
    tf.dispose([x, y])
    model.dispose()
  })
})

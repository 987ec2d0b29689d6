/**
 * The pure optimizers, eagerly and compiled, against the classes of TensorFlow.js; `adamw`, which it does not have, against float64.
 */
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { optim, type OptimState, type PureOptimizer, type Rate } from '../../src/compiler/optim.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { leaves } from '../../src/core/tree.ts'
import { interpreterOf, pairs } from '../support/engines.ts'
import { relativeError } from '../support/float64.ts'

type Pair = readonly [
  name: string,
  ours: (rate: Rate) => PureOptimizer,
  theirs: (rate: number) => tf.Optimizer,
]

const optimizers: readonly Pair[] = [
  ['sgd', optim.sgd, rate => tf.train.sgd(rate)],
  ['momentum', optim.momentum, rate => tf.train.momentum(rate, 0.9)],
  ['momentum of 0.5', rate => optim.momentum(rate, { momentum: 0.5 }), rate => tf.train.momentum(rate, 0.5)],
  ['nesterov', optim.nesterov, rate => tf.train.momentum(rate, 0.9, true)],
  ['adagrad', optim.adagrad, rate => tf.train.adagrad(rate)],
  ['rmsprop', optim.rmsprop, rate => tf.train.rmsprop(rate)],
  [
    'centered rmsprop with momentum',
    rate => optim.rmsprop(rate, { decay: 0.8, momentum: 0.3, epsilon: 1e-9, centered: true }),
    // TensorFlow.js subtracts this number where it should add it
    rate => tf.train.rmsprop(rate, 0.8, 0.3, -1e-9, true),
  ],
  ['adam', optim.adam, rate => tf.train.adam(rate)],
  [
    'adam with other settings',
    rate => optim.adam(rate, { beta1: 0.7, beta2: 0.9, epsilon: 1e-3 }),
    rate => tf.train.adam(rate, 0.7, 0.9, 1e-3),
  ],
]

const STEPS = 12
const RATE = 0.05

type Params = { readonly w: tf.Tensor2D; readonly bs: readonly [tf.Tensor1D, tf.Scalar] }

const start = (): Params => ({
  w: tf.tensor2d(normalNumbers(key(1), 6), [2, 3]),
  bs: [tf.tensor1d(normalNumbers(key(2), 3)), tf.scalar(0.7)],
})

/** A gradient of each step, for each parameter: not that of the step before. */
const gradients = (): { w: tf.Tensor3D; bs: [tf.Tensor2D, tf.Tensor1D] } => ({
  w: tf.tensor3d(normalNumbers(key(3), STEPS * 6), [STEPS, 2, 3]),
  bs: [tf.tensor2d(normalNumbers(key(4), STEPS * 3), [STEPS, 3]), tf.tensor1d(normalNumbers(key(5), STEPS))],
})

const numbersOf = (tensors: readonly tf.Tensor[]): number[][] => tensors.map(t => [...t.dataSync()])

/** The parameters after the steps, by one of TensorFlow.js's optimizers. */
const classResult = (optimizer: tf.Optimizer): number[][] => {
  const params = leaves(start())
  const variables = params.map(leaf => tf.variable(leaf))
  const grads = leaves(gradients())
  for (let i = 0; i < STEPS; i++)
    tf.tidy(() =>
      optimizer.applyGradients(
        variables.map(({ name, shape }, k) => {
          const row = tf.slice(grads[k]!, [i, ...shape.map(() => 0)], [1, ...shape])
          return { name, tensor: tf.reshape(row, shape) }
        }),
      ),
    )
  const result = numbersOf(variables)
  tf.dispose([...params, ...variables, ...grads])
  optimizer.dispose()
  // its own dispose leaves a number of TensorFlow.js's momentum
  tf.dispose(Object.values(optimizer).filter(value => value instanceof tf.Tensor && !value.isDisposed))
  return result
}

/** The same by a pure optimizer, in one scan. */
const pureResult = ({ scan }: Interpreter, optimizer: (rate: Rate) => PureOptimizer): number[][] => {
  const params = start()
  const xs = gradients()
  const first = { params, state: optimizer(0).init(params) }
  const rate = tf.scalar(RATE)
  type State = { readonly params: Params; readonly state: OptimState<Params> }
  const end = scan(({ params: now, state }: State, { rate: given }: { rate: tf.Scalar }, grads: Params) =>
    optimizer(given).update(grads, state, now),
  )(first, { rate }, xs, [0, STEPS])
  const result = numbersOf(leaves(end.params))
  tf.dispose([first, end, xs].flatMap(tree => leaves(tree)))
  rate.dispose()
  return result
}

/** Loshchilov and Hutter's algorithm 2 (2019) with a constant schedule, in float64. */
const adamwResult = (beta1: number, beta2: number, epsilon: number, decay: number): number[][] => {
  const params = leaves(start())
  const grads = leaves(gradients())
  const result = params.map((leaf, k) => {
    const g = grads[k]!.dataSync()
    return [...leaf.dataSync()].map((initial, j) => {
      let [w, m, v] = [initial, 0, 0]
      for (let t = 1; t <= STEPS; t++) {
        const now = g[(t - 1) * leaf.size + j]!
        m = beta1 * m + (1 - beta1) * now
        v = beta2 * v + (1 - beta2) * now * now
        w -= RATE * (m / (1 - beta1 ** t) / (Math.sqrt(v / (1 - beta2 ** t)) + epsilon) + decay * w)
      }
      return w
    })
  })
  tf.dispose([...params, ...grads])
  return result
}

for (const pair of pairs)
  describe.skipIf(pair.needs.isMissing)(`optim on ${pair.backend} ${pair.engine}`, pair.needs.why, () => {
    let engine: Interpreter
    beforeAll(async () => {
      engine = await interpreterOf(pair)
    })
    afterAll(async () => {
      engine.dispose()
      await tf.setBackend('cpu')
    })

    it.each(optimizers)('%s: the parameters of tf.train', (_name, ours, theirs) => {
      expect(relativeError(pureResult(engine, ours), classResult(theirs(RATE)), 1e-2)).toBeLessThan(1e-5)
    })

    it('adamw: the published algorithm', () => {
      const settings = { beta1: 0.8, beta2: 0.95, epsilon: 1e-4, weightDecay: 0.3 }
      const found = pureResult(engine, rate => optim.adamw(rate, settings))
      expect(relativeError(found, adamwResult(0.8, 0.95, 1e-4, 0.3), 1e-2)).toBeLessThan(1e-5)
      expect(
        relativeError(pureResult(engine, optim.adamw), adamwResult(0.9, 0.999, 1e-7, 1e-4), 1e-2),
      ).toBeLessThan(1e-5)
    })
  })

it('gradients that are not like the parameters are refused', () => {
  const [params, grads] = [{ w: tf.zeros([2]) }, { w: tf.zeros([3]) }]
  const { init, update } = optim.sgd(0.1)
  expect(() => update(grads, init(params), params)).toThrow(
    'the gradients are {w:float32[3]}, which is not like the parameters: {w:float32[2]}',
  )
  tf.dispose([params, grads])
})

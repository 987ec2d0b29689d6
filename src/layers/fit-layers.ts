/**
 * `model.fit` of TensorFlow.js, compiled: the same training of a `tf.LayersModel`, where an epoch is one call of an engine.
 */
import {
  add,
  gather,
  mul,
  reshape,
  scalar,
  slice,
  tensor3d,
  valueAndGrads,
  type Optimizer,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { keyWords, threefry2x32 } from '../compiler/threefry.ts'
import { wasm } from '../compiler/wasm/wasm.ts'
import { miniBatches } from '../core/chunked-scan.ts'
import { fold, key, permutation } from '../core/rng.ts'
import type { Interpreter } from '../core/scan.ts'
import { clone, dispose, keptAside, scoped, takenUp, using } from '../core/scope.ts'
import { pureOptimizer, type OptimizerState } from './layer-optimizers.ts'
import { pureModel, zeroSums, type PureModel, type Weights } from './pure-model.ts'

/** The options of {@link fit}: those of `model.fit` have its meaning. */
export type FitOptions = {
  /** The number of epochs; 1, as in `model.fit`. */
  readonly epochs?: number
  /** The number of examples in a mini-batch; 32, as in `model.fit`. */
  readonly batchSize?: number
  /** The share of the examples, the last ones, that is only evaluated. */
  readonly validationSplit?: number
  /** The examples that are only evaluated: inputs [n, …] and targets [n, …]. */
  readonly validationData?: readonly [x: Tensor, y: Tensor]
  /** Whether each epoch has an order of its own; true, as in `model.fit`. */
  readonly shuffle?: boolean
  /** The seed of the orders and of dropout; 0. */
  readonly seed?: number
  /** The engine; WebAssembly. */
  readonly engine?: Interpreter
  /** Called after each epoch, which counts from 0, as in `model.fit`. */
  readonly onEpochEnd?: (epoch: number, logs: Readonly<Record<string, number>>) => void | Promise<void>
}

/** What was measured after each epoch, by name: loss, the metrics, and both of the validation with `val_`. */
export type FitHistory = {
  /** The epochs, from 0. */
  readonly epoch: readonly number[]
  /** By name, the mean over the examples after each epoch: of the loss, and of each metric. */
  readonly history: Readonly<Record<string, readonly number[]>>
}

type State = Weights & { readonly optimizer: OptimizerState; readonly sums: readonly Scalar[] }
type Data = { readonly x: Tensor2D; readonly y: Tensor; readonly rate: Scalar }

/** Examples, one a row: a gather of rows from a matrix is what an engine does fastest. */
type Examples = { readonly x: Tensor2D; readonly y: Tensor }

const examplesOf = (x: Tensor, y: Tensor): Examples => ({
  x: reshape<Rank.R2>(x, [x.shape[0], -1]),
  y: y.clone(),
})

const rowsOf = (x: Tensor2D, shape: readonly number[], rows: Tensor1D): Tensor =>
  reshape(gather(x, rows), [rows.shape[0], ...shape])

/** A step of the training: the gradient of the loss by the weights, and the optimizer's update. */
const trainStep =
  (model: PureModel, optimizer: ReturnType<typeof pureOptimizer>, shape: readonly number[]) =>
  (
    { trained, others, optimizer: state, sums }: State,
    { x, y, rate }: Data,
    step: { rows: Tensor1D; keys: Tensor2D },
  ): State => {
    const batch = { x: rowsOf(x, shape, step.rows), y: gather(y, step.rows) }
    let seen: { readonly metrics: readonly Scalar[]; readonly others: readonly Tensor[] } | undefined
    const { value, grads } = valueAndGrads((...given: Tensor[]) => {
      const { loss, ...rest } = model.train({ trained: given, others }, batch, step.keys)
      seen = { ...rest, metrics: rest.metrics.map(keptAside) }
      return loss
    })([...trained])
    const next = optimizer.update(grads, state, trained, rate)
    const size = step.rows.shape[0]
    const metrics = seen!.metrics.map(takenUp)
    return {
      trained: next.weights,
      others: seen!.others.map(takenUp),
      optimizer: next.state,
      sums: [value, ...metrics].map((now, i) => add<Scalar>(sums[i]!, mul(now, size))),
    }
  }

const testStep =
  (model: PureModel, shape: readonly number[]) =>
  (
    sums: readonly Scalar[],
    { weights, x, y }: Omit<Data, 'rate'> & { readonly weights: Weights },
    rows: Tensor1D,
  ): readonly Scalar[] => {
    const size = rows.shape[0]
    return model
      .test(weights, { x: rowsOf(x, shape, rows), y: gather(y, rows) })
      .map((now, i) => add<Scalar>(sums[i]!, mul(now, size)))
  }

/** The keys of dropout for N steps from one on, [N, d, 2]. */
const keysOf = (seed: number, from: number, steps: number, layers: number): Tensor => {
  const words = keyWords(seed)
  const drawn = Array.from({ length: steps * layers }, (_, i) =>
    threefry2x32(words, [from + Math.floor(i / layers), 2 + (i % layers)]),
  )
  return tensor3d(Int32Array.from(drawn.flat()), [steps, layers, 2], 'int32')
}

/** The numbers 0 … n-1. */
const inOrder = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i)

const rateOf = (optimizer: Optimizer): number =>
  (optimizer as unknown as { readonly learningRate: number }).learningRate

const mean = (sums: readonly Scalar[], n: number): readonly number[] =>
  sums.map(sum => sum.dataSync()[0]! / n)

/** Refuses what would train something else than was asked for. */
const check = (
  x: Tensor,
  y: Tensor,
  { epochs = 1, batchSize = 32, validationSplit = 0 }: FitOptions,
): void => {
  const refuse = (what: string): never => {
    throw new RangeError(`fit: ${what}`)
  }
  if (x.shape[0] !== y.shape[0]) refuse(`x has ${x.shape[0]} examples, y has ${y.shape[0]}`)
  if (!Number.isInteger(epochs) || epochs < 0) refuse(`epochs is ${epochs}; it must be a whole number`)
  if (!Number.isInteger(batchSize) || batchSize < 1) refuse(`batchSize is ${batchSize}; it must be 1 or more`)
  if (!(validationSplit >= 0 && validationSplit < 1))
    refuse(`validationSplit is ${validationSplit}; it must be from 0 to below 1`)
}

/**
 * Trains a compiled model with one input and one output, as its own `fit` does: the same steps, with the same optimizer, in one call
 * for each epoch. The model's weights are set at the end. The state of its optimizer is not carried on: each call starts afresh.
 *
 * @param model a model on which `compile` was called. Its optimizer is sgd, momentum, adagrad, rmsprop or adam
 * @param x inputs, [n, …], borrowed
 * @param y targets, [n, …], borrowed
 * @returns what was measured, as the history of `model.fit`
 * @throws TypeError for a layer or an optimizer that cannot be followed, CompileError that names a kernel which the engine does not
 *         have
 * @example
 * ```ts
 * import * as tf from '@tensorflow/tfjs'
 * import { fit } from 'network2/layers'
 *
 * const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [1] })] })
 * model.compile({ loss: 'meanSquaredError', optimizer: tf.train.sgd(0.1) })
 * const { history } = await fit(model, tf.tensor2d([[0], [1], [2]]), tf.tensor2d([[1], [3], [5]]), { epochs: 200 })
 * console.log(history.loss!.at(-1)! < 1e-3) // true
 * ```
 */
export const fit = async (
  model: LayersModel,
  x: Tensor,
  y: Tensor,
  options: FitOptions = {},
): Promise<FitHistory> => {
  check(x, y, options)
  const {
    epochs = 1,
    batchSize = 32,
    validationSplit = 0,
    validationData,
    shuffle = true,
    seed = 0,
  } = options
  const pure = pureModel(model)
  const optimizer = pureOptimizer(model.optimizer)
  const engine = options.engine ?? wasm()
  const all = x.shape[0]
  const n = validationData === undefined ? Math.floor(all * (1 - validationSplit)) : all
  const part = (of: Tensor, from: number, size: number): Tensor =>
    slice(of, [from, ...of.shape.slice(1).map(() => 0)], [size, ...of.shape.slice(1)])
  const { training, validation, rate } = scoped(() => ({
    training: examplesOf(part(x, 0, n), part(y, 0, n)),
    validation:
      validationData !== undefined
        ? examplesOf(...(validationData as [Tensor, Tensor]))
        : n < all
          ? examplesOf(part(x, n, all - n), part(y, n, all - n))
          : [],
    rate: scalar(rateOf(model.optimizer)),
  }))()
  const shape = x.shape.slice(1)
  const advance = engine.scan(trainStep(pure, optimizer, shape))
  const evaluate = engine.scan(testStep(pure, shape))
  const measured = pure.measures.length
  let state: Omit<State, 'sums'> = scoped(() => ({
    trained: clone(pure.trained),
    others: clone(pure.others),
    optimizer: optimizer.init(pure.trained),
  }))()
  const logs: Record<string, number>[] = []
  try {
    let step = 0
    for (let epoch = 0; epoch < epochs; epoch++) {
      const order = shuffle ? permutation(fold(key(seed), epoch), n) : inOrder(n)
      let whole: State = { ...state, sums: zeroSums(measured) }
      for (const rows of miniBatches(order, batchSize)) {
        const steps = rows.shape[0]
        // an empty tensor is no input
        const keys = keysOf(seed, step, steps, Math.max(1, pure.keys))
        const xs = { rows, keys }
        const next = advance(whole, { ...training, rate }, xs as never, [0, steps])
        dispose([whole, rows, keys])
        whole = next
        step += steps
      }
      const { sums, ...rest } = whole
      state = rest
      const values = using(sums, now => mean(now, n))
      const seen: Record<string, number> = Object.fromEntries(
        pure.measures.map((name, i) => [name, values[i]!]),
      )
      if ('x' in validation) {
        const total = validation.x.shape[0]
        let now = zeroSums(measured)
        for (const rows of miniBatches(inOrder(total), batchSize)) {
          const next = evaluate(now, { weights: rest, ...validation }, rows, [0, rows.shape[0]])
          dispose([now, rows])
          now = next
        }
        const found = using(now, held => mean(held, total))
        pure.measures.forEach((name, i) => (seen[`val_${name}`] = found[i]!))
      }
      logs.push(seen)
      await options.onEpochEnd?.(epoch, seen)
    }
    pure.assign(state)
    const names = Object.keys(logs[0] ?? {})
    return {
      epoch: logs.map((_, epoch) => epoch),
      history: Object.fromEntries(names.map(name => [name, logs.map(seen => seen[name]!)])),
    }
  } finally {
    dispose([state, training, validation, rate])
    if (options.engine === undefined) engine.dispose()
  }
}

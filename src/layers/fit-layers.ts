/**
 * `model.fit` of TensorFlow.js, compiled: the same training of a `tf.LayersModel`, where an epoch is one call of an engine.
 */
import {
  add,
  argMax,
  cast,
  gather,
  mul,
  nextFrame,
  ones,
  reshape,
  scalar,
  slice,
  sum,
  tensor2d,
  tensor3d,
  zeros,
  type Rank,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { eager } from '../compiler/eager.ts'
import type { OptimState } from '../compiler/optim.ts'
import { keyWords, threefry2x32 } from '../compiler/threefry.ts'
import { valueAndGrad } from '../compiler/value-and-grad.ts'
import { wasm } from '../compiler/wasm/wasm.ts'
import { chunkedScan, miniBatches, type Segment } from '../core/chunked-scan.ts'
import { fold, key, permutation } from '../core/rng.ts'
import { CompileError, type Interpreter, type Scan } from '../core/scan.ts'
import { clone, dispose, scoped, using } from '../core/scope.ts'
import type { Tree } from '../core/tree.ts'
import { modelOptimizer, type ModelOptimizer } from './layer-optimizers.ts'
import { pureModel, zeroSums, type Pair, type PureModel, type Weights } from './pure-model.ts'

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
  /** By class, how much the loss of an example of it counts, as in `model.fit`: a factor for each class of the training. */
  readonly classWeight?: Readonly<Record<number, number>>
  /** The seed of the orders and of dropout; 0. */
  readonly seed?: number
  /** The engine: `wasm`, `eager`, or one that was made, such as by `await xlaEngine()` of
   * `network2/node`, which is then not disposed of; `wasm`. */
  readonly engine?: Interpreter | 'wasm' | 'eager'
  /**
   * Called after each epoch, which counts from 0, as in `model.fit`. The model has the weights of that epoch, and
   * `model.stopTraining = true` ends the training.
   */
  readonly onEpochEnd?: (epoch: number, logs: Readonly<Record<string, number>>) => void | Promise<void>
}

/** What was measured after each epoch, by name: loss, the metrics, and both of the validation with `val_`. */
export type FitHistory = {
  /** The epochs, from 0. */
  readonly epoch: readonly number[]
  /** By name, the mean over the examples after each epoch: of the loss, and of each metric. */
  readonly history: Readonly<Record<string, readonly number[]>>
}

type State = Weights & {
  readonly optimizer: OptimState<readonly Tensor[]>
  readonly sums: readonly Scalar[]
}

/** Examples, one a row: a gather of rows from a matrix is what an engine does fastest. */
type Examples = { readonly x: Tensor2D; readonly y: Tensor2D }

/** The shapes of an example. */
type Shapes = { readonly x: readonly number[]; readonly y: readonly number[] }

/** What is the same in all steps. With class weights, `counts` says how much each example counts, [n, 1]. */
type Data = Examples & { readonly rate: Scalar; readonly counts: readonly Tensor2D[] }

const refuse = (what: string): never => {
  throw new RangeError(`fit: ${what}`)
}

/** One a row, as float32: `tf.oneHot`, for one, makes whole numbers. */
const matrixOf = (of: Tensor): Tensor2D => cast(reshape<Rank.R2>(of, [of.shape[0], -1]), 'float32')

const examplesOf = (x: Tensor, y: Tensor): Examples => ({ x: matrixOf(x), y: matrixOf(y) })

/** A list of numbers is one number for each example, as in `model.fit`. */
const shapeOf = ({ shape: [, ...shape] }: Tensor): readonly number[] => (shape.length === 0 ? [1] : shape)

const rowsOf = (x: Tensor2D, shape: readonly number[], rows: Tensor1D): Tensor =>
  reshape(gather(x, rows), [rows.shape[0], ...shape])

const added = (sums: readonly Scalar[], now: readonly Scalar[], examples: number): readonly Scalar[] =>
  sums.map((before, i) => add<Scalar>(before, mul(now[i]!, examples)))

type StepInput = { readonly rows: Tensor1D; readonly keys: Tensor2D }

/** A step of the training: the gradient of the loss by the weights, and the optimizer's update. */
const trainStep =
  (model: PureModel, { at }: ModelOptimizer, shapes: Shapes) =>
  (state: State, { x, y, rate, counts: [counts] }: Data, { rows, keys }: StepInput): State => {
    const batch: Pair = {
      x: rowsOf(x, shapes.x, rows),
      y: rowsOf(y, shapes.y, rows),
      ...(counts === undefined ? {} : { counts: rowsOf(counts, [], rows) as Tensor1D }),
    }
    const loss = (trained: readonly Tensor[]) => model.train({ trained, others: state.others }, batch, keys)
    const { value, grads, aux } = valueAndGrad(loss, { hasAux: true })(state.trained)
    const next = at(rate).update(grads, state.optimizer, state.trained)
    return {
      trained: next.params,
      others: aux.others,
      optimizer: next.state,
      sums: added(state.sums, [value, ...aux.metrics], rows.shape[0]),
    }
  }

const testStep =
  (model: PureModel, shapes: Shapes) =>
  (
    sums: readonly Scalar[],
    { weights, x, y }: Examples & { readonly weights: Weights },
    rows: Tensor1D,
  ): readonly Scalar[] =>
    added(
      sums,
      model.test(weights, { x: rowsOf(x, shapes.x, rows), y: rowsOf(y, shapes.y, rows) }),
      rows.shape[0],
    )

/** The keys of dropout for N steps from one on, [N, d, 2]. */
const keysOf = (seed: number, from: number, steps: number, layers: number): Tensor => {
  const words = keyWords(seed)
  // an empty tensor is no input
  const count = Math.max(1, layers)
  const drawn = Array.from({ length: steps * count }, (_, i) =>
    threefry2x32(words, [from + Math.floor(i / count), 2 + (i % count)]),
  )
  return tensor3d(Int32Array.from(drawn.flat()), [steps, count, 2], 'int32')
}

/** The numbers 0 … n-1. */
const inOrder = (n: number): Int32Array => Int32Array.from({ length: n }, (_, i) => i)

const mean = (sums: readonly Scalar[], n: number): readonly number[] =>
  sums.map(sum => sum.dataSync()[0]! / n)

/** A scan over all mini-batches. */
const scanAll = <S extends Tree, C extends Tree, X extends Tree>(
  advance: Scan<S, C, X>,
  s0: S,
  segments: readonly Segment<C, X>[],
): S => {
  const scan = chunkedScan(advance, s0, segments)
  for (;;) {
    const { done, value } = scan.next()
    if (done === true) return value
  }
}

const UNSUPPORTED: Readonly<Record<string, string>> = {
  callbacks: 'use onEpochEnd; an epoch is one call, so there is no onBatchEnd',
  verbose: 'nothing is printed; print in onEpochEnd',
  sampleWeight: 'it is not supported, as in model.fit; classWeight is',
  initialEpoch: 'it is not supported; the state of the optimizer is continued in any case',
  stepsPerEpoch: 'it is not supported; an epoch has all examples',
}

const SUPPORTED = Object.keys({
  epochs: true,
  batchSize: true,
  validationSplit: true,
  validationData: true,
  shuffle: true,
  classWeight: true,
  seed: true,
  engine: true,
  onEpochEnd: true,
} satisfies Record<keyof FitOptions, true>)

/** Refuses what would train something else than was asked for. */
const check = (x: Tensor | Tensor[], y: Tensor | Tensor[], options: FitOptions): void => {
  const { epochs = 1, batchSize = 32, validationSplit = 0 } = options
  if (Array.isArray(x) || Array.isArray(y)) refuse('x and y are one tensor each; several are not supported')
  const [{ shape: xs }, { shape: ys }] = [x, y] as [Tensor, Tensor]
  if (xs[0] !== ys[0]) refuse(`x has ${String(xs[0])} examples, y has ${String(ys[0])}`)
  const unknown = Object.keys(options).find(name => !SUPPORTED.includes(name))
  if (unknown !== undefined)
    refuse(
      `${unknown}: ${UNSUPPORTED[unknown] ?? `there is no such option; there are ${SUPPORTED.join(', ')}`}`,
    )
  if (!Number.isInteger(epochs) || epochs < 0) refuse(`epochs is ${epochs}; it must be a whole number`)
  if (!Number.isInteger(batchSize) || batchSize < 1) refuse(`batchSize is ${batchSize}; it must be 1 or more`)
  if (!(validationSplit >= 0 && validationSplit < 1))
    refuse(`validationSplit is ${validationSplit}; it must be from 0 to below 1`)
}

const engineOf = (chosen: Interpreter | string = 'wasm'): Interpreter => {
  if (typeof chosen === 'object') return chosen
  if (chosen === 'wasm') return wasm()
  return chosen === 'eager'
    ? eager
    : refuse(
        `engine is ${chosen}; it must be wasm, eager, or an engine (await xlaEngine() of network2/node makes one)`,
      )
}

/** How much each example counts, by its class. */
const countsOf = (y: Tensor, weights: NonNullable<FitOptions['classWeight']>): Tensor2D => {
  if (y.rank > 2) refuse(`classWeight needs targets of 1 or 2 axes, and y is [${String(y.shape)}]`)
  const classes = y.rank === 2 && y.shape[1]! > 1 ? argMax(y, 1) : y
  const counts = Array.from(
    classes.dataSync(),
    one => weights[one] ?? refuse(`classWeight has no number for the class ${one}, which is in y`),
  )
  return tensor2d(counts, [counts.length, 1])
}

/** The error of a step that cannot be compiled, with the layer that cannot be. */
const blamed = (
  engine: Interpreter,
  pure: PureModel,
  examples: number,
  error: CompileError,
): CompileError => {
  const remedy =
    engine.name === 'xla'
      ? "use engine: 'eager', model.fit, or another layer"
      : "use engine: 'eager' or model.fit; in Node, await xlaEngine() of network2/node compiles more; or use another layer"
  for (const { name, className, inputShapes, run } of pure.layers) {
    const made = scoped(() => ({
      s0: scalar(0),
      weights: { trained: clone(pure.trained), others: clone(pure.others) },
      inputs: inputShapes(examples).map(shape => ones([...shape])),
      xs: zeros<Rank.R3>([1, Math.max(1, pure.keys), 2], 'int32'),
    }))()
    const alone = engine.scan(
      (total: Scalar, { weights, inputs }: Pick<typeof made, 'weights' | 'inputs'>, keys: Tensor2D) => {
        const of = valueAndGrad(
          (now: { readonly trained: readonly Tensor[]; readonly inputs: readonly Tensor[] }) =>
            run({ ...weights, trained: now.trained }, now.inputs, keys),
        )
        const { value, grads } = of({ trained: weights.trained, inputs })
        return [...grads.trained, ...grads.inputs].reduce<Scalar>(
          (all, gradient) => add(all, sum(gradient)),
          add(total, value),
        )
      },
    )
    try {
      alone(made.s0, made, made.xs, [0, 1]).dispose()
    } catch (found) {
      if (found instanceof CompileError)
        return new CompileError(
          `fit: the layer ${name} (${className}) cannot be compiled by the engine ${engine.name}: ${found.message}; ${remedy}`,
          { cause: error },
        )
    } finally {
      dispose(made)
    }
  }
  return new CompileError(
    `fit: the step cannot be compiled by the engine ${engine.name}, though each layer can: ${error.message}. Look at the loss and the metrics; or ${remedy}`,
    { cause: error },
  )
}

/**
 * Trains a compiled model with one input and one output, as its own `fit` does: the same steps, with the same optimizer, in one call
 * for each epoch. After each epoch the model has its weights, and its optimizer has its state: `fit` and `model.fit` continue from
 * each other. When something throws, such as a callback, both are those of the last whole epoch.
 *
 * @param model a model on which `compile` was called. Its optimizer is sgd, momentum, adagrad, rmsprop or adam
 * @param x inputs, [n, …], borrowed
 * @param y targets, [n, …], borrowed
 * @returns what was measured, as the history of `model.fit`
 * @throws TypeError for a layer or an optimizer that cannot be followed, RangeError for an option that is not supported, CompileError
 *         that names the layer which the engine cannot compile
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
  const { epochs = 1, batchSize = 32, validationSplit = 0, shuffle = true, seed = 0 } = options
  const { validationData, classWeight } = options
  const pure = pureModel(model)
  const optimizer = modelOptimizer(model.optimizer)
  const engine = engineOf(options.engine)
  const all = x.shape[0]
  const n = validationData === undefined ? Math.floor(all * (1 - validationSplit)) : all
  const part = (of: Tensor, from: number, size: number): Tensor =>
    slice(of, [from, ...of.shape.slice(1).map(() => 0)], [size, ...of.shape.slice(1)])
  const { training, counts, validation } = scoped(() => {
    const targets = part(y, 0, n)
    return {
      training: examplesOf(part(x, 0, n), targets),
      counts: classWeight === undefined ? [] : [countsOf(targets, classWeight)],
      validation:
        validationData !== undefined
          ? [examplesOf(...(validationData as [Tensor, Tensor]))]
          : n < all
            ? [examplesOf(part(x, n, all - n), part(y, n, all - n))]
            : [],
    }
  })()
  const shapes = { x: shapeOf(x), y: shapeOf(y) }
  const advance = engine.scan(trainStep(pure, optimizer, shapes))
  const evaluate = engine.scan(testStep(pure, shapes))

  /** The state after an epoch, and what was measured in it. */
  const trainedEpoch = (before: Omit<State, 'sums'>): readonly [typeof before, readonly number[]] => {
    const done = optimizer.iterations()
    const order = shuffle ? permutation(fold(key(seed), done), n) : inOrder(n)
    const first = { ...before, sums: zeroSums(pure.measures.length) }
    const data = { ...training, counts, rate: scalar(optimizer.rate()) }
    const segments = miniBatches(order, batchSize).map((rows, i): Segment<Data, StepInput> => {
      const from = done + i * Math.floor(n / batchSize)
      const keys = keysOf(seed, from, rows.shape[0], pure.keys)
      return { m: rows.shape[1], xs: { rows, keys } as never, constants: data }
    })
    return using([first.sums, data.rate, ...segments.map(({ xs }) => xs)], () => {
      const { sums, ...after } = scanAll(advance, first, segments)
      return [after, using(sums, now => mean(now, n))]
    })
  }

  const validated = (weights: Weights, examples: Examples): readonly number[] => {
    const size = examples.x.shape[0]
    const sums = zeroSums(pure.measures.length)
    const segments = miniBatches(inOrder(size), batchSize).map(rows => ({
      m: rows.shape[1],
      xs: rows,
      constants: { weights, ...examples },
    }))
    return using([sums, ...segments.map(({ xs }) => xs)], () =>
      using(scanAll(evaluate, sums, segments), now => mean(now, size)),
    )
  }

  /** Trains the model for one epoch. */
  const epochOf = async (): Promise<Readonly<Record<string, number>>> => {
    const remembered = await optimizer.read(pure.trained)
    const before = { trained: clone(pure.trained), others: clone(pure.others), optimizer: remembered }
    const [after, values] = using(before, trainedEpoch)
    try {
      const tested = validation.flatMap(examples => validated(after, examples))
      pure.assign(after)
      await optimizer.write(after.optimizer, Math.ceil(n / batchSize), pure.names)
      return Object.fromEntries([
        ...pure.measures.map((name, i) => [name, values[i]!] as const),
        ...tested.map((value, i) => [`val_${pure.measures[i]!}`, value] as const),
      ])
    } finally {
      dispose(after)
    }
  }

  const logs: Readonly<Record<string, number>>[] = []
  try {
    model.stopTraining = false
    // a callback may set it
    const stopped = (): boolean => model.stopTraining
    for (let epoch = 0; epoch < epochs && !stopped(); epoch++) {
      const seen = await epochOf()
      logs.push(seen)
      await options.onEpochEnd?.(epoch, seen)
      // as model.fit: a page can show what is new
      await nextFrame()
    }
    return {
      epoch: logs.map((_, epoch) => epoch),
      history: Object.fromEntries(
        Object.keys(logs[0] ?? {}).map(name => [name, logs.map(seen => seen[name]!)]),
      ),
    }
  } catch (error) {
    if (error instanceof CompileError) throw blamed(engine, pure, Math.min(n, batchSize), error)
    throw error
  } finally {
    dispose([training, validation, counts])
    if (typeof options.engine !== 'object') engine.dispose()
  }
}

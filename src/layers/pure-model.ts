/**
 * A `tf.LayersModel` as a pure function of its weights. While it runs, a tensor stands in the place of each variable, what a layer
 * would write to a variable becomes a result, and dropout draws from a key.
 */
import {
  add,
  mean,
  reshape,
  scalar,
  slice,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { dropout } from '../compiler/random.ts'
import { keptAside } from '../core/scope.ts'

/** A variable of a layer: TensorFlow.js's own fields, of which its types hide some. */
type LayerVariable = {
  val: Tensor
  readonly name: string
  readonly trainable: boolean
  read: () => Tensor
  write: (value: Tensor) => unknown
}

type Call = (inputs: Tensor | Tensor[], options: { readonly training?: boolean }) => Tensor | Tensor[]

type Layer = {
  readonly name: string
  readonly layers?: readonly Layer[]
  readonly rate?: number
  readonly noiseShape?: unknown
  call: Call
  getClassName: () => string
}

/** A loss or metric of a model: (targets, outputs) -> a number for each example, or one for all. */
type Measure = (targets: Tensor, outputs: Tensor) => Tensor

/** What `compile` has set, and what a model is made of. */
type Internals = {
  readonly weights: readonly LayerVariable[]
  readonly layers: readonly Layer[]
  readonly lossFunctions?: readonly Measure[]
  readonly metricsTensors?: readonly (readonly [Measure, number])[]
  readonly inputs: readonly unknown[]
  readonly outputs: readonly unknown[]
  apply: (inputs: Tensor, options: { readonly training: boolean }) => Tensor
  calculateLosses: () => readonly Scalar[]
}

/** A `tf.Sequential` holds the model that does the work. */
const internalsOf = (model: LayersModel): Internals =>
  (model as unknown as { readonly model?: Internals }).model ?? (model as unknown as Internals)

/** Layers that draw random numbers when they are trained, which a program cannot follow. */
const RANDOM = ['AlphaDropout', 'GaussianDropout', 'GaussianNoise', 'RandomWidth', 'SpatialDropout1D']

const allLayers = ({ layers }: { readonly layers: readonly Layer[] }): readonly Layer[] =>
  layers.flatMap(layer => (layer.layers === undefined ? [layer] : allLayers({ layers: layer.layers })))

/** A model that has been checked, as pure functions. */
export type PureModel = {
  /** The weights as they are now, borrowed: those that are trained, and the others. */
  readonly trained: readonly Tensor[]
  readonly others: readonly Tensor[]
  /** How many keys a step needs: one for each layer of dropout. */
  readonly keys: number
  /** The names of what is measured: the loss, and the metrics. */
  readonly measures: readonly string[]
  /**
   * The loss of a mini-batch with the penalties of the layers, the metrics, and the weights that are not trained, as the layers
   * have changed them.
   *
   * @param keys int32, [keys, 2]
   */
  readonly train: (weights: Weights, batch: Pair, keys: Tensor2D) => Trained
  /** The loss without penalties and the metrics, of a mini-batch. */
  readonly test: (weights: Weights, batch: Pair) => readonly Scalar[]
  /** Sets the weights of the model. */
  readonly assign: (weights: Weights) => void
}

export type Weights = { readonly trained: readonly Tensor[]; readonly others: readonly Tensor[] }
export type Pair = { readonly x: Tensor; readonly y: Tensor }
type Trained = {
  readonly loss: Scalar
  readonly metrics: readonly Scalar[]
  readonly others: readonly Tensor[]
}

const refuse = (what: string): never => {
  throw new TypeError(`fit: ${what}`)
}

/**
 * The functions of a compiled model with one input and one output.
 *
 * @throws TypeError that names what cannot be followed
 */
export const pureModel = (model: LayersModel): PureModel => {
  const internals = internalsOf(model)
  const { weights, layers, lossFunctions, metricsTensors = [], inputs, outputs } = internals
  if (inputs.length !== 1 || outputs.length !== 1)
    refuse(`the model has ${inputs.length} inputs and ${outputs.length} outputs; one of each is supported`)
  const [lossOf] =
    lossFunctions ?? refuse('the model has no loss; call model.compile({ loss, optimizer }) first')
  const all = allLayers({ layers })
  const random = all.find(layer => RANDOM.includes(layer.getClassName()))
  if (random !== undefined)
    refuse(
      `the layer ${random.name} (${random.getClassName()}) draws random numbers in a way that is not supported`,
    )
  const droppers = all.filter(layer => layer.getClassName() === 'Dropout' && (layer.rate ?? 0) > 0)
  const masked = droppers.find(({ noiseShape }) => noiseShape !== undefined && noiseShape !== null)
  if (masked !== undefined) refuse(`the layer ${masked.name} has a noiseShape, which is not supported`)
  const trainable = weights.filter(({ trainable: is }) => is)
  const fixed = weights.filter(({ trainable: is }) => !is)

  /** Runs `work` with tensors in the place of the variables; `written` receives what would be written to them. */
  const standIn = <R>(
    { trained, others }: Weights,
    keys: Tensor2D | undefined,
    work: (written: ReadonlyMap<LayerVariable, Tensor>) => R,
  ): R => {
    const written = new Map<LayerVariable, Tensor>()
    const pairs = [
      ...trainable.map((of, i) => [of, trained[i]!] as const),
      ...fixed.map((of, i) => [of, others[i]!] as const),
    ]
    const before = pairs.map(([variable, tensor]) => {
      const { val } = variable
      variable.val = tensor
      variable.write = value => {
        written.set(variable, keptAside(value))
        return variable
      }
      return val
    })
    droppers.forEach((layer, i) => {
      layer.call = (given, { training = false }) => {
        const input = Array.isArray(given) ? given[0]! : given
        if (!training || keys === undefined) return given
        const key = reshape<Tensor1D['rankType']>(slice(keys, [i, 0], [1, 2]), [2])
        return dropout(key, layer.rate!, input)
      }
    })
    try {
      return work(written)
    } finally {
      pairs.forEach(([variable], i) => {
        variable.val = before[i]!
        // the method of the class again
        Reflect.deleteProperty(variable, 'write')
      })
      for (const layer of droppers) Reflect.deleteProperty(layer, 'call')
    }
  }

  const measured = (y: Tensor, a: Tensor): readonly Scalar[] =>
    metricsTensors.map(([measure]) => mean<Scalar>(measure(y, a)))

  return {
    trained: trainable.map(({ val }) => val),
    others: fixed.map(({ val }) => val),
    keys: droppers.length,
    measures: ['loss', ...model.metricsNames.slice(1)],
    train: (given, { x, y }, keys) =>
      standIn(given, keys, written => {
        const a = internals.apply(x, { training: true })
        const penalties = internals.calculateLosses()
        return {
          loss: penalties.reduce<Scalar>((sum, penalty) => add(sum, penalty), mean<Scalar>(lossOf!(y, a))),
          metrics: measured(y, a),
          others: fixed.map((variable, i) => written.get(variable) ?? given.others[i]!),
        }
      }),
    test: (given, { x, y }) =>
      standIn(given, undefined, () => {
        const a = internals.apply(x, { training: false })
        return [mean<Scalar>(lossOf!(y, a)), ...measured(y, a)]
      }),
    assign: ({ trained, others }) => {
      trainable.forEach((variable, i) => void variable.write(trained[i]!))
      fixed.forEach((variable, i) => void variable.write(others[i]!))
    },
  }
}

/** The number 0 for each measure; the caller owns them. */
export const zeroSums = (count: number): readonly Scalar[] => Array.from({ length: count }, () => scalar(0))

/**
 * A `tf.LayersModel` as a pure function of its weights. While it runs, a tensor stands in the place of each variable, what a layer
 * would write to a variable becomes a result, and dropout draws from a key.
 */
import {
  add,
  mean,
  mul,
  reshape,
  scalar,
  slice,
  sum,
  Variable,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import type { LayersModel } from '@tensorflow/tfjs-layers'
import { dropout } from '../compiler/random.ts'
import { dispose, keptAside, takenUp } from '../core/scope.ts'

/** A variable of a layer: TensorFlow.js's own fields, of which its types hide some. */
type LayerVariable = {
  val: Tensor
  readonly name: string
  write: (value: Tensor) => unknown
}

type Call = (inputs: Tensor | Tensor[], options: { readonly training?: boolean }) => Tensor | Tensor[]

type Layer = {
  readonly name: string
  /** The layers of a model that is a layer. */
  readonly layers?: readonly Layer[]
  /** The layers that a wrapper applies in its own way. */
  readonly layer?: Layer
  readonly forwardLayer?: Layer
  readonly backwardLayer?: Layer
  readonly rate?: number
  readonly noiseShape?: unknown
  readonly stateful?: boolean
  /** How the layer is used: at each place the shapes of its inputs, with null for the number of examples. */
  readonly inboundNodes: readonly { readonly inputShapes: readonly (readonly (number | null)[])[] }[]
  apply: Call
  call: Call
  getClassName: () => string
}

/** A loss or metric of a model: (targets, outputs) -> a number for each example, or one for all. */
type Measure = (targets: Tensor, outputs: Tensor) => Tensor

/** What `compile` has set, and what a model is made of. */
type Internals = {
  readonly weights: readonly LayerVariable[]
  /** The weights that are trained, as they were when the model was compiled. */
  readonly collectedTrainableWeights?: readonly LayerVariable[]
  readonly layers: readonly Layer[]
  readonly lossFunctions?: readonly Measure[]
  readonly metricsTensors?: readonly (readonly [Measure, number])[]
  readonly inputs: readonly unknown[]
  readonly outputs: readonly unknown[]
  apply: (inputs: Tensor, options: { readonly training: boolean }) => Tensor
  calculateLosses: () => readonly Scalar[]
}

const setVariable = (val: Tensor, to: Tensor): void => {
  if (val instanceof Variable) val.assign(to)
}

/** A `tf.Sequential` holds the model that does the work. */
const internalsOf = (model: LayersModel): Internals =>
  (model as unknown as { readonly model?: Internals }).model ?? (model as unknown as Internals)

/** Layers that draw random numbers when they are trained, by TensorFlow.js's own function, which a program cannot follow. */
const RANDOM = ['AlphaDropout', 'GaussianDropout', 'GaussianNoise', 'RandomWidth', 'SpatialDropout1D']

/** The layers of a model and of the models in it. */
const allLayers = ({ layers }: { readonly layers: readonly Layer[] }): readonly Layer[] =>
  layers.flatMap(layer => (layer.layers === undefined ? [layer] : allLayers({ layers: layer.layers })))

/** The layers within a wrapper. */
const wrappedLayers = ({ layer, forwardLayer, backwardLayer }: Layer): readonly Layer[] =>
  [layer, forwardLayer, backwardLayer]
    .filter(inner => inner !== undefined)
    .flatMap(inner => [...allLayers({ layers: [inner] }), ...wrappedLayers(inner)])

/** A layer of a model, by itself: to find the one that cannot be compiled. */
export type LayerAlone = {
  readonly name: string
  readonly className: string
  /** The shapes of its inputs, for a number of examples. */
  readonly inputShapes: (examples: number) => readonly (readonly number[])[]
  /** The sum of its outputs in a training. */
  readonly run: (weights: Weights, inputs: readonly Tensor[], keys: Tensor2D) => Scalar
}

/** A model that has been checked, as pure functions. */
export type PureModel = {
  /** The weights as they are now, borrowed: those that are trained, and the others. */
  readonly trained: readonly Tensor[]
  readonly others: readonly Tensor[]
  /** The names of the weights that are trained. */
  readonly names: readonly string[]
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
  readonly layers: readonly LayerAlone[]
  /** The loss without penalties and the metrics, of a mini-batch. */
  readonly test: (weights: Weights, batch: Pair) => readonly Scalar[]
  /** Sets the weights of the model. */
  readonly assign: (weights: Weights) => void
}

export type Weights = { readonly trained: readonly Tensor[]; readonly others: readonly Tensor[] }
/** A mini-batch. */
export type Pair = {
  readonly x: Tensor
  readonly y: Tensor
  /** How much the loss of each example counts, [m]; 1 where it is left out. */
  readonly counts?: Tensor1D
}
type Trained = readonly [
  loss: Scalar,
  rest: { readonly metrics: readonly Scalar[]; readonly others: readonly Tensor[] },
]

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
  const { collectedTrainableWeights: trainable = [] } = internals
  if (inputs.length !== 1 || outputs.length !== 1)
    refuse(`the model has ${inputs.length} inputs and ${outputs.length} outputs; one of each is supported`)
  const [lossOf] =
    lossFunctions ?? refuse('the model has no loss; call model.compile({ loss, optimizer }) first')
  const all = allLayers({ layers })
  const random = all.find(layer => RANDOM.includes(layer.getClassName()))
  if (random !== undefined)
    refuse(
      `the layer ${random.name} (${random.getClassName()}) draws random numbers in a way that is not supported; use dropout, or model.fit`,
    )
  const wrapped = all.flatMap(wrappedLayers)
  const stateful = [...all, ...wrapped].find(layer => layer.stateful === true)
  if (stateful !== undefined)
    refuse(
      `the layer ${stateful.name} (${stateful.getClassName()}) keeps its state from batch to batch (stateful), which is not supported; use model.fit`,
    )
  const inner = wrapped.find(layer => [...RANDOM, 'Dropout'].includes(layer.getClassName()))
  if (inner !== undefined)
    refuse(
      `the layer ${inner.name} (${inner.getClassName()}) is within another layer, where its random numbers are not supported; use model.fit`,
    )
  const droppers = all.filter(layer => layer.getClassName() === 'Dropout' && (layer.rate ?? 0) > 0)
  const masked = droppers.find(({ noiseShape }) => noiseShape !== undefined && noiseShape !== null)
  if (masked !== undefined) refuse(`the layer ${masked.name} has a noiseShape, which is not supported`)
  const fixed = weights.filter(weight => !trainable.includes(weight))

  /** Runs `work` with tensors in the place of the variables; `written` receives what would be written to them. */
  const standIn = <R>(
    { trained, others }: Weights,
    keys: Tensor2D | undefined,
    work: (written: ReadonlyMap<LayerVariable, Tensor>) => R,
  ): R => {
    const written = new Map<LayerVariable, Tensor>()
    let done = false
    const pairs = [
      ...trainable.map((of, i) => [of, trained[i]!] as const),
      ...fixed.map((of, i) => [of, others[i]!] as const),
    ]
    const before = pairs.map(([variable, tensor]) => {
      const { val } = variable
      variable.val = tensor
      variable.write = value => {
        dispose(written.has(variable) ? [written.get(variable)!] : [])
        // a layer writes within a scope of its own
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
      const result = work(written)
      done = true
      return result
    } finally {
      if (!done) dispose([...written.values()])
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
    names: trainable.map(({ name }) => name),
    train: (given, { x, y, counts }, keys) =>
      standIn(given, keys, written => {
        const a = internals.apply(x, { training: true })
        const penalties = internals.calculateLosses()
        const losses = lossOf!(y, a)
        const loss = mean<Scalar>(counts === undefined ? losses : mul(losses, counts))
        const metrics = measured(y, a)
        return [
          penalties.reduce<Scalar>((total, penalty) => add(total, penalty), loss),
          {
            metrics,
            others: fixed.map((variable, i) => {
              const now = written.get(variable)
              return now === undefined ? given.others[i]! : takenUp(now)
            }),
          },
        ]
      }),
    layers: all
      .filter(layer => layer.inboundNodes.length > 0 && layer.getClassName() !== 'InputLayer')
      .map(layer => ({
        name: layer.name,
        className: layer.getClassName(),
        inputShapes: examples =>
          layer.inboundNodes[0]!.inputShapes.map(shape => shape.map(size => size ?? examples)),
        run: (given, inputs, keys) =>
          standIn(given, keys, written => {
            const found = layer.apply(inputs.length === 1 ? inputs[0]! : [...inputs], { training: true })
            dispose([...written.values()])
            return [found].flat().reduce<Scalar>((total, one) => add(total, sum(one)), scalar(0))
          }),
      })),
    test: (given, { x, y }) =>
      standIn(given, undefined, () => {
        const a = internals.apply(x, { training: false })
        return [mean<Scalar>(lossOf!(y, a)), ...measured(y, a)]
      }),
    assign: ({ trained, others }) => {
      // without the constraints of the layers, which model.fit does not apply either
      trainable.forEach(({ val }, i) => {
        setVariable(val, trained[i]!)
      })
      fixed.forEach(({ val }, i) => {
        setVariable(val, others[i]!)
      })
    },
  }
}

/** The number 0 for each measure; the caller owns them. */
export const zeroSums = (count: number): readonly Scalar[] => Array.from({ length: count }, () => scalar(0))

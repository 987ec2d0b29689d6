/**
 * What a network learns: for each layer its weights and biases.
 *
 * Shapes: j_l neurons in layer l; layer 0 is the input.
 */
import { tensor1d, tensor2d, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { fold, normalNumbers, type Key } from './rng.ts'

/** The weights and biases of one layer. */
export type LayerParams = {
  /** w_jk goes from neuron k of the layer below to neuron j: [j_l, j_l-1], as in the book. */
  readonly w: Tensor2D
  /** [j_l] */
  readonly b: Tensor1D
}

/** The weights and biases of each layer, the first above the input first. */
export type Params = readonly [LayerParams, ...LayerParams[]]

/** The number of neurons in each layer, from the input [j_0, …, j_L] to the output: at least these two. */
export type Sizes = readonly [number, number, ...number[]]

/** A deeper network is taken for a mistake. */
export const MOST_LAYERS = 100

/** 400 MB of float32; training needs a few times that. */
export const MOST_WEIGHTS = 100_000_000

/** Whether a network of these sizes stays within both limits. */
export const canBeTrained = (sizes: readonly number[]): boolean =>
  sizes.length <= MOST_LAYERS &&
  sizes.slice(1).reduce((total, size, l) => total + size * sizes[l]!, 0) <= MOST_WEIGHTS

/** The standard deviations of the initial weights of a neuron with n_in inputs, and of its bias. */
type Spread = { readonly weights: (inputs: number) => number; readonly biases: 0 | 1 }

/**
 * How the initial weights and biases are drawn:
 *
 * - `default`: weights from N(0, 1/n_in), so that a neuron with many inputs is not saturated from the first (chapter 3,
 *   "Weight initialization"); biases from N(0, 1)
 * - `large`: all from N(0, 1), the start of chapter 1, with which the book compares the costs
 * - `he`: weights from N(0, 2/n_in), which keeps the size of activations through layers of rectified linear neurons, for on
 *   average half of them are 0; biases 0 (He, Zhang, Ren and Sun 2015, "Delving Deep into Rectifiers", equation 10)
 */
export const initializers = {
  default: { weights: inputs => 1 / Math.sqrt(inputs), biases: 1 },
  large: { weights: () => 1, biases: 1 },
  he: { weights: inputs => Math.sqrt(2 / inputs), biases: 0 },
} as const satisfies Readonly<Record<string, Spread>>

/**
 * How the initial weights and biases are drawn: `default`, weights from N(0, 1/n_in); `large`, all from N(0, 1), as in
 * chapter 1; `he`, weights from N(0, 2/n_in), for rectified linear neurons.
 */
export type Initializer = keyof typeof initializers

/** The parameters with each layer replaced by its image. */
export const mapLayers = (params: Params, f: (layer: LayerParams, l: number) => LayerParams): Params => {
  const [first, ...rest] = params
  return [f(first, 0), ...rest.map((layer, l) => f(layer, l + 1))]
}

/** The numbers of one layer, outside TensorFlow.js: w row by row, [j_l, j_l-1]; b [j_l]. */
export type LayerValues = {
  /** The number of neurons in the layer below, j_l-1. */
  readonly inputs: number
  /** The number of neurons in this layer, j_l. */
  readonly outputs: number
  /** The weights, [j_l, j_l-1]. */
  readonly w: Float32Array
  /** The biases, [j_l]. */
  readonly b: Float32Array
}

/** Where learning starts: weights and biases from normal distributions, with the spreads of {@link Initializer}. */
export const initialValues = (start: Initializer, key: Key, sizes: Sizes): readonly LayerValues[] =>
  sizes.slice(1).map((outputs, l) => {
    const inputs = sizes[l]!
    const { weights, biases }: Spread = initializers[start]
    const scale = weights(inputs)
    return {
      inputs,
      outputs,
      // biases first, as network2's constructor draws them
      b: biases === 0 ? new Float32Array(outputs) : normalNumbers(fold(fold(key, l), 0), outputs),
      w: normalNumbers(fold(fold(key, l), 1), outputs * inputs).map(w => w * scale),
    }
  })

/**
 * The numbers as tensors; the caller owns them.
 *
 * @throws when there is no layer at all
 */
export const toParams = (values: readonly LayerValues[]): Params => {
  const layers = values.map(({ inputs, outputs, w, b }) => ({
    w: tensor2d(w, [outputs, inputs]),
    b: tensor1d(b),
  }))
  const [first, ...rest] = layers
  if (first === undefined) throw new Error('toParams: a network has at least one layer of weights')
  return [first, ...rest]
}

/** The tensors' numbers, read out. */
export const fromParams = (params: Params): readonly LayerValues[] =>
  params.map(({ w, b }) => ({
    inputs: w.shape[1],
    outputs: w.shape[0],
    w: w.dataSync<'float32'>().slice(),
    b: b.dataSync<'float32'>().slice(),
  }))

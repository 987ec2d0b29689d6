/**
 * Dropout: each mini-batch trains a network from which a random part of every hidden layer is deleted.
 *
 * Shapes: N mini-batches, j_l neurons in layer l.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import type { LayerValues } from './params.ts'
import { fold, generator, type Key } from './rng.ts'

/** What is deleted. The input and the output layer always stay whole. */
export type Dropout = {
  /** P, the share of the neurons of each hidden layer that a mini-batch deletes: from 0 to below 1. */
  readonly rate: number
  /**
   * The masks [j_l] of a hidden layer in an epoch, by mini-batch: 0 for a deleted neuron, else 1. Exactly {@link neuronsKept} of
   * them are 1. Epochs count from 1, hidden layers and the steps of an epoch from 0.
   */
  readonly masks: (epoch: number, layer: number, neurons: number) => (step: number) => Float32Array
}

/** How many of j neurons a mini-batch keeps: all but round(P j). */
export const neuronsKept = (rate: number, neurons: number): number => neurons - Math.round(rate * neurons)

/** Dropout whose masks are drawn: each is a function of the key, the epoch, the layer and the step. */
export const dropoutOf = (rate: number, key: Key): Dropout => ({
  rate,
  masks: (epoch, layer, neurons) => {
    const steps = fold(fold(key, epoch), layer)
    return step => randomMask(fold(steps, step), neurons, neuronsKept(rate, neurons))
  },
})

/** A mask with `kept` ones, every one equally likely. */
const randomMask = (of: Key, neurons: number, kept: number): Float32Array => {
  // the fewer ones or zeros are placed, each at a position that none has taken before (Floyd's algorithm)
  const [common, rare, count] = 2 * kept > neurons ? [1, 0, neurons - kept] : [0, 1, kept]
  const random = generator(of)
  const mask = new Float32Array(neurons).fill(common)
  for (let last = neurons - count; last < neurons; last++) {
    const at = uniformInt(random, 0, last)
    mask[mask[at] === common ? at : last] = rare
  }
  return mask
}

/** The masks of N steps of an epoch, as rows: [N, j_l] for each hidden layer. */
export const masksOf = (
  { masks }: Dropout,
  epoch: number,
  [from, to]: readonly [from: number, to: number],
  hidden: readonly number[],
): readonly Float32Array[] =>
  hidden.map((neurons, layer) => {
    const maskAt = masks(epoch, layer, neurons)
    const rows = new Float32Array((to - from) * neurons)
    for (let step = from; step < to; step++) rows.set(maskAt(step), (step - from) * neurons)
    return rows
  })

/**
 * The network for use, from the parameters that are trained: the weights that leave a hidden layer, times the share of its
 * neurons that a mini-batch keeps. So the mean weighted input of the next layer is that of the training.
 *
 * @param rate P, the share of the neurons that a mini-batch deletes
 */
export const fullNetwork = (rate: number, layers: readonly LayerValues[]): readonly LayerValues[] =>
  scaled(layers, inputs => neuronsKept(rate, inputs) / inputs)

/**
 * The parameters to train, from a network for use: the inverse of {@link fullNetwork}, but for rounding.
 *
 * @param rate P, the share of the neurons that a mini-batch deletes
 */
export const thinnedNetwork = (rate: number, layers: readonly LayerValues[]): readonly LayerValues[] =>
  scaled(layers, inputs => inputs / neuronsKept(rate, inputs))

/** Multiplies the weights that leave each hidden layer, which are those of every layer but the first. */
const scaled = (layers: readonly LayerValues[], factor: (inputs: number) => number): readonly LayerValues[] =>
  layers.map((layer, l) => (l === 0 ? layer : { ...layer, w: layer.w.map(w => w * factor(layer.inputs)) }))

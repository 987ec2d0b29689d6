/**
 * The softmax output layer. It is no hidden layer: each of its outputs depends on all weighted inputs of the layer, so
 * that BP2, which multiplies by a slope for each neuron, does not hold for it.
 */
import { softmax as tfSoftmax } from '@tensorflow/tfjs-core'
import type { Activation } from '../activation.ts'

/** The softmax outputs: positive numbers whose sum is 1, a probability distribution. */
export const softmax: Activation = {
  name: 'softmax',
  equation: '(78) a = e^z / Σ e^z',
  /**
   * Equation (78): a_j = e^(z_j) / Σ_k e^(z_k), for each row of z [m, j].
   *
   * TensorFlow.js computes it from z - max z, which changes no output and never overflows.
   */
  fn: z => tfSoftmax(z),
}

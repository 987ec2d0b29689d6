/**
 * The rectified linear neuron.
 */
import { relu as tfRelu, step } from '@tensorflow/tfjs-core'
import type { HiddenActivation } from '../activation.ts'

/** The rectified linear neuron. It never saturates for positive z, and stops learning for negative z. */
export const relu: HiddenActivation = {
  name: 'relu',
  equation: '(112) a = max(0, w a + b)',
  /** Equation (112): a = max(0, z). */
  fn: z => tfRelu(z),
  slope: "σ'(z) = 1 where a > 0, else 0",
  /** 1 where z > 0, which is where a > 0, else 0; at 0 itself, where there is no slope, it is 0. */
  prime: a => step(a),
}

/**
 * The sigmoid neuron.
 */
import { mul, sigmoid as tfSigmoid, sub } from '@tensorflow/tfjs-core'
import type { HiddenActivation } from '../activation.ts'

/** The sigmoid function and its derivative, equation (3) and chapter 3, "The cross-entropy cost function". */
export const sigmoid: HiddenActivation = {
  name: 'sigmoid',
  equation: '(25) a = σ(w a + b)',
  /** Equation (3): σ(z) = 1 / (1 + e^-z). */
  fn: z => tfSigmoid(z),
  slope: "σ'(z) = a (1 - a)",
  /**
   * σ'(z) = σ(z) (1 - σ(z)) = a (1 - a).
   *
   * 1 - a is exact near a = 1, where the slope is small; a - a² would lose its digits there.
   */
  prime: a => mul(a, sub(1, a)),
}

/**
 * The tanh neuron.
 */
import { add, mul, sub, tanh as tfTanh } from '@tensorflow/tfjs-core'
import type { HiddenActivation } from '../activation.ts'

/** The hyperbolic tangent, a sigmoid that is stretched to outputs from -1 to 1: (111), σ(z) = (1 + tanh(z/2)) / 2. */
export const tanh: HiddenActivation = {
  name: 'tanh',
  equation: '(109) a = tanh(w a + b)',
  /** Equations (109) and (110): tanh z = (e^z - e^-z) / (e^z + e^-z). */
  fn: z => tfTanh(z),
  slope: "σ'(z) = (1 - a) (1 + a)",
  /**
   * tanh'(z) = 1 - tanh²(z) = (1 - a) (1 + a).
   *
   * 1 - a and 1 + a are exact near a = ±1, where the slope is small; 1 - a² would lose its digits there.
   */
  prime: a => mul(sub(1, a), add(1, a)),
}

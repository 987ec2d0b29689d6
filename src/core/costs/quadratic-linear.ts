/**
 * The quadratic cost of linear outputs.
 */
import { linear } from '../activations/linear.ts'
import type { Cost } from '../cost.ts'
import { quadratic } from './quadratic.ts'
import { sub } from '@tensorflow/tfjs-core'

/** The quadratic cost with linear outputs: there is no σ'(z) in its error, so that it does not learn slowly. */
export const quadraticLinear: Cost = {
  name: 'quadratic-linear',
  label: 'quadratic (linear outputs)',
  aliases: [],
  savedAs: quadratic.savedAs,
  // outputs without a bound: with 30 hidden neurons the steps overshoot from about 0.3
  eta: 0.1,
  output: linear,
  targets: 'any',
  /** Equation (6), per example, with a = z: C = ½ Σ_j (a_j - y_j)². */
  fn: quadratic.fn,
  equation: '(68): δ = a - y',
  /** Equation (68): δ = a - y. */
  delta: (_z, a, y) => sub(a, y),
}

/**
 * The cross-entropy cost.
 */
import { abs, add, mul, neg, relu, softplus, sub, sum } from '@tensorflow/tfjs-core'
import { sigmoid } from '../activations/sigmoid.ts'
import type { Cost } from '../cost.ts'

/** The cross-entropy cost. Its error is the plain difference: σ'(z) has cancelled, (60) to (61). */
export const crossEntropy: Cost = {
  name: 'xent',
  label: 'cross-entropy',
  aliases: ['cross-entropy'],
  savedAs: 'CrossEntropyCost',
  eta: 0.5,
  output: sigmoid,
  targets: 'any',
  /**
   * Equation (63), per example: C = -Σ_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)].
   *
   * In float32, a is exactly 1 for z above about 17, and ln(1 - a) is -∞. So the cost is computed from z:
   *
   *     ln a       = -ln(1 + e^-z)
   *     ln(1 - a)  = -z - ln(1 + e^-z)
   *     C_j        = y ln(1 + e^-z) + (1 - y) (z + ln(1 + e^-z))
   *                = z - z y + ln(1 + e^-z)
   *                = max(z, 0) - z y + ln(1 + e^-|z|)
   *
   * The last line equals the one above it for either sign of z, and never raises e to a positive power. Its logarithm
   * is `softplus`, which keeps the digits of a small e^-|z| on every backend (WebAssembly's `log1p` does not).
   */
  fn: (z, _a, y) => sum(add(sub(relu(z), mul(z, y)), softplus(neg(abs(z)))), 1),
  equation: '(66): δ = a - y',
  /** Equation (66): δ = a - y. */
  delta: (_z, a, y) => sub(a, y),
}

/**
 * The log-likelihood cost of softmax outputs.
 */
import { logSoftmax, mul, neg, sub, sum } from '@tensorflow/tfjs-core'
import { softmax } from '../activations/softmax.ts'
import type { Cost } from '../cost.ts'

/** The log-likelihood cost with softmax outputs. Its error is that of the cross-entropy with sigmoid outputs. */
export const logLikelihood: Cost = {
  name: 'log-likelihood',
  label: 'log-likelihood',
  aliases: ['softmax'],
  savedAs: 'LogLikelihoodCost',
  eta: 0.5,
  output: softmax,
  targets: 'distribution',
  /**
   * Equation (80), per example: C = -Σ_j y_j ln a_j, which is -ln a_y where y is 1 at the desired digit and 0 elsewhere.
   *
   * In float32, a_j is exactly 0 for z_j about 104 below the largest, and ln a_j is -∞. So the cost is computed from z, by
   * (78), with s = z - max z:
   *
   *     ln a_j = z_j - ln Σ_k e^(z_k) = s_j - ln Σ_k e^(s_k)
   *
   * One of the e^(s_k) is 1 and none is larger: the sum neither overflows nor vanishes.
   */
  fn: (z, _a, y) => neg(sum(mul(y, logSoftmax(z)), 1)),
  equation: '(84): δ = a - y',
  /** Equation (84), for desired outputs whose sum is 1: δ = a - y. */
  delta: (_z, a, y) => sub(a, y),
}

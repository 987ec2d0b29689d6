/**
 * The costs of chapter 3. A cost is a pair: how wrong an output is, and the error it sends back. It knows no
 * network, so any cost fits any network.
 *
 * Shapes: m examples, j output neurons. z is the weighted input of the output layer, a = σ(z) its activation,
 * y the desired output; all are [m, j].
 */
import {
  abs,
  add,
  addN,
  mul,
  neg,
  relu,
  softplus,
  square,
  sub,
  sum,
  type Scalar,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import { sigmoidPrime } from './activation.ts'
import type { Params } from './params.ts'

export type CostName = 'quadratic' | 'xent'

export type Cost = {
  readonly name: CostName
  /** The cost of each example, summed over the output neurons: [m]. */
  readonly fn: (z: Tensor2D, a: Tensor2D, y: Tensor2D) => Tensor1D
  /** BP1, the output error δ^L = ∂C/∂z^L of each example: [m, j]. */
  readonly delta: (z: Tensor2D, a: Tensor2D, y: Tensor2D) => Tensor2D
}

/** The quadratic cost. Its error carries σ'(z): where the neuron is saturated, it learns slowly. */
export const quadratic: Cost = {
  name: 'quadratic',
  /** Equation (6), per example: C = ½ Σ_j (a_j - y_j)². */
  fn: (_z, a, y) => mul(0.5, sum(square(sub(a, y)), 1)),
  /** Equation (65): δ = (a - y) ⊙ σ'(z). */
  delta: (_z, a, y) => mul(sub(a, y), sigmoidPrime(a)),
}

/** The cross-entropy cost. Its error is the mere difference: σ'(z) has cancelled, (60) to (61). */
export const crossEntropy: Cost = {
  name: 'xent',
  /**
   * Equation (63), per example: C = -Σ_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)].
   *
   * In float32, a is exactly 1 from z of about 17 on, and ln(1 - a) leaves the line. So it is taken from z:
   *
   *     ln a       = -ln(1 + e^-z)
   *     ln(1 - a)  = -z - ln(1 + e^-z)
   *     C_j        = y ln(1 + e^-z) + (1 - y) (z + ln(1 + e^-z))
   *                = z - z y + ln(1 + e^-z)
   *                = max(z, 0) - z y + ln(1 + e^-|z|)
   *
   * where the last line, equal to the one above it for either sign of z, never raises e to a positive power. Its
   * logarithm is `softplus`, which keeps the digits of a small e^-|z| on every backend (WebAssembly's `log1p` does not).
   */
  fn: (z, _a, y) => sum(add(sub(relu(z), mul(z, y)), softplus(neg(abs(z)))), 1),
  /** Equation (66): δ = a - y. */
  delta: (_z, a, y) => sub(a, y),
}

/** The cost of a name. */
export const costOf = (name: CostName): Cost => (name === 'quadratic' ? quadratic : crossEntropy)

/**
 * Equation (85) without its factor λ/n: ½ Σ_w w². Weights only, never biases.
 */
export const halfSquaredWeights = (params: Params): Scalar =>
  mul<Scalar>(0.5, addN(params.map(({ w }) => sum<Scalar>(square(w)))))

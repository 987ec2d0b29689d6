/**
 * The quadratic cost.
 */
import { mul, square, sub, sum } from '@tensorflow/tfjs-core'
import { sigmoid } from '../activations/sigmoid.ts'
import type { Cost } from '../cost.ts'

/** The quadratic cost. Its error contains σ'(z): where a neuron is saturated, it learns slowly. */
export const quadratic: Cost = {
  name: 'quadratic',
  label: 'quadratic',
  aliases: [],
  savedAs: 'QuadraticCost',
  eta: 3.0,
  output: sigmoid,
  targets: 'any',
  /** Equation (6), per example: C = ½ Σ_j (a_j - y_j)². */
  fn: (_z, a, y) => mul(0.5, sum(square(sub(a, y)), 1)),
  equation: "(65): δ = (a - y) ⊙ σ'(z)",
  /** Equation (65): δ = (a - y) ⊙ σ'(z). */
  delta: (_z, a, y) => mul(sub(a, y), sigmoid.prime(a)),
}

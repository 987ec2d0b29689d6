/**
 * The sigmoid neuron.
 *
 * Shapes: m examples, j neurons of a layer.
 */
import { mul, sigmoid as tfSigmoid, sub, type Tensor2D } from '@tensorflow/tfjs-core'

/** Equation (3): σ(z) = 1 / (1 + e^-z). z [m, j] -> a [m, j] */
export const sigmoid = (z: Tensor2D): Tensor2D => tfSigmoid(z)

/**
 * Equation (3): σ'(z) = σ(z) (1 - σ(z)), from the activation a = σ(z), which every caller has at hand.
 *
 * 1 - a is exact near a = 1, where the slope is small; a - a² would lose its digits there. a [m, j] -> [m, j]
 */
export const sigmoidPrime = (a: Tensor2D): Tensor2D => mul(a, sub(1, a))

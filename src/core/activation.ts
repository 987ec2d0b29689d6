/**
 * What an activation function is. Each one has a file in `activations/` and a line in its registry.
 *
 * Shapes: m examples, j neurons of a layer.
 */
import type { Tensor2D } from '@tensorflow/tfjs-core'

/** The activation function of a layer. */
export type Activation = {
  /** The name on the command line, in settings and in files. */
  readonly name: string
  /** The equation of `fn`, as `trace` prints it. */
  readonly equation: string
  /** a = σ(z), from the weighted input z [m, j]. */
  readonly fn: (z: Tensor2D) => Tensor2D
}

/** An activation function that a hidden layer can have: backpropagation needs its derivative (BP2). */
export type HiddenActivation = Activation & {
  /** The equation of `prime`, as `trace` prints it. */
  readonly slope: string
  /** σ'(z), from the activation a = σ(z) [m, j], which every caller has already computed. */
  readonly prime: (a: Tensor2D) => Tensor2D
}

/**
 * What a regularizer is: a penalty on the weights, never on the biases. Each one has a file in `regularizers/` and a
 * line in its registry.
 */
import type { Scalar, Tensor2D } from '@tensorflow/tfjs-core'
import type { Params } from './params.ts'

/** A regularizer. */
export type Regularizer = {
  /** The name on the command line and in settings. */
  readonly name: string
  /** The penalty that the cost includes, without its factor λ/n. */
  readonly penalty: (params: Params) => Scalar
  /** What `gradient` computes, as `trace` prints it, such as "sgn(w)". */
  readonly slope: string
  /** ∂penalty/∂w [j, k] of a layer's weights w [j, k], for an optimizer that needs ∇C with the regularizer's term, which is λ/n times this. */
  readonly gradient: (w: Tensor2D) => Tensor2D
  /**
   * The number that `shrink` multiplies by, from ηλ/n. It is computed in float64, once for many steps, and enters a
   * step as an input, so that another λ or η needs no new program.
   */
  readonly factor: (etaLmbdaOverN: number) => number
  /** The equation of a step of gradient descent with it, as `trace` prints it. */
  readonly equation: string
  /** The weights after the regularizer's part of a step: w - ηλ/n · ∂penalty/∂w, [j, k]. */
  readonly shrink: (w: Tensor2D, factor: Scalar) => Tensor2D
}

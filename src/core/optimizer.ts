/**
 * Stochastic gradient descent: one step. Parameters in, parameters out.
 */
import { mul, sub, type Scalar, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import type { Cost } from './cost.ts'
import { backprop, type Batch } from './network.ts'
import type { LayerParams, Params } from './params.ts'

/**
 * How far a step goes. Both enter as tensors, so that a schedule or a sweep never compiles anew.
 */
export type StepScale = {
  /** η/m, the learning rate over the number of examples in this very mini-batch. */
  readonly rate: Scalar
  /** 1 - ηλ/n, the weight decay, with n the size of the whole training set. */
  readonly decay: Scalar
}

/**
 * Equations (93) and (94), one mini-batch of them:
 *
 *     w → (1 - ηλ/n) w - η/m Σ_x ∂C_x/∂w
 *     b → b - η/m Σ_x ∂C_x/∂b
 *
 * Without decay (λ = 0) they are (20) and (21).
 */
export const step =
  (cost: Cost) =>
  (params: Params, batch: Batch, { rate, decay }: StepScale): Params => {
    const nabla = backprop(cost)(params, batch)
    const descend = ({ w, b }: LayerParams, slope: LayerParams): LayerParams => ({
      w: sub<Tensor2D>(mul(decay, w), mul(rate, slope.w)),
      b: sub<Tensor1D>(b, mul(rate, slope.b)),
    })
    const [first, ...rest] = params
    return [descend(first, nabla[0]), ...rest.map((layer, l) => descend(layer, nabla[l + 1]!))]
  }

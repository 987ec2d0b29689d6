/**
 * Stochastic gradient descent.
 */
import { mul, sub, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import type { Optimizer } from '../optimizer.ts'
import { mapLayers } from '../params.ts'

/** Stochastic gradient descent. It remembers nothing. */
export const stochasticGradientDescent: Optimizer<readonly [], 'rate' | 'decay'> = {
  name: 'sgd',
  init: () => [] as const,
  /** `rate` is η/m with the m of this very mini-batch; `decay` is the regularizer's factor, with the n of the whole set. */
  scale: ({ eta, lmbda, m, n }, { factor }) => ({ rate: eta / m, decay: factor((eta * lmbda) / n) }),
  equations: ({ equation }) => ({ 'params.w': equation, 'params.b': '(94) b → b - η/m Σ ∂C/∂b' }),
  /**
   * Equations (93) and (94), or (97) with L1, for one mini-batch; with λ = 0 they are (20) and (21):
   *
   *     w → shrink(w) - η/m Σ_x ∂C_x/∂w
   *     b → b - η/m Σ_x ∂C_x/∂b
   */
  update: (gradients, { params, optimizer }, { rate, decay }, { shrink }) => ({
    params: mapLayers(params, ({ w, b }, l) => ({
      w: sub<Tensor2D>(shrink(w, decay), mul(rate, gradients[l]!.w)),
      b: sub<Tensor1D>(b, mul(rate, gradients[l]!.b)),
    })),
    optimizer,
  }),
}

/**
 * Stochastic gradient descent with momentum.
 */
import { add, mul, sub, zerosLike, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import type { Optimizer } from '../optimizer.ts'
import { mapLayers, type Params } from '../params.ts'

/** Momentum: the gradient changes a velocity, one for each weight and bias, and the velocity changes them. */
export const momentum: Optimizer<Params, 'rate' | 'mu' | 'decay'> = {
  name: 'momentum',
  mu: 0.9,
  remembers: 'velocity',
  /** The velocities, in the form of the parameters: all 0. */
  init: params => mapLayers(params, ({ w, b }) => ({ w: zerosLike(w), b: zerosLike(b) })),
  /** `rate` is η/m with the m of this very mini-batch; `decay` is ηλ/n, with the n of the whole set. */
  scale: ({ eta, lmbda, mu, m, n }) => ({ rate: eta / m, mu, decay: (eta * lmbda) / n }),
  equations: ({ slope }) => ({
    'params.w': '(108) w → w + v',
    'params.b': '(108) b → b + v',
    'optimizer.w': `(107) v → μ v - ηλ/n ${slope} - η/m Σ ∂C/∂w`,
    'optimizer.b': '(107) v → μ v - η/m Σ ∂C/∂b',
  }),
  /**
   * Equations (107) and (108), for one mini-batch. ∇C includes the regularizer's term:
   *
   *     v → μ v - ηλ/n ∂penalty/∂w - η/m Σ_x ∂C_x/∂w        (of a bias: without the second term)
   *     w → w + v
   */
  update: (gradients, { params, optimizer }, { rate, mu, decay }, { gradient }) => {
    const velocities = mapLayers(optimizer, ({ w, b }, l) => ({
      w: sub<Tensor2D>(sub(mul(mu, w), mul(decay, gradient(params[l]!.w))), mul(rate, gradients[l]!.w)),
      b: sub<Tensor1D>(mul(mu, b), mul(rate, gradients[l]!.b)),
    }))
    return {
      params: mapLayers(params, ({ w, b }, l) => ({
        w: add<Tensor2D>(w, velocities[l]!.w),
        b: add<Tensor1D>(b, velocities[l]!.b),
      })),
      optimizer: velocities,
    }
  },
}

/**
 * L1 regularization.
 */
import { abs, addN, mul, sign, sub, sum, type Scalar } from '@tensorflow/tfjs-core'
import type { Regularizer } from '../regularizer.ts'

/** L1 regularization: each step moves the weights towards 0 by the same amount, so that many of them end near 0. */
export const l1: Regularizer = {
  name: 'l1',
  /** Equation (95) without its factor λ/n: Σ_w |w|. */
  penalty: params => addN(params.map(({ w }) => sum<Scalar>(abs(w)))),
  slope: 'sgn(w)',
  /** Equation (96) without its factor λ/n: sgn(w), with sgn(0) = 0. */
  gradient: w => sign(w),
  factor: etaLmbdaOverN => etaLmbdaOverN,
  equation: '(97) w → w - ηλ/n sgn(w) - η/m Σ ∂C/∂w',
  /** Equation (97), without its last term: w → w - ηλ/n sgn(w). */
  shrink: (w, factor) => sub(w, mul(factor, sign(w))),
}

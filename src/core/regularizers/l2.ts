/**
 * L2 regularization, or weight decay.
 */
import { addN, mul, square, sum, type Scalar } from '@tensorflow/tfjs-core'
import type { Regularizer } from '../regularizer.ts'

/** L2 regularization: each step shrinks the weights by a factor. */
export const l2: Regularizer = {
  name: 'l2',
  /** Equation (85) without its factor λ/n: ½ Σ_w w². */
  penalty: params => mul<Scalar>(0.5, addN(params.map(({ w }) => sum<Scalar>(square(w))))),
  slope: 'w',
  /** Equation (88), its second term, without the factor λ/n: w. */
  gradient: w => w,
  factor: etaLmbdaOverN => 1 - etaLmbdaOverN,
  equation: '(93) w → (1 - ηλ/n) w - η/m Σ ∂C/∂w',
  /** Equation (93), the first term: w → (1 - ηλ/n) w. */
  shrink: (w, factor) => mul(factor, w),
}

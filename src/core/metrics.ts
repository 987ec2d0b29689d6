/**
 * The monitors: read-only observers of how well a network does on a set of examples.
 *
 * Shapes: m examples, j_L output neurons.
 */
import { add, argMax, cast, equal, mul, sum, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import { halfSquaredWeights, type Cost } from './cost.ts'
import { output, type Batch } from './network.ts'
import type { Params } from './params.ts'

/** Sums over examples, so that a large set can be observed piece by piece. */
export type MetricSums = {
  /** Σ_x C_x, without the L2 penalty. */
  readonly cost: Scalar
  /** The accuracy, as a count: the examples whose strongest output, the first of equals, is the desired one. */
  readonly correct: Scalar
}

/** Both sums over a batch, from one pass through the network. */
export const batchMetrics =
  (cost: Cost) =>
  (params: Params, { x, y }: Batch): MetricSums => {
    const { z, a } = output(params, x)
    return {
      cost: sum<Scalar>(cost.fn(z, a, y)),
      correct: sum(cast(equal<Tensor1D>(argMax(a, 1), argMax(y, 1)), 'float32')),
    }
  }

/**
 * Equations (6), (63) and (85): C = 1/n Σ_x C_x + λ/(2n) Σ_w w², the mean cost of a set with its L2 penalty.
 *
 * @param sum Σ_x C_x over the whole set, as {@link batchMetrics} gives it
 * @param n the size of this very set, as in network2, be it the training set or not
 */
export const totalCost = (params: Params, sum: Scalar, n: number, lmbda: number): Scalar =>
  add<Scalar>(mul(1 / n, sum), mul(lmbda / n, halfSquaredWeights(params)))

/**
 * The monitors: how well a network does on a set of examples.
 *
 * Shapes: m examples, j_L output neurons.
 */
import { add, argMax, cast, equal, mul, sum, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import { output, type Batch, type Network } from './network.ts'
import type { Params } from './params.ts'
import type { Regularizer } from './regularizer.ts'

/** The four monitors, by network2's names. */
export const MONITORS = ['evaluationCost', 'evaluationAccuracy', 'trainingCost', 'trainingAccuracy'] as const
export type MonitorName = (typeof MONITORS)[number]

/** Sums over examples, so that a large set can be evaluated chunk by chunk. */
export type MetricSums = {
  /** Σ_x C_x, without the regularizer's penalty. */
  readonly cost: Scalar
  /** The accuracy, as a count: the examples whose strongest output, the first of equals, is the desired one. */
  readonly correct: Scalar
}

/** Both sums over a batch, from one pass through the network. */
export const batchMetrics =
  (network: Network) =>
  (params: Params, { x, y }: Batch): MetricSums => {
    const { z, a } = output(network)(params, x)
    return {
      cost: sum<Scalar>(network.cost.fn(z, a, y)),
      correct: sum(cast(equal<Tensor1D>(argMax(a, 1), argMax(y, 1)), 'float32')),
    }
  }

/**
 * Equations (6), (63), (85) and (95): C = 1/n Σ_x C_x + λ/n penalty(w), the mean cost of a set with its penalty.
 *
 * @param sum Σ_x C_x over the whole set, as {@link batchMetrics} returns it
 * @param n the size of this very set, as in network2, whether it is the training set or not
 */
export const totalCost = (
  { penalty }: Regularizer,
  params: Params,
  sum: Scalar,
  n: number,
  lmbda: number,
): Scalar => add<Scalar>(mul(1 / n, sum), mul(lmbda / n, penalty(params)))

/**
 * The monitors over a whole set of examples, a thousand at a time: memory does not grow with the set.
 */
import { add, gather, scalar, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Cost } from './cost.ts'
import type { Interpreter } from './scan.ts'
import { batchMetrics, totalCost, type MetricSums } from './metrics.ts'
import type { Batch } from './network.ts'
import type { Params } from './params.ts'
import { chunkedScan, miniBatches, type ScanProgress, type ChunkSize } from './chunked-scan.ts'
import { using, dispose, withTensors } from './scope.ts'

/** What is seen of a set: its mean cost with the L2 penalty, and how many of its n examples are answered rightly. */
export type Metrics = { readonly cost: number; readonly correct: number; readonly n: number }

const AT_ONCE = 1000

type Observed = { readonly params: Params; readonly set: Batch }

const evaluateRows =
  (cost: Cost) =>
  (sums: MetricSums, { params, set }: Observed, rows: Tensor1D): MetricSums => {
    const some = batchMetrics(cost)(params, { x: gather(set.x, rows), y: gather(set.y, rows) })
    return { cost: add<Scalar>(sums.cost, some.cost), correct: add<Scalar>(sums.correct, some.correct) }
  }

/** Observes a set: yields where it is, and is sent how many examples to look at next. */
export type Evaluator = (
  params: Params,
  set: Batch,
) => Generator<ScanProgress<MetricSums>, Metrics, ChunkSize>

/**
 * An observer of any parameters and any set, both borrowed.
 *
 * @param lmbda of the L2 penalty that the cost includes
 */
export const evaluator = ({ scan }: Interpreter, cost: Cost, lmbda: number): Evaluator => {
  const advance = scan(evaluateRows(cost))
  return function* (params, set) {
    const n = set.x.shape[0]
    const order = Int32Array.from({ length: n }, (_, i) => i)
    const batches = miniBatches(order, Math.min(AT_ONCE, n))
    const nothing: MetricSums = { cost: scalar(0), correct: scalar(0) }
    try {
      const runs = batches.map(rows => ({ rows, constants: { params, set } }))
      const sums = yield* chunkedScan(advance, nothing, runs)
      return using(sums, ({ cost: sum, correct }) => ({
        cost: withTensors(
          () => totalCost(params, sum, n, lmbda),
          c => c.dataSync()[0]!,
        ),
        correct: correct.dataSync()[0]!,
        n,
      }))
    } finally {
      dispose([batches, nothing])
    }
  }
}

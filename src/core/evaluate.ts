/**
 * The monitors over a whole set of examples, a few at a time: memory does not grow with the set, and a trace, which computes, is short.
 */
import { add, gather, scalar, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import { chunkedScan, rowsInOrder, type ChunkSize, type ScanProgress } from './chunked-scan.ts'
import { batchMetrics, totalCost, type MetricSums } from './metrics.ts'
import type { Batch, Network } from './network.ts'
import type { Params } from './params.ts'
import type { Regularizer } from './regularizer.ts'
import type { Interpreter } from './scan.ts'
import { using, usingLazily, withTensors } from './scope.ts'

/** The metrics of a set: its mean cost with the penalty, and how many of its n examples are classified correctly. */
export type Metrics = {
  /** The mean cost of an example, with the penalty of the regularizer. */
  readonly cost: number
  /** How many of the n examples are classified correctly. */
  readonly correct: number
  /** The number of examples. */
  readonly n: number
}

type Evaluated = { readonly params: Params; readonly set: Batch }

const evaluateRows =
  (network: Network) =>
  (sums: MetricSums, { params, set }: Evaluated, rows: Tensor1D): MetricSums => {
    const some = batchMetrics(network)(params, { x: gather(set.x, rows), y: gather(set.y, rows) })
    return { cost: add<Scalar>(sums.cost, some.cost), correct: add<Scalar>(sums.correct, some.correct) }
  }

/**
 * Evaluates parameters on a set, both borrowed: yields its progress, and is sent how many examples to evaluate next. λ is that
 * of the penalty which the cost includes.
 */
export type Evaluator = Evaluate & {
  /** The same on another core, where the engine can: it yields while a chunk runs, and once before the first. */
  readonly beside?: Evaluate | undefined
}

type Evaluate = (
  params: Params,
  set: Batch,
  lmbda: number,
) => Generator<ScanProgress<MetricSums>, Metrics, ChunkSize>

/** An evaluator of any parameters of a network on any set. It compiles once. */
export const evaluator = ({ scan }: Interpreter, network: Network, regularizer: Regularizer): Evaluator => {
  const advance = scan(evaluateRows(network))
  const evaluateWith = (begin: typeof advance.begin): Evaluate =>
    function* (params, set, lmbda) {
      const n = set.x.shape[0]
      const zero: MetricSums = { cost: scalar(0), correct: scalar(0) }
      const batches = rowsInOrder(n)
      return yield* usingLazily({ batches, zero }, function* () {
        const segments = batches.map(rows => ({ m: rows.shape[1], xs: rows, constants: { params, set } }))
        const sums = yield* chunkedScan(advance, zero, segments, 0, begin)
        return using(sums, ({ cost: sum, correct }) => ({
          cost: withTensors(
            () => totalCost(regularizer, params, sum, n, lmbda),
            c => c.dataSync()[0]!,
          ),
          correct: correct.dataSync()[0]!,
          n,
        }))
      })
    }
  return Object.assign(evaluateWith(undefined), { beside: advance.begin && evaluateWith(advance.begin) })
}

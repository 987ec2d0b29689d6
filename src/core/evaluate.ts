/**
 * The monitors over a whole set of examples, a thousand at a time: memory does not grow with the set.
 */
import { add, gather, scalar, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Cost } from './cost.ts'
import type { Interpreter } from './scan.ts'
import { tally, totalCost, type Tally } from './metrics.ts'
import type { Batch } from './network.ts'
import type { Params } from './params.ts'
import { inPieces, miniBatches, type At, type Piece } from './chunked-scan.ts'
import { consume, free, reading } from './scope.ts'

/** What is seen of a set: its mean cost with the L2 penalty, and how many of its n examples are answered rightly. */
export type Observation = { readonly cost: number; readonly correct: number; readonly n: number }

const AT_ONCE = 1000

type Observed = { readonly params: Params; readonly set: Batch }

const observeRows =
  (cost: Cost) =>
  (sums: Tally, { params, set }: Observed, rows: Tensor1D): Tally => {
    const some = tally(cost)(params, { x: gather(set.x, rows), y: gather(set.y, rows) })
    return { cost: add<Scalar>(sums.cost, some.cost), correct: add<Scalar>(sums.correct, some.correct) }
  }

/** Observes a set: yields where it is, and is sent how many examples to look at next. */
export type Observer = (params: Params, set: Batch) => Generator<At<Tally>, Observation, Piece>

/**
 * An observer of any parameters and any set, both borrowed.
 *
 * @param lmbda of the L2 penalty that the cost includes
 */
export const observer = ({ scan }: Interpreter, cost: Cost, lmbda: number): Observer => {
  const advance = scan(observeRows(cost))
  return function* (params, set) {
    const n = set.x.shape[0]
    const order = Int32Array.from({ length: n }, (_, i) => i)
    const batches = miniBatches(order, Math.min(AT_ONCE, n))
    const nothing: Tally = { cost: scalar(0), correct: scalar(0) }
    try {
      const runs = batches.map(rows => ({ rows, constants: { params, set } }))
      const sums = yield* inPieces(advance, nothing, runs)
      return consume(sums, ({ cost: sum, correct }) => ({
        cost: reading(
          () => totalCost(params, sum, n, lmbda),
          c => c.dataSync()[0]!,
        ),
        correct: correct.dataSync()[0]!,
        n,
      }))
    } finally {
      free([batches, nothing])
    }
  }
}

/**
 * Training: the fold over epochs, of folds over mini-batches.
 *
 * Shapes: n training examples, m in a mini-batch.
 */
import { abs, gather, mean, scalar, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Cost } from './cost.ts'
import type { Interpreter, Scan } from './interpreter/index.ts'
import type { Batch } from './network.ts'
import { observer, type Observation } from './observe.ts'
import type { Params } from './params.ts'
import { inPieces, miniBatches, type Piece, type Run } from './pieces.ts'
import { free, owned, reading } from './scope.ts'
import { step, type Pace } from './sgd.ts'

export type Settings = {
  readonly cost: Cost
  readonly epochs: number
  /** m; one that exceeds n makes one mini-batch of the training set. */
  readonly miniBatchSize: number
  readonly eta: number
  readonly lmbda: number
  /** The order of the training examples in an epoch; epochs count from 1. */
  readonly order: (epoch: number) => Int32Array
}

/** The sets of examples; those to observe after each epoch may be left out, or be the same. */
export type Sets = {
  readonly training: Batch
  readonly observed: { readonly training?: Batch | undefined; readonly evaluation?: Batch | undefined }
}

/** What was seen after an epoch. */
export type Report = {
  readonly epoch: number
  readonly training?: Observation
  readonly evaluation?: Observation
}

/**
 * What training tells as it goes. Parameters in an event are borrowed: they live until the next event is asked for.
 *
 * - `progress`: so many of the examples to be trained on, or to be observed, are done in this epoch
 * - `epoch`: it is over
 * - `diverged`: with mini-batch `step` (from 1) of the epoch, the parameters left the numbers that float32 can work
 *   with. `params` are those of the epoch before, the last good ones; training ends with them
 */
export type Event =
  | {
      readonly kind: 'progress'
      readonly phase: 'training' | 'observing'
      readonly epoch: number
      readonly done: number
      readonly of: number
    }
  | { readonly kind: 'epoch'; readonly report: Report; readonly params: Params }
  | { readonly kind: 'diverged'; readonly epoch: number; readonly step: number; readonly params: Params }

/** What every mini-batch of an epoch has in common: the whole training set, and the pace. */
type Constants = Batch & Pace

/** A step of SGD on the mini-batch that consists of these rows of the training set. */
export const stepOnRows =
  (cost: Cost) =>
  (params: Params, { x, y, rate, decay }: Constants, rows: Tensor1D): Params =>
    step(cost)(params, { x: gather(x, rows), y: gather(y, rows) }, { rate, decay })

/** Beyond it, float32 cannot tell a number from the next integer: no weight there has been learnt. */
const LIMIT = 2 ** 24

/** Whether the parameters are numbers to go on with: finite, and in each layer below 2^24 on average. */
const isSound = (params: Params): boolean =>
  reading(
    () => params.flatMap(({ w, b }) => [mean<Scalar>(abs(w)), mean<Scalar>(abs(b))]),
    means => means.every(value => value.dataSync()[0]! < LIMIT),
  )

/**
 * Trains a network, and tells of it event by event. Lazy: what is not asked for is not computed.
 *
 * After a `progress` event the caller may send the number of examples in the next piece, with `next(examples)`;
 * otherwise a piece is all that is left. How an epoch is cut never changes its result.
 *
 * @param initial borrowed, as are the sets
 * @returns the trained parameters, which the caller owns. A training that is left early (by `return`, or by a
 *          throw) leaves no tensor behind
 */
export function* train(
  interpreter: Interpreter,
  settings: Settings,
  { training, observed }: Sets,
  initial: Params,
): Generator<Event, Params, Piece> {
  const { cost, lmbda } = settings
  const advance = interpreter.scan(stepOnRows(cost))
  const observe = observer(interpreter, cost, lmbda)

  let params = owned(initial)
  try {
    for (let epoch = 1; epoch <= settings.epochs; epoch++) {
      const runs = runsOf(settings, training, epoch)
      try {
        const scanning = inPieces(advance, params, runs)
        const next = yield* telling(scanning, 'training', epoch, training)
        if (!isSound(next)) {
          free(next)
          const step = firstUnsoundStep(advance, params, runs)
          yield { kind: 'diverged', epoch, step, params }
          break
        }
        free(params)
        params = next
      } finally {
        free(runs.map(({ rows, constants: { rate, decay } }) => [rows, rate, decay]))
      }

      const seen: { training?: Observation; evaluation?: Observation } = {}
      for (const name of ['training', 'evaluation'] as const) {
        const set = observed[name]
        if (set !== undefined) seen[name] = yield* telling(observe(params, set), 'observing', epoch, set)
      }
      yield { kind: 'epoch', report: { epoch, ...seen }, params }
    }
    return owned(params)
  } finally {
    free(params)
  }
}

/** The mini-batches of an epoch, each with its pace: η/m with its own m, 1 - ηλ/n with the n of all. */
const runsOf = (
  { eta, lmbda, miniBatchSize, order }: Settings,
  training: Batch,
  epoch: number,
): readonly Run<Constants>[] => {
  const n = training.x.shape[0]
  return miniBatches(order(epoch), Math.min(miniBatchSize, n)).map(rows => ({
    rows,
    constants: { ...training, rate: scalar(eta / rows.shape[1]), decay: scalar(1 - (eta * lmbda) / n) },
  }))
}

/** Turns the counts of a scan into events. */
function* telling<R>(
  scanning: Generator<number, R, Piece>,
  phase: 'training' | 'observing',
  epoch: number,
  set: Batch,
): Generator<Event, R, Piece> {
  try {
    let at = scanning.next()
    while (!at.done)
      at = scanning.next(yield { kind: 'progress', phase, epoch, done: at.value, of: set.x.shape[0] })
    return at.value
  } finally {
    scanning.return(undefined as never)
  }
}

/** Runs an epoch that has gone wrong once more, step by step, and returns the number of the first bad one, from 1. */
const firstUnsoundStep = (
  advance: Scan<Params, Constants, Tensor1D>,
  initial: Params,
  runs: readonly Run<Constants>[],
): number => {
  const steps = runs.flatMap(run => Array.from({ length: run.rows.shape[0] }, (_, i) => ({ ...run, i })))
  let params = owned(initial)
  try {
    return (
      1 +
      steps.findIndex(({ rows, constants, i }) => {
        const next = advance(params, constants, rows, [i, i + 1])
        free(params)
        params = next
        return !isSound(params)
      })
    )
  } finally {
    free(params)
  }
}

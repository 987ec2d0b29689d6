/**
 * Training: the fold over epochs, of folds over mini-batches.
 *
 * Shapes: n training examples, m in a mini-batch.
 */
import { abs, gather, mean, scalar, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import type { Cost } from './cost.ts'
import type { Interpreter, Scan } from './scan.ts'
import type { Batch } from './network.ts'
import { evaluator, type Metrics } from './evaluate.ts'
import type { Params } from './params.ts'
import { chunkedScan, miniBatches, type ScanProgress, type ChunkSize, type Segment } from './chunked-scan.ts'
import { updateSchedule, initialScheduleState, type ScheduleState, type Schedule } from './schedule.ts'
import { dispose, clone, withTensors } from './scope.ts'
import { step, type StepScale } from './optimizer.ts'

export type TrainSettings = {
  readonly cost: Cost
  readonly epochs: number
  /** m; one that exceeds n makes one mini-batch of the training set. */
  readonly miniBatchSize: number
  readonly eta: number
  readonly lmbda: number
  /** The order of the training examples in an epoch; epochs count from 1. */
  readonly order: (epoch: number) => Int32Array
  /** When to stop early, and when to slow down, by the accuracy on the evaluation set. */
  readonly schedule?: Schedule | undefined
}

/** The sets of examples; those to observe after each epoch may be left out, or be the same. */
export type TrainSets = {
  readonly training: Batch
  readonly observed: { readonly training?: Batch | undefined; readonly evaluation?: Batch | undefined }
}

/** What was seen after an epoch. */
export type EpochMetrics = {
  readonly epoch: number
  /** The learning rate of the epoch. */
  readonly eta: number
  readonly training?: Metrics
  readonly evaluation?: Metrics
}

/** Where a training is: with the parameters of that moment, all that it takes to go on from there. */
export type TrainCursor = {
  /** Whole epochs, seen by the monitors. */
  readonly epochs: number
  /** The examples that the next epoch has been trained on already. */
  readonly examples: number
  readonly schedule: ScheduleState
}

export const startCursor: TrainCursor = { epochs: 0, examples: 0, schedule: initialScheduleState }

/** The position after these epochs. */
export const cursorAfter = (schedule: Schedule, reports: readonly EpochMetrics[]): TrainCursor => ({
  epochs: reports.length,
  examples: 0,
  schedule: reports
    .map(({ evaluation }) => evaluation?.correct)
    .reduce(updateSchedule(schedule), initialScheduleState),
})

/**
 * What training tells as it goes. Parameters in an event are borrowed: they live until the next event is asked for.
 * Each but the last comes with the position that goes with its parameters.
 *
 * - `progress`: so many of the examples to be trained on, or to be observed, are done in this epoch
 * - `epoch`: it is over
 * - `diverged`: with mini-batch `step` (from 1) of the epoch, the parameters left the numbers that float32 can work
 *   with. `params` are the last good ones, those that the epoch went on from; training ends with them
 */
export type TrainEvent =
  | {
      readonly kind: 'progress'
      readonly phase: 'training' | 'observing'
      readonly epoch: number
      readonly done: number
      readonly of: number
      readonly position: TrainCursor
      readonly params: Params
    }
  | {
      readonly kind: 'epoch'
      readonly report: EpochMetrics
      readonly position: TrainCursor
      readonly params: Params
    }
  | { readonly kind: 'diverged'; readonly epoch: number; readonly step: number; readonly params: Params }

/** What every mini-batch of an epoch has in common: the whole training set, and the pace. */
type Constants = Batch & StepScale

/** A step of SGD on the mini-batch that consists of these rows of the training set. */
export const trainStep =
  (cost: Cost) =>
  (params: Params, { x, y, rate, decay }: Constants, rows: Tensor1D): Params =>
    step(cost)(params, { x: gather(x, rows), y: gather(y, rows) }, { rate, decay })

/** Beyond it, float32 cannot tell a number from the next integer: no weight there has been learnt. */
const LIMIT = 2 ** 24

/** Whether the parameters are numbers to go on with: finite, and in each layer below 2^24 on average. */
export const isSound = (params: Params): boolean =>
  withTensors(
    () => params.flatMap(({ w, b }) => [mean<Scalar>(abs(w)), mean<Scalar>(abs(b))]),
    means => means.every(value => value.dataSync()[0]! < LIMIT),
  )

/**
 * Trains a network, and tells of it event by event. Lazy: what is not asked for is not computed.
 *
 * After a `progress` event the caller may send the number of examples in the next piece, with `next(examples)`;
 * otherwise a piece is all that is left. How a training is cut never changes its result, whether into pieces or
 * into processes: it goes on from any position it has told of, as if there had been no break.
 *
 * @param initial borrowed, as are the sets
 * @param from where these parameters are
 * @returns the trained parameters, which the caller owns. A training that is left early (by `return`, or by a
 *          throw) leaves no tensor behind
 */
export function* train(
  interpreter: Interpreter,
  settings: TrainSettings,
  { training, observed }: TrainSets,
  initial: Params,
  from: TrainCursor = startCursor,
): Generator<TrainEvent, Params, ChunkSize> {
  const { cost, lmbda, schedule = {} } = settings
  const advance = interpreter.scan(trainStep(cost))
  const observe = evaluator(interpreter, cost, lmbda)

  let params = clone(initial)
  let position = from
  try {
    while (position.epochs < settings.epochs && position.schedule.stopReason === undefined) {
      const { epochs, examples, schedule: cursor } = position
      const epoch = epochs + 1
      const eta = settings.eta * cursor.share
      const runs = runsOf({ ...settings, eta }, training, epoch)
      try {
        const next = yield* telling(
          chunkedScan(advance, params, runs, examples),
          training,
          ({ done, state }) => ({
            phase: 'training',
            epoch,
            position: { epochs, examples: done, schedule: cursor },
            params: state,
          }),
        )
        if (!isSound(next)) {
          dispose(next)
          const step = firstDivergedStep(advance, params, runs, examples)
          yield { kind: 'diverged', epoch, step, params }
          break
        }
        dispose(params)
        params = next
      } finally {
        dispose(runs.map(({ rows, constants: { rate, decay } }) => [rows, rate, decay]))
      }

      const seen: { training?: Metrics; evaluation?: Metrics } = {}
      const trained = { epochs, examples: training.x.shape[0], schedule: cursor }
      for (const name of ['training', 'evaluation'] as const) {
        const set = observed[name]
        if (set !== undefined)
          seen[name] = yield* telling(observe(params, set), set, () => ({
            phase: 'observing',
            epoch,
            position: trained,
            params,
          }))
      }
      position = {
        epochs: epoch,
        examples: 0,
        schedule: updateSchedule(schedule)(cursor, seen.evaluation?.correct),
      }
      yield { kind: 'epoch', report: { epoch, eta, ...seen }, position, params }
    }
    return clone(params)
  } finally {
    dispose(params)
  }
}

/** The mini-batches of an epoch, each with its pace: η/m with its own m, 1 - ηλ/n with the n of all. */
const runsOf = (
  { eta, lmbda, miniBatchSize, order }: TrainSettings,
  training: Batch,
  epoch: number,
): readonly Segment<Constants>[] => {
  const n = training.x.shape[0]
  return miniBatches(order(epoch), Math.min(miniBatchSize, n)).map(rows => ({
    rows,
    constants: { ...training, rate: scalar(eta / rows.shape[1]), decay: scalar(1 - (eta * lmbda) / n) },
  }))
}

type Progress = Extract<TrainEvent, { kind: 'progress' }>

/** Turns the places of a scan over a set into events. */
function* telling<S, R>(
  scanning: Generator<ScanProgress<S>, R, ChunkSize>,
  set: Batch,
  about: (at: ScanProgress<S>) => Omit<Progress, 'kind' | 'done' | 'of'>,
): Generator<TrainEvent, R, ChunkSize> {
  try {
    let at = scanning.next()
    while (!at.done)
      at = scanning.next(
        yield { kind: 'progress', done: at.value.done, of: set.x.shape[0], ...about(at.value) },
      )
    return at.value
  } finally {
    scanning.return(undefined as never)
  }
}

/** Runs an epoch that has gone wrong once more, step by step, and returns the number of the first bad one, from 1. */
const firstDivergedStep = (
  advance: Scan<Params, Constants, Tensor1D>,
  initial: Params,
  runs: readonly Segment<Constants>[],
  from: number,
): number => {
  const steps = runs.flatMap(run => Array.from({ length: run.rows.shape[0] }, (_, i) => ({ ...run, i })))
  // all mini-batches but the last are of one size
  const done = Math.ceil(from / (runs[0]?.rows.shape[1] ?? 1))
  let params = clone(initial)
  try {
    return (
      1 +
      done +
      steps.slice(done).findIndex(({ rows, constants, i }) => {
        const next = advance(params, constants, rows, [i, i + 1])
        dispose(params)
        params = next
        return !isSound(params)
      })
    )
  } finally {
    dispose(params)
  }
}

/**
 * Training: a fold over epochs, each a scan over mini-batches.
 *
 * Shapes: n training examples, m in a mini-batch.
 */
import { abs, gather, mean, scalar, tensor2d, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
import type { HiddenActivation } from './activation.ts'
import { sigmoid } from './activations/sigmoid.ts'
import { chunkedScan, miniBatches, type ChunkSize, type ScanProgress, type Segment } from './chunked-scan.ts'
import type { Cost } from './cost.ts'
import { fullNetwork, masksOf, type Dropout } from './dropout.ts'
import { evaluator, type Evaluator, type Metrics } from './evaluate.ts'
import { backprop, type Batch, type Network } from './network.ts'
import type { Optimizer, TrainState } from './optimizer.ts'
import { stochasticGradientDescent } from './optimizers/sgd.ts'
import { fromParams, toParams, type Params } from './params.ts'
import type { Regularizer } from './regularizer.ts'
import { l2 } from './regularizers/l2.ts'
import type { Interpreter, Scan } from './scan.ts'
import { initialScheduleState, updateSchedule, type Schedule, type ScheduleState } from './schedule.ts'
import { clone, dispose, foldLazily, leave, usingLazily, withTensors } from './scope.ts'
import type { Tree } from './tree.ts'

/** The parts that a network and its training are made of. */
export type TrainParts = {
  readonly cost: Cost
  /** The neurons of the hidden layers: sigmoid, if it is left out. */
  readonly hidden?: HiddenActivation
  /** L2, if it is left out. */
  readonly regularizer?: Regularizer
  /** Stochastic gradient descent, if it is left out. */
  readonly optimizer?: Optimizer
}

/** What a training depends on beside the data and the initial parameters. */
export type TrainSettings = TrainParts & {
  /** The number of epochs in all. */
  readonly epochs: number
  /** m, the number of examples in a mini-batch; more than n means one mini-batch of the whole training set. */
  readonly miniBatchSize: number
  /** The learning rate, or that of each epoch; epochs count from 1. */
  readonly eta: number | ((epoch: number) => number)
  /** The regularization parameter λ. */
  readonly lmbda: number
  /** The momentum coefficient μ: 0, if it is left out. */
  readonly mu?: number | undefined
  /**
   * Which neurons a mini-batch deletes: none, if it is left out. The monitors see {@link paramsForUse} of a state.
   */
  readonly dropout?: Dropout | undefined
  /** The order of the training examples in an epoch, [n]; epochs count from 1. */
  readonly order: (epoch: number) => Int32Array
  /** When to stop early, and when to lower the learning rate, by the accuracy on the selection set. */
  readonly schedule?: Schedule | undefined
}

/** The sets of examples of an epoch. Those to evaluate after it may be left out, or be the same. */
export type TrainSets = {
  /** The examples to train on. */
  readonly training: Batch
  /** The sets to evaluate on after the epoch. */
  readonly observed: {
    /** The training set, or a part of it. */
    readonly training?: Batch | undefined
    /** The book's evaluation_data. */
    readonly evaluation?: Batch | undefined
    /** The set by whose accuracy the schedule decides; the evaluation set, if it is left out. */
    readonly selection?: Batch | undefined
  }
}

/** What the monitors measured after an epoch. */
export type EpochMetrics = {
  /** The epoch, from 1. */
  readonly epoch: number
  /** The learning rate of the epoch. */
  readonly eta: number
  /** On the training set, if it was observed. */
  readonly training?: Metrics
  /** On the evaluation set, if it was observed. */
  readonly evaluation?: Metrics
  /** On the selection set, if there is one. */
  readonly selection?: Metrics
}

/** The accuracy by which a schedule decides, and by which the best epoch is chosen. */
export const selectionAccuracy = ({ selection, evaluation }: EpochMetrics): number | undefined =>
  (selection ?? evaluation)?.correct

/** How far a training is. With the state of that moment, it is all that is needed to continue. */
export type TrainCursor = {
  /** Whole epochs, including their evaluation. */
  readonly epochs: number
  /** The examples that the next epoch has been trained on already. */
  readonly examples: number
  /** Where the schedule stands. */
  readonly schedule: ScheduleState
}

export const startCursor: TrainCursor = { epochs: 0, examples: 0, schedule: initialScheduleState }

/** The cursor after these epochs. */
export const cursorAfter = (schedule: Schedule, history: readonly EpochMetrics[]): TrainCursor =>
  history.reduce(nextEpoch(schedule), startCursor)

const nextEpoch =
  (schedule: Schedule) =>
  (cursor: TrainCursor, metrics: EpochMetrics): TrainCursor => ({
    epochs: metrics.epoch,
    examples: 0,
    schedule: updateSchedule(schedule)(cursor.schedule, selectionAccuracy(metrics)),
  })

/** A part of an epoch is done: of its training, or of its evaluation. */
export type ProgressEvent = {
  readonly kind: 'progress'
  readonly phase: 'training' | 'observing'
  /** The epoch, from 1. */
  readonly epoch: number
  /** How many examples of the phase are done. */
  readonly done: number
  /** How many examples the phase has. */
  readonly of: number
  /** How far the training is: with the state, all that is needed to continue. */
  readonly cursor: TrainCursor
  /** How many examples the next epoch has been trained on already, beside the monitors. */
  readonly ahead: number
  /** The state of this moment, borrowed until the next event. */
  readonly state: TrainState
}

/** An epoch is complete. */
export type EpochEvent = {
  readonly kind: 'epoch'
  /** What the monitors measured. */
  readonly metrics: EpochMetrics
  /** How far the training is: with the state, all that is needed to continue. */
  readonly cursor: TrainCursor
  /** How many examples the next epoch has been trained on already, beside the monitors. */
  readonly ahead: number
  /** The state after the epoch, borrowed until the next event. */
  readonly state: TrainState
}

/** The parameters overflowed float32; training ends with this event. */
export type DivergedEvent = {
  readonly kind: 'diverged'
  /** The epoch, from 1. */
  readonly epoch: number
  /** The mini-batch of the epoch, from 1: a step. */
  readonly step: number
  /** The state before that epoch, borrowed. */
  readonly state: TrainState
}

/** What training yields. */
export type TrainEvent = ProgressEvent | EpochEvent | DivergedEvent

/** The examples done, by which the size of the next chunk is chosen: of the next epoch, while it is trained beside the monitors. */
export const positionOf = (event: TrainEvent): number | undefined => {
  if (event.kind !== 'progress') return undefined
  return event.ahead > 0 ? event.ahead : event.done
}

/** What every mini-batch of an epoch has in common: the whole training set, and the optimizer's inputs. */
type StepConstants = Batch & Readonly<Record<string, Tree>>

/** What a mini-batch has of its own: its rows of the training set; with dropout, the mask of each hidden layer, [j_l]. */
type StepInputs = { readonly rows: Tensor1D; readonly masks: readonly Tensor1D[] }

type Parts = Network & { readonly regularizer: Regularizer; readonly optimizer: Optimizer }

const partsOf = ({
  cost,
  hidden = sigmoid,
  regularizer = l2,
  optimizer = stochasticGradientDescent,
}: TrainParts): Parts => ({
  cost,
  hidden,
  regularizer,
  optimizer,
})

/** One step of the optimizer, on the mini-batch that consists of these rows of the training set. */
export const trainStep =
  (parts: TrainParts) =>
  (state: TrainState, { x, y, ...scale }: StepConstants, { rows, masks }: StepInputs): TrainState => {
    const { regularizer, optimizer, ...network } = partsOf(parts)
    const gradients = backprop(network)(state.params, { x: gather(x, rows), y: gather(y, rows) }, masks)
    return optimizer.update(gradients, state, scale as Readonly<Record<string, Scalar>>, regularizer)
  }

/** Beyond this, float32 cannot tell a number from the next integer: a larger weight holds no information. */
const LIMIT = 2 ** 24

/** Whether the parameters overflowed: not finite, or in some layer 2^24 or more on average. */
export const hasDiverged = (params: Params): boolean =>
  withTensors(
    () => params.flatMap(({ w, b }) => [mean<Scalar>(abs(w)), mean<Scalar>(abs(b))]),
    means => !means.every(value => value.dataSync()[0]! < LIMIT),
  )

/** What a training starts from. */
export type InitialState = {
  /** The parameters before the first step that is left. */
  readonly params: Params
  /** What the optimizer remembers; without it, one that has not seen a step. */
  readonly optimizer?: Tree | undefined
}

/** A step and the monitors of a network. Trainings that share them compile them once. */
export type PreparedTraining = {
  readonly advance: Scan<TrainState, StepConstants, StepInputs>
  readonly evaluate: Evaluator
}

/** Prepares trainings that have these parts; all other settings may differ. */
export const prepareTraining = (interpreter: Interpreter, parts: TrainParts): PreparedTraining => {
  const { regularizer, ...network } = partsOf(parts)
  return {
    advance: interpreter.scan(trainStep(parts)),
    evaluate: evaluator(interpreter, network, regularizer),
  }
}

/**
 * Trains a network: folds `epoch` over the epochs that are left, lazily. What is not asked for is not computed.
 *
 * After a `progress` event the caller may send the number of examples in the next chunk, with `next(examples)`; without
 * one, a chunk is all that is left. How a training is cut into chunks, or into processes, never changes its result: it can
 * continue from the state and the cursor of any event.
 *
 * @param sets the same for all epochs, or those of an epoch (from 1), which are used until its `epoch` event
 * @param initial the state to start from, borrowed, as are the sets
 * @param from how far that state is
 * @returns the trained state, which the caller owns. A training that is left early (by `return`, or by a throw) leaves
 *          no tensor
 */
export function* train(
  interpreter: Interpreter,
  settings: TrainSettings,
  sets: TrainSets | ((epoch: number) => TrainSets),
  initial: InitialState,
  from: TrainCursor = startCursor,
): Generator<TrainEvent, TrainState, ChunkSize> {
  return yield* trainPrepared(prepareTraining(interpreter, settings), settings, sets, initial, from)
}

/** {@link train}, with a step and monitors that were prepared for the same parts. */
export function* trainPrepared(
  prepared: PreparedTraining,
  settings: TrainSettings,
  sets: TrainSets | ((epoch: number) => TrainSets),
  { params, optimizer }: InitialState,
  from: TrainCursor = startCursor,
): Generator<TrainEvent, TrainState, ChunkSize> {
  const { schedule = {}, epochs } = settings
  const steps = stepsOf(prepared, settings)
  // beside the monitors of an epoch the next one is trained, on the same sets
  const goesAhead = prepared.evaluate.beside !== undefined && typeof sets !== 'function'
  const fresh = optimizer === undefined ? partsOf(settings).optimizer.init(params) : []
  return yield* usingLazily(fresh, () =>
    foldLazily<TrainState, TrainEvent, ChunkSize>(
      { params, optimizer: optimizer ?? fresh },
      function* ({ get, put }) {
        let cursor = from
        let ahead: Begun | undefined
        const aheadOf = (n: number): number => (ahead === undefined ? 0 : doneOf(ahead.at, n))
        try {
          while (cursor.epochs < epochs && cursor.schedule.stopReason === undefined) {
            const epoch = cursor.epochs + 1
            const { training, observed } = typeof sets === 'function' ? sets(epoch) : sets
            const n = training.x.shape[0]
            const running = ahead ?? begun(steps(training, get(), cursor))
            ahead = undefined
            const trained = yield* reporting(running, n, ({ done, state }) => ({
              ...{ phase: 'training', epoch, state, ahead: 0 },
              cursor: { ...cursor, examples: done },
            }))
            if ('divergedAt' in trained) {
              yield { kind: 'diverged', epoch, step: trained.divergedAt, state: get() }
              return
            }
            put(trained.state)
            if (goesAhead && epoch < epochs)
              ahead = begun(steps(training, get(), { ...cursor, epochs: epoch, examples: 0 }))
            const measured = yield* monitors(prepared, settings, get(), observed, ahead, () => ({
              ...{ phase: 'observing', epoch, state: get(), ahead: aheadOf(n) },
              cursor: { ...cursor, examples: n },
            }))
            const metrics = { epoch, eta: etaOf(settings, cursor), ...measured }
            const { share } = cursor.schedule
            cursor = nextEpoch(schedule)(cursor, metrics)
            if (cursor.schedule.share !== share) {
              // it was trained with the rate before
              drop(ahead)
              ahead = undefined
            }
            yield { kind: 'epoch', metrics, cursor, state: get(), ahead: aheadOf(n) }
          }
        } finally {
          drop(ahead)
        }
      },
    ),
  )
}

/** The learning rate of the epoch after a cursor. */
const etaOf = ({ eta }: TrainSettings, { epochs, schedule: { share } }: TrainCursor): number =>
  (typeof eta === 'function' ? eta(epochs + 1) : eta) * share

/** The steps of an epoch lead to a state, which the caller owns, or to the step where they diverge. */
type Trained = { readonly state: TrainState } | { readonly divergedAt: number }

type Steps = Generator<ScanProgress<TrainState>, Trained, ChunkSize>

/** Steps, and where they are. */
type Begun = { readonly steps: Steps; at: IteratorResult<ScanProgress<TrainState>, Trained> }

const begun = (steps: Steps): Begun => ({ steps, at: steps.next() })

/** How many of n examples a scan has done. */
const doneOf = (at: IteratorResult<ScanProgress<unknown>, unknown>, n: number): number =>
  at.done === true ? n : at.value.done

/** Ends steps whose result is not used. */
const drop = (begun: Begun | undefined): void => {
  if (begun === undefined) return
  if (begun.at.done !== true) leave(begun.steps)
  else if ('state' in begun.at.value) dispose(begun.at.value.state)
}

/** Trains on every mini-batch of the epoch after a cursor; the state and the set are borrowed. */
const stepsOf = ({ advance }: PreparedTraining, settings: TrainSettings) =>
  function (training: Batch, state: TrainState, cursor: TrainCursor): Steps {
    const given = { ...settings, eta: etaOf(settings, cursor) }
    return usingSegments(given, training, state.params, cursor.epochs + 1, function* (segments) {
      const next = yield* chunkedScan(advance, state, segments, cursor.examples)
      if (!hasDiverged(next.params)) return { state: next }
      dispose(next)
      return { divergedAt: firstDivergedStep(advance, state, segments, cursor.examples) }
    })
  }

/** How many examples are evaluated in about the time in which one is trained on: its gradients are two passes more. */
const FORWARD = 3

type Observed = Omit<EpochMetrics, 'epoch' | 'eta'>

/**
 * The monitors on the sets that are observed.
 *
 * @param ahead the steps of the next epoch, which go on while the monitors run beside them
 */
function* monitors(
  { evaluate }: PreparedTraining,
  settings: TrainSettings,
  state: TrainState,
  observed: TrainSets['observed'],
  ahead: Begun | undefined,
  about: () => About,
): Generator<TrainEvent, Observed, ChunkSize> {
  const beside = ahead && evaluate.beside
  return yield* usingLazily(paramsForUse(settings, state.params), function* (params): Generator<
    TrainEvent,
    Observed,
    ChunkSize
  > {
    const evaluations = (['training', 'evaluation', 'selection'] as const).flatMap(name => {
      const set = observed[name]
      if (set === undefined) return []
      const evaluation = (beside ?? evaluate)(params, set, settings.lmbda)
      return [{ name, evaluation, n: set.x.shape[0], at: evaluation.next() }]
    })
    const of = evaluations.reduce((sum, { n }) => sum + n, 0)
    try {
      for (;;) {
        const left = evaluations.filter(({ at }) => at.done !== true)
        if (left.length === 0) break
        const done = evaluations.reduce((sum, { n, at }) => sum + doneOf(at, n), 0)
        const chunk = yield { kind: 'progress', done, of, ...about() }
        if (beside === undefined) left[0]!.at = left[0]!.evaluation.next(chunk)
        else for (const each of left) each.at = each.evaluation.next(chunk && FORWARD * chunk)
        if (ahead !== undefined && ahead.at.done !== true) ahead.at = ahead.steps.next(chunk)
      }
    } finally {
      for (const { evaluation } of evaluations) leave(evaluation)
    }
    return Object.fromEntries(evaluations.map(({ name, at }) => [name, at.value]))
  })
}

/** The parameters of the network for use, from those of a state; the caller owns them. They differ with dropout only. */
export const paramsForUse = ({ dropout }: Pick<TrainSettings, 'dropout'>, params: Params): Params =>
  dropout === undefined ? clone(params) : toParams(fullNetwork(dropout.rate, fromParams(params)))

/** The mini-batches of an epoch, each with the optimizer's inputs for its own m, while `body` runs. */
function* usingSegments(
  settings: TrainSettings & { readonly eta: number },
  training: Batch,
  params: Params,
  epoch: number,
  body: (segments: readonly Segment<StepConstants, StepInputs>[]) => Steps,
): Steps {
  const { eta, lmbda, mu = 0, miniBatchSize, order, dropout } = settings
  const { optimizer, regularizer } = partsOf(settings)
  const n = training.x.shape[0]
  const hidden = params.slice(0, -1).map(({ b }) => b.shape[0])
  const batches = miniBatches(order(epoch), Math.min(miniBatchSize, n))
  const own = batches.map((rows, i) => {
    const [steps, m] = rows.shape
    // a second segment is the shorter last mini-batch
    const first = i === 0 ? 0 : batches[0]!.shape[0]
    const masks = dropout === undefined ? [] : masksOf(dropout, epoch, [first, first + steps], hidden)
    const scale = optimizer.scale({ eta, lmbda, mu, m, n }, regularizer)
    return {
      xs: { rows, masks: masks.map((values, l) => tensor2d(values, [steps, hidden[l]!])) },
      scale: mapValues(scale, value => scalar(value)),
    }
  })
  return yield* usingLazily(own, () =>
    body(own.map(({ xs, scale }) => ({ m: xs.rows.shape[1], xs, constants: { ...training, ...scale } }))),
  )
}

const mapValues = <A, B>(
  record: Readonly<Record<string, A>>,
  f: (value: A) => B,
): Readonly<Record<string, B>> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, f(value)]))

/** What a progress event says beside how much is done. */
type About = Omit<ProgressEvent, 'kind' | 'done' | 'of'>

/** Runs the rest of the steps over n examples, and turns their progress into events. */
function* reporting(
  { steps, at }: Begun,
  of: number,
  about: (progress: ScanProgress<TrainState>) => About,
): Generator<TrainEvent, Trained, ChunkSize> {
  try {
    let now = at
    while (now.done !== true) {
      const { done } = now.value
      now = steps.next(yield { kind: 'progress', done, of, ...about(now.value) })
    }
    return now.value
  } finally {
    leave(steps)
  }
}

/** Runs an epoch that has diverged again, step by step, and returns the number of the first bad step, from 1. */
const firstDivergedStep = (
  advance: Scan<TrainState, StepConstants, StepInputs>,
  initial: TrainState,
  segments: readonly Segment<StepConstants, StepInputs>[],
  from: number,
): number => {
  const scanning = chunkedScan(advance, initial, segments, from)
  try {
    scanning.next()
    // all mini-batches but the last have the size of the first
    for (let step = 1 + Math.ceil(from / (segments[0]?.m ?? 1)); ; step++) {
      const at = scanning.next(1)
      if (at.done) dispose(at.value)
      if (at.done || hasDiverged(at.value.state.params)) return step
    }
  } finally {
    leave(scanning)
  }
}

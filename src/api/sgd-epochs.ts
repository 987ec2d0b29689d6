/**
 * Training as a sequence of values: one for each epoch. The training itself is `train` in core/train.ts.
 */
import type { Metrics } from '../core/evaluate.ts'
import { neuronsKept, thinnedNetwork } from '../core/dropout.ts'
import type { Optimizer } from '../core/optimizer.ts'
import { optimizers, type OptimizerName } from '../core/optimizers/index.ts'
import { momentum as momentumOptimizer } from '../core/optimizers/momentum.ts'
import { stochasticGradientDescent } from '../core/optimizers/sgd.ts'
import { fromParams, toParams, type LayerValues, type Params } from '../core/params.ts'
import type { Regularizer } from '../core/regularizer.ts'
import { regularizers, type RegularizerName } from '../core/regularizers/index.ts'
import type { Interpreter } from '../core/scan.ts'
import type { Schedule, ScheduleState } from '../core/schedule.ts'
import { dispose, leave, using } from '../core/scope.ts'
import { seededDropout, seededOrder, type Rng } from '../core/seeded.ts'
import {
  paramsForUse,
  startCursor,
  train,
  type TrainCursor,
  type TrainEvent,
  type TrainSets,
  type TrainSettings,
} from '../core/train.ts'
import type { Tree } from '../core/tree.ts'
import { readTree, treeOf, type NamedValues } from '../core/tree-values.ts'
import { toBatch } from '../data/batch.ts'
import type { Examples } from '../data/dataset.ts'
import { checkBoolean, checkKeys, checkNumber, checkPart, checkWord, rules } from './arguments.ts'
import { checkEngine, openEngine } from './engines.ts'
import { checkExamples } from './examples.ts'
import { checkFit } from './fit.ts'
import { checkNet, checkSeed, metricsFor, type Net } from './net.ts'
import { Network2Error, refuseArgument } from './network2-error.ts'

/**
 * The options of {@link sgd}, with the book's names. All may be left out.
 *
 * @typeParam E the type of `evaluation`
 * @typeParam T the type of `monitorTraining`
 */
export type SgdOptions<E extends Examples | undefined = undefined, T extends boolean = false> = {
  /** How many epochs in all; 30. A training that is continued counts those that it has. */
  readonly epochs?: number
  /** The examples in a mini-batch; 10. */
  readonly miniBatchSize?: number
  /** The learning rate η, or a function from the epoch, which counts from 1, to it; the cost's own, if it is left out. */
  readonly eta?: number | ((epoch: number) => number)
  /** The regularization parameter λ; 0. */
  readonly lmbda?: number
  /** The examples to evaluate on after each epoch: the book's evaluation_data. */
  readonly evaluation?: E
  /** Whether each epoch is evaluated on the training examples too; false. */
  readonly monitorTraining?: T
  /** The momentum coefficient μ. Above 0, the optimizer is momentum. */
  readonly momentum?: number
  /** An optimizer, or its name. */
  readonly optimizer?: Optimizer | OptimizerName
  /** A regularizer, or its name; `l2`. */
  readonly regularizer?: Regularizer | RegularizerName
  /** The share of the neurons of each hidden layer that a mini-batch deletes; 0. */
  readonly dropout?: number
  /** Stops after this number of epochs without a better accuracy on `selection`, or else on `evaluation`. */
  readonly earlyStop?: number
  /** Halves η after `patience` such epochs, and stops when it has come down to η/stop. */
  readonly etaSchedule?: {
    /** The number of epochs without a better accuracy after which η is halved. */
    readonly patience: number
    /** The factor by which η may come down: training stops at η/stop. */
    readonly stop: number
  }
  /** The examples by whose accuracy the two schedules decide; `evaluation`, if it is left out. */
  readonly selection?: Examples
  /** The same seed gives the same bytes; 0. */
  readonly seed?: number
  /** Whether each epoch has the examples in a new order; true. */
  readonly shuffle?: boolean
  /** `book`: the orders of the author's program, from the same seed; `book+30`: those after 30 epochs. */
  readonly rng?: Rng
  /**
   * How steps are run. By default they are compiled to WebAssembly or, where that cannot be, run one operation at a time.
   * An engine that is given stays yours, and runs on the current backend of TensorFlow.js.
   */
  readonly engine?: Interpreter
  /** Receives a sentence if steps cannot be compiled; `console.warn`. */
  readonly onNotice?: (line: string) => void
}

/**
 * A training after an epoch. It is a plain value, and all that is needed to continue: see {@link sgd}.
 *
 * @typeParam E the type of the option `evaluation`
 * @typeParam T the type of the option `monitorTraining`
 */
export type Epoch<E extends Examples | undefined = Examples | undefined, T extends boolean = boolean> = {
  /** The number of the epoch, from 1. */
  readonly epoch: number
  /** The learning rate η of the epoch. */
  readonly eta: number
  /** The network that was learnt so far. */
  readonly net: Net
  /** How many of the n examples for evaluation are classified correctly, and their mean cost. */
  readonly evaluation: MonitorOf<E>
  /** The same for the training examples. */
  readonly training: T extends true ? Metrics : T extends false ? undefined : Metrics | undefined
  /** The same for the examples for selection. */
  readonly selection: Metrics | undefined
  /** Why training ends with this epoch, if a schedule ends it. */
  readonly stopReason: string | undefined
  /** What continuing needs beside the network. */
  readonly state: EpochState
}

/** Metrics where there are examples. */
type MonitorOf<E> = E extends Examples ? Metrics : undefined

/** What a training carries from epoch to epoch beside the network for use. */
export type EpochState = {
  /** The parameters that are trained: with dropout, not those of the network for use. */
  readonly layers: readonly LayerValues[]
  /** What the optimizer remembers. */
  readonly optimizer: readonly NamedValues[]
  /** Where the two schedules stand. */
  readonly schedule: ScheduleState
}

/** The options with every value checked and every default filled in. */
type Checked = {
  readonly settings: TrainSettings
  readonly evaluation: Examples | undefined
  readonly selection: Examples | undefined
  readonly monitorTraining: boolean
  readonly engine: Interpreter | undefined
  readonly onNotice: (line: string) => void
}

const KEYS = [
  ...['epochs', 'miniBatchSize', 'eta', 'lmbda', 'evaluation', 'monitorTraining', 'momentum', 'optimizer'],
  ...['regularizer', 'dropout', 'earlyStop', 'etaSchedule', 'selection', 'seed', 'shuffle', 'rng'],
  ...['engine', 'onNotice'],
]

const WHERE = 'sgd, options'

/**
 * Trains a network by mini-batch stochastic gradient descent: the book's `SGD`. Nothing is changed: each epoch is a new
 * value, and is computed when it is asked for.
 *
 * The same arguments give the same bytes, those of `network2 train` with these settings.
 *
 * @param from a network to train; or an epoch of an earlier training, which is continued: with the same options, and more
 *             `epochs`, it ends with the same bytes as one training of all of them
 * @param training the examples to train on; they must not change while the training lasts
 * @returns the epochs, lazily: a loop that is left early stops the training
 * @throws Network2Error for arguments that are wrong or do not fit each other, at once; and for a training that diverges,
 *         in that epoch
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { crossEntropy, network, sgd, syntheticDigits } from 'network2'
 *
 * const { training, test } = syntheticDigits({ training: 2000, validation: 0, test: 500 })
 * const net = network([784, 30, 10], { cost: crossEntropy, init: 'large' })
 * const options = { miniBatchSize: 10, eta: (epoch: number) => 0.5 / epoch, evaluation: test }
 * const [first, second] = sgd(net, training, { ...options, epochs: 2 })
 * const [again] = sgd(first!, training, { ...options, epochs: 2 })
 * console.log(again!.evaluation.correct === second!.evaluation.correct) // true
 * ```
 */
export const sgd = <E extends Examples | undefined = undefined, T extends boolean = false>(
  from: Net | Epoch,
  training: Examples,
  options: SgdOptions<E, T> = {},
): Generator<Epoch<E, T>, void, undefined> => {
  const net = checkNet('sgd, from', isEpoch(from) ? from.net : from)
  const checked = checkOptions(net, options, checkExamples('sgd, training', training))
  const start = isEpoch(from)
    ? { layers: from.state.layers, optimizer: from.state.optimizer, cursor: cursorOf(from) }
    : {
        layers: net.isInitial ? net.layers : thinnedNetwork(options.dropout ?? 0, net.layers),
        optimizer: [],
        cursor: startCursor,
      }
  return epochsOf(net, training, checked, start)
}

const isEpoch = (from: unknown): from is Epoch =>
  typeof from === 'object' && from !== null && 'net' in from && 'state' in from

const cursorOf = ({ epoch, state: { schedule } }: Epoch): TrainCursor => ({
  epochs: epoch,
  examples: 0,
  schedule,
})

const checkOptions = (
  net: Net,
  options: SgdOptions<Examples | undefined, boolean>,
  training: Examples,
): Checked => {
  checkKeys(WHERE, options, KEYS)
  const { epochs = 30, miniBatchSize = 10, lmbda = 0, dropout = 0, seed = 0, shuffle = true } = options
  const { eta = net.cost.eta, regularizer = 'l2', rng = 'default', momentum, engine } = options
  const { evaluation, selection, monitorTraining = false, onNotice = line => console.warn(line) } = options
  const number = (name: string, value: unknown, rule: (typeof rules)[keyof typeof rules]): number =>
    checkNumber(`${WHERE}.${name}`, value, rule)

  checkFit('sgd, training', net, training)
  for (const [name, set] of Object.entries({ evaluation, selection }))
    if (set !== undefined) checkFit(`${WHERE}.${name}`, net, checkExamples(`${WHERE}.${name}`, set))
  const orders = {
    seed: checkSeed(`${WHERE}.seed`, seed, rng),
    rng: checkRng(rng),
    shuffle: checkBoolean(`${WHERE}.shuffle`, shuffle),
  }
  const optimizer = optimizerOf(options)
  const share = dropoutOfNet(net, number('dropout', dropout, rules.share))
  return {
    settings: {
      cost: net.cost,
      hidden: net.activation,
      regularizer: checkPart<Regularizer>(
        `${WHERE}.regularizer`,
        regularizer,
        regularizers,
        ['penalty', 'gradient', 'shrink'],
        'l2',
      ),
      optimizer,
      epochs: number('epochs', epochs, rules.countOrZero),
      miniBatchSize: number('miniBatchSize', miniBatchSize, rules.count),
      eta: typeof eta === 'function' ? checkedSchedule(eta) : number('eta', eta, rules.positive),
      lmbda: number('lmbda', lmbda, rules.nonNegative),
      mu: momentum ?? optimizer.mu,
      dropout: seededDropout({ dropout: share, seed: orders.seed }),
      order: seededOrder(orders, training.size),
      schedule: scheduleFrom(net, options),
    },
    evaluation,
    selection,
    monitorTraining: checkBoolean(`${WHERE}.monitorTraining`, monitorTraining),
    engine: checkEngine('sgd', engine),
    onNotice,
  }
}

const checkRng = (rng: unknown): Rng =>
  typeof rng === 'string' && /^book\+\d{1,6}$/.test(rng)
    ? (rng as Rng)
    : checkWord(`${WHERE}.rng`, rng, ['default', 'book'])

/** η of each epoch, which is checked when it is used. */
const checkedSchedule =
  (eta: (epoch: number) => number) =>
  (epoch: number): number =>
    checkNumber(`${WHERE}.eta(${epoch})`, eta(epoch), rules.positive)

const optimizerOf = ({ optimizer, momentum }: Pick<SgdOptions, 'optimizer' | 'momentum'>): Optimizer => {
  const mu = momentum === undefined ? 0 : checkNumber(`${WHERE}.momentum`, momentum, rules.share)
  if (optimizer === undefined) return mu === 0 ? stochasticGradientDescent : momentumOptimizer
  return checkPart<Optimizer>(
    `${WHERE}.optimizer`,
    optimizer,
    optimizers,
    ['init', 'scale', 'update'],
    'momentum',
  )
}

/** A mini-batch must keep a neuron of each hidden layer. */
const dropoutOfNet = ({ sizes }: Net, rate: number): number => {
  const hidden = sizes.slice(1, -1)
  if (rate > 0 && hidden.length === 0)
    refuseArgument(
      `${WHERE}.dropout`,
      `is ${rate}, and the network has no hidden layer`,
      'leave it out, or make a network with a hidden layer',
    )
  const empty = hidden.find(neurons => neuronsKept(rate, neurons) === 0)
  if (empty !== undefined)
    refuseArgument(
      `${WHERE}.dropout`,
      `is ${rate}, which leaves none of the ${empty} neurons of a hidden layer`,
      'give a smaller one, or more hidden neurons',
    )
  return rate
}

const scheduleFrom = (
  { sizes }: Net,
  { earlyStop, etaSchedule, evaluation, selection }: SgdOptions<Examples | undefined, boolean>,
): Schedule => {
  const name = earlyStop !== undefined ? 'earlyStop' : etaSchedule !== undefined ? 'etaSchedule' : undefined
  if (name === undefined) return {}
  if ((selection ?? evaluation) === undefined)
    refuseArgument(
      `${WHERE}.${name}`,
      'decides by an accuracy, and there are no examples to measure it on',
      'give evaluation or selection, such as the validation set',
    )
  if (sizes.at(-1) === 1)
    refuseArgument(
      `${WHERE}.${name}`,
      'decides by an accuracy, and a network with one output has none',
      `leave ${name} out, or give the network an output for each class`,
    )
  if (earlyStop !== undefined) checkNumber(`${WHERE}.earlyStop`, earlyStop, rules.count)
  if (etaSchedule !== undefined) {
    checkKeys(`${WHERE}.etaSchedule`, etaSchedule, ['patience', 'stop'])
    checkNumber(`${WHERE}.etaSchedule.patience`, etaSchedule.patience, rules.count)
    checkNumber(`${WHERE}.etaSchedule.stop`, etaSchedule.stop, rules.count)
  }
  return { earlyStop, halve: etaSchedule }
}

/** What a training starts from, outside TensorFlow.js. */
type Start = Pick<EpochState, 'layers' | 'optimizer'> & { readonly cursor: TrainCursor }

/** What a training has in TensorFlow.js. */
type Opened = {
  readonly sets: TrainSets
  readonly initial: { readonly params: Params; readonly optimizer?: Tree }
}

const open = (net: Net, training: Examples, checked: Checked, { layers, optimizer }: Start): Opened => {
  const { evaluation, selection, monitorTraining, settings } = checked
  const outputs = net.sizes.at(-1)!
  const batch = toBatch(training, outputs)
  const batchOf = (set: Examples | undefined) => (set === undefined ? undefined : toBatch(set, outputs))
  const params = toParams(layers)
  return {
    sets: {
      training: batch,
      observed: {
        training: monitorTraining ? batch : undefined,
        evaluation: batchOf(evaluation),
        selection: batchOf(selection),
      },
    },
    initial:
      optimizer.length === 0
        ? { params }
        : {
            params,
            optimizer: using(settings.optimizer!.init(params), like => treeOf(like, optimizer)),
          },
  }
}

const close = ({ sets: { training, observed }, initial }: Opened): void =>
  dispose([
    training,
    observed.evaluation ?? [],
    observed.selection ?? [],
    initial.params,
    initial.optimizer ?? [],
  ])

function* epochsOf(
  net: Net,
  training: Examples,
  checked: Checked,
  start: Start,
): Generator<Epoch, void, undefined> {
  const { interpreter, run, release } = openEngine(checked.engine, checked.onNotice)
  const opened = run(() => open(net, training, checked, start))
  const running = train(interpreter, checked.settings, opened.sets, opened.initial, start.cursor)
  try {
    for (;;) {
      const epoch = run(() => nextEpochOf(running, net, checked))
      if (epoch === undefined) return
      yield epoch
    }
  } finally {
    run(() => {
      leave(running)
      close(opened)
      release()
    })
  }
}

/** Trains up to the end of an epoch; undefined if there is none left. */
const nextEpochOf = (
  running: ReturnType<typeof train>,
  net: Net,
  { settings }: Checked,
): Epoch | undefined => {
  for (;;) {
    const next = running.next()
    if (next.done) {
      dispose(next.value)
      return undefined
    }
    const event = next.value
    if (event.kind === 'epoch') return epochFrom(event, net, settings)
    if (event.kind === 'diverged') {
      const { eta } = settings
      throw new Network2Error(
        'diverged',
        'sgd',
        `the training diverged in epoch ${event.epoch}, with mini-batch ${event.step}: the weights overflowed float32`,
        `try a smaller eta (it was ${typeof eta === 'function' ? eta(event.epoch) : eta}); the epoch before still has its network`,
      )
    }
  }
}

const epochFrom = (
  { metrics, state, cursor }: Extract<TrainEvent, { kind: 'epoch' }>,
  net: Net,
  settings: TrainSettings,
): Epoch => ({
  epoch: metrics.epoch,
  eta: metrics.eta,
  net: { ...net, layers: using(paramsForUse(settings, state.params), fromParams), isInitial: false },
  evaluation: metricsFor(net, metrics.evaluation),
  training: metricsFor(net, metrics.training),
  selection: metricsFor(net, metrics.selection),
  stopReason: cursor.schedule.stopReason,
  state: {
    layers: fromParams(state.params),
    optimizer: readTree(state.optimizer, 'optimizer'),
    schedule: cursor.schedule,
  },
})

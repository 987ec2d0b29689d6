/**
 * The flags that say what to train, and what they mean: the book's names first, the field's names as aliases.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Options } from 'yargs'
import type { BackendChoice } from '../runtime/backend.ts'
import type { CostName } from '../core/cost.ts'
import type { EngineChoice } from '../runtime/engine.ts'
import type { UsageError } from '../errors.ts'
import type { Sizes, Initializer } from '../core/params.ts'
import { MONITORS, type MonitorName } from '../runs/history.ts'
import type { Schedule } from '../core/schedule.ts'
import * as F from './decode.ts'

export type Init =
  { readonly kind: 'start'; readonly start: Initializer } | { readonly kind: 'file'; readonly file: string }

export type EvaluationPart = 'validation' | 'test' | 'none'

/**
 * Whose random numbers decide the start and the order: this program's, or those of the book's. `book+30` goes on with
 * the orders as after a training of 30 epochs on the same data, as one of the author's scripts does.
 */
export type Rng = 'default' | 'book' | `book+${number}`

/** How much may be lost when the process is killed. */
export type CheckpointInterval = { readonly epochs: number } | { readonly seconds: number }

/** What the command line asks for; undefined where it leaves the choice to the data, the model or the cost. */
export type TrainFlags = {
  readonly cost: CostName | undefined
  readonly sizes: Sizes | undefined
  readonly epochs: number
  readonly miniBatchSize: number
  readonly eta: number | undefined
  readonly lmbda: number
  readonly init: Init
  readonly seed: number
  readonly rng: Rng
  readonly earlyStop: number | undefined
  readonly etaSchedule: Schedule['halve']
  readonly shuffle: boolean
  readonly data: string
  readonly trainSize: number | undefined
  readonly evaluateOn: EvaluationPart | undefined
  readonly monitor: readonly MonitorName[]
  readonly save: string | undefined
  readonly backend: BackendChoice
  readonly engine: EngineChoice
  readonly json: boolean
  readonly quiet: boolean
  /** The folder of the run; none to keep nothing. */
  readonly out: string | undefined
  /** The folder that the folders of runs are made in. */
  readonly runs: string
  readonly resume: string | undefined
  readonly checkpointEvery: CheckpointInterval
  readonly logDir: string | undefined
  readonly dryRun: boolean
  readonly printConfig: boolean
}

export const kebab = (name: string): string => name.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)

const monitorWords = Object.fromEntries(
  MONITORS.flatMap(name => [[name, name] as const, [kebab(name), name] as const]),
)

const LEARNING = 'Learning:'
const DATA = 'Data:'
const RUN = 'Run:'
const OUTPUT = 'Output:'
const MACHINE = 'Machine:'

/** The flags that every command with a network and a data set has. */
export const commonOptions = {
  data: {
    group: DATA,
    describe: 'auto | mnist | digits | a folder of IDX files | a file.json',
    defaultDescription: 'auto: $MNIST_DIR, data/mnist, a download, else drawn digits',
  },
  'evaluate-on': { group: DATA, describe: 'validation | test | none', defaultDescription: 'test' },
  backend: {
    group: MACHINE,
    describe: 'where TensorFlow.js computes: auto | native | wasm | cpu',
    defaultDescription: 'auto',
  },
  engine: {
    group: MACHINE,
    describe: 'how a step is run: auto | eager | wasm | xla (compiled; xla needs the native backend)',
    defaultDescription: 'auto',
  },
  json: { group: OUTPUT, type: 'boolean', describe: 'JSON lines on stdout, and nothing else there' },
  debug: { group: OUTPUT, type: 'boolean', describe: 'show where in the program an error arose' },
} satisfies Record<string, Options>

export const trainOptions = {
  cost: {
    group: LEARNING,
    describe: 'the cost function: xent (or cross-entropy) | quadratic',
    defaultDescription: "xent, or the --init file's own",
  },
  sizes: {
    group: LEARNING,
    alias: 'layers',
    describe: 'neurons in each layer, input to output',
    defaultDescription: '784,30,10, or what fits the data',
  },
  epochs: { group: LEARNING, describe: 'passes over the training data', defaultDescription: '30' },
  'mini-batch-size': {
    group: LEARNING,
    alias: ['batch-size', 'batch_size', 'mini_batch_size'],
    describe: 'examples in a step',
    defaultDescription: '10',
  },
  eta: {
    group: LEARNING,
    alias: ['lr', 'learning-rate'],
    describe: 'learning rate',
    defaultDescription: '0.5 for xent, 3.0 for quadratic',
  },
  lmbda: {
    group: LEARNING,
    alias: ['lambda', 'weight-decay'],
    describe: 'regularization parameter: L2 weight decay',
    defaultDescription: '0',
  },
  init: {
    group: LEARNING,
    describe: 'start: default (N(0, 1/n_in) weights) | large (N(0, 1)) | a saved network, FILE.json',
    defaultDescription: 'default',
  },
  seed: {
    group: LEARNING,
    describe: 'a whole number; the same seed gives the same network',
    defaultDescription: '0',
  },
  rng: {
    group: LEARNING,
    describe: "random numbers: default | book (those of the author's program, from the same seed)",
    defaultDescription: 'default',
  },
  shuffle: {
    group: LEARNING,
    type: 'boolean',
    describe: 'a new order each epoch; --no-shuffle keeps the order of the data',
  },
  'early-stop': {
    group: LEARNING,
    describe: 'end after so many epochs without a better accuracy on the evaluation set',
    defaultDescription: 'never',
  },
  'eta-schedule': {
    group: LEARNING,
    describe: 'halve:PATIENCE,STOP halves eta after PATIENCE such epochs, and ends at eta / STOP',
    defaultDescription: 'none',
  },
  'train-size': { group: DATA, describe: 'train on the first N examples only', defaultDescription: 'all' },
  ...commonOptions,
  out: {
    group: RUN,
    describe: 'the folder of the run; none keeps nothing',
    defaultDescription: 'a new one in --runs',
  },
  runs: { group: RUN, describe: 'where the folders of runs are made', defaultDescription: 'runs' },
  resume: { group: RUN, describe: 'go on with the run in this folder; --epochs may be more than before' },
  'checkpoint-every': {
    group: RUN,
    describe: 'save after so many epochs (5) or so much time (30s, 10m)',
    defaultDescription: '1',
  },
  config: { group: RUN, describe: 'settings from FILE.json; flags and NETWORK2_… variables go before it' },
  'print-config': {
    group: RUN,
    type: 'boolean',
    describe: 'print the settings as --config takes them, and end',
  },
  'dry-run': {
    group: RUN,
    type: 'boolean',
    describe: 'check everything, say how long it would take, and end',
  },
  monitor: {
    group: OUTPUT,
    describe: 'all | none | a list of evaluation-cost, evaluation-accuracy, training-cost, training-accuracy',
    defaultDescription: 'all',
  },
  save: { group: OUTPUT, describe: 'write the trained network to FILE.json, in the form of network2.py' },
  'log-dir': { group: OUTPUT, describe: 'write TensorBoard event files into a folder in this one' },
  quiet: { group: OUTPUT, type: 'boolean', describe: 'only the result' },
} satisfies Record<string, Options>

const sizes: F.Decoder<Sizes> = text =>
  pipe(
    text,
    F.commaList(F.count, 'two or more whole numbers above 0, such as 784,30,10', items => items.length >= 2),
    E.map(items => items as unknown as Sizes),
  )

const init: F.Decoder<Init> = text =>
  text === 'default' || text === 'large'
    ? E.right({ kind: 'start', start: text })
    : text.endsWith('.json')
      ? E.right({ kind: 'file', file: text })
      : E.left('default | large | FILE.json')

const monitor: F.Decoder<readonly MonitorName[]> = text =>
  text === 'all'
    ? E.right(MONITORS)
    : text === 'none'
      ? E.right([])
      : F.commaList(
          F.oneOf(monitorWords),
          `all | none | a list of ${MONITORS.map(kebab).join(', ')}`,
          () => true,
        )(text)

const rng: F.Decoder<Rng> = text =>
  text === 'default' || text === 'book'
    ? E.right<string, Rng>(text)
    : /^book\+\d{1,6}$/.test(text)
      ? E.right<string, Rng>(`book+${Number(text.slice('book+'.length))}`)
      : E.left('default | book | book+EPOCHS')

const every: F.Decoder<CheckpointInterval> = text => {
  const [, amount, unit] = /^(\d+)(s|m)$/.exec(text) ?? []
  return amount === undefined || Number(amount) === 0
    ? pipe(
        F.count(text),
        E.bimap(
          () => 'a number of epochs, such as 5, or a time, such as 30s or 10m',
          epochs => ({ epochs }),
        ),
      )
    : E.right({ seconds: Number(amount) * (unit === 'm' ? 60 : 1) })
}

const etaSchedule: F.Decoder<NonNullable<Schedule['halve']>> = text => {
  const [, patience, stop] = /^halve:(\d+),(\d+)$/.exec(text) ?? []
  return Number(patience) >= 1 && Number(stop) >= 2
    ? E.right({ patience: Number(patience), stop: Number(stop) })
    : E.left('halve:PATIENCE,STOP, such as halve:10,128')
}

export const costFlag = F.optional(
  'cost',
  F.oneOf<CostName>({ xent: 'xent', 'cross-entropy': 'xent', quadratic: 'quadratic' }),
)

export const sizesFlag = F.optional('sizes', sizes)

export const backendFlag = F.withDefault(
  'backend',
  F.oneOf<BackendChoice>({ auto: 'auto', native: 'native', wasm: 'wasm', cpu: 'cpu' }),
  'auto',
)

export const engineFlag = F.withDefault(
  'engine',
  F.oneOf<EngineChoice>({ auto: 'auto', eager: 'eager', wasm: 'wasm', xla: 'xla', staged: 'staged' }),
  'auto',
)

export const dataFlag = F.withDefault('data', F.text, 'auto')

export const evaluateOnFlag = F.optional(
  'evaluate-on',
  F.oneOf<EvaluationPart>({ validation: 'validation', test: 'test', none: 'none' }),
)

/** What `train` is asked for, or all that is wrong with the asking. */
export const trainFlags = (argv: F.Argv): E.Either<UsageError, TrainFlags> =>
  pipe(
    F.decodeAll({
      cost: costFlag(argv),
      sizes: sizesFlag(argv),
      epochs: F.withDefault('epochs', F.countOrZero, 30)(argv),
      miniBatchSize: F.withDefault('mini-batch-size', F.count, 10)(argv),
      eta: F.optional('eta', F.positive)(argv),
      lmbda: F.withDefault('lmbda', F.nonNegative, 0)(argv),
      init: F.withDefault<Init>('init', init, { kind: 'start', start: 'default' })(argv),
      seed: F.withDefault('seed', F.countOrZero, 0)(argv),
      rng: F.withDefault('rng', rng, 'default')(argv),
      earlyStop: F.optional('early-stop', F.count)(argv),
      etaSchedule: F.optional('eta-schedule', etaSchedule)(argv),
      shuffle: F.toggle('shuffle', true)(argv),
      data: dataFlag(argv),
      trainSize: F.optional('train-size', F.count)(argv),
      evaluateOn: evaluateOnFlag(argv),
      monitor: F.withDefault<readonly MonitorName[]>('monitor', monitor, MONITORS)(argv),
      save: F.optional('save', F.text)(argv),
      backend: backendFlag(argv),
      engine: engineFlag(argv),
      json: F.toggle('json')(argv),
      quiet: F.toggle('quiet')(argv),
      out: F.optional('out', F.text)(argv),
      runs: F.withDefault('runs', F.text, 'runs')(argv),
      resume: F.optional('resume', F.text)(argv),
      checkpointEvery: F.withDefault('checkpoint-every', every, { epochs: 1 })(argv),
      logDir: F.optional('log-dir', F.text)(argv),
      dryRun: F.toggle('dry-run')(argv),
      printConfig: F.toggle('print-config')(argv),
    }),
    E.mapLeft(F.oneError),
  )

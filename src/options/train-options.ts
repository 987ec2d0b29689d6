/**
 * The options of `train`: the book's names first, the usual names of the field as aliases.
 *
 * A setting of the training itself is one entry in `trainingOptions`: its flag, NETWORK2_… variable, help and type, its
 * key in configuration files, and whether a comparison can fix or search it, all come from that entry.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { activations, type ActivationName } from '../core/activations/index.ts'
import { costNames, costs, costWords, type CostName } from '../core/costs/index.ts'
import { MONITORS, type MonitorName } from '../core/metrics.ts'
import { momentum } from '../core/optimizers/momentum.ts'
import { optimizers, type OptimizerName } from '../core/optimizers/index.ts'
import {
  canBeTrained,
  initializers,
  MOST_LAYERS,
  MOST_WEIGHTS,
  type Initializer,
  type Sizes,
} from '../core/params.ts'
import { defaultParts } from '../core/parts.ts'
import { regularizers, type RegularizerName } from '../core/regularizers/index.ts'
import type { Schedule } from '../core/schedule.ts'
import type { Rng } from '../core/seeded.ts'
import type { Expansion, ExpansionParameters } from '../data/expansion.ts'
import { DEFAULT_COPIES } from '../data/expand.ts'
import { expansions, type ExpansionName } from '../data/expansions/index.ts'
import type { BackendChoice } from '../runtime/backend.ts'
import type { EngineChoice, ThreadsChoice } from '../runtime/engine.ts'
import * as D from './decode.ts'
import { flagOf, optional, toggle, withDefault, type ValuesOf } from './option.ts'

export type Init =
  { readonly kind: 'start'; readonly start: Initializer } | { readonly kind: 'file'; readonly file: string }

export type EvaluationPart = 'validation' | 'test' | 'none'

/** The set by whose accuracy a schedule decides: the validation set, or the one that is evaluated. */
export type SelectionPart = 'validation' | 'evaluation'

/** How often a checkpoint is saved. */
export type CheckpointInterval = { readonly epochs: number } | { readonly seconds: number }

const sizes: D.Decoder<Sizes> = text =>
  pipe(
    text,
    D.commaList(D.count, expectedSizes.form, () => true),
    E.filterOrElse(canBeTrained, () => expectedSizes.limit),
    E.flatMap(([input, first, ...rest]) =>
      input === undefined || first === undefined
        ? E.left(expectedSizes.form)
        : E.right<string, Sizes>([input, first, ...rest]),
    ),
  )

/** What the sizes should be. */
export const expectedSizes = {
  form: 'two or more whole numbers above 0, such as 784,30,10',
  limit: `at most ${MOST_LAYERS} layers, and at most ${MOST_WEIGHTS / 1e6} million weights in all`,
}

const starts = Object.keys(initializers) as readonly Initializer[]

const init: D.Decoder<Init> = text => {
  const start = starts.find(name => name === text)
  if (start !== undefined) return E.right({ kind: 'start', start })
  return text.endsWith('.json')
    ? E.right({ kind: 'file', file: text })
    : E.left([...starts, 'FILE.json'].join(' | '))
}

const monitorWords = Object.fromEntries(
  MONITORS.flatMap(name => [[name, name] as const, [flagOf(name), name] as const]),
)

const monitor: D.Decoder<readonly MonitorName[]> = text =>
  text === 'all'
    ? E.right(MONITORS)
    : text === 'none'
      ? E.right([])
      : D.commaList(
          D.oneOf(monitorWords),
          `all | none | a list of ${MONITORS.map(flagOf).join(', ')}`,
          () => true,
        )(text)

const rng: D.Decoder<Rng> = text =>
  text === 'default' || text === 'book'
    ? E.right<string, Rng>(text)
    : /^book\+\d{1,6}$/.test(text)
      ? E.right<string, Rng>(`book+${Number(text.slice('book+'.length))}`)
      : E.left('default | book | book+EPOCHS')

const interval: D.Decoder<CheckpointInterval> = text => {
  const [, amount, unit] = /^(\d+)(s|m)$/.exec(text) ?? []
  return amount === undefined || Number(amount) === 0
    ? pipe(
        D.count(text),
        E.bimap(
          () => 'a number of epochs, such as 5, or an interval, such as 30s or 10m',
          epochs => ({ epochs }),
        ),
      )
    : E.right({ seconds: Number(amount) * (unit === 'm' ? 60 : 1) })
}

/** No processor for which this is meant has more cores; each thread has its own copy of the C code, which takes time to compile. */
const MOST_THREADS = 64

const threads: D.Decoder<ThreadsChoice> = text =>
  text === 'auto'
    ? E.right('auto')
    : pipe(
        D.countUpTo(MOST_THREADS)(text),
        E.mapLeft(expected => `auto or ${expected}`),
      )

type Halving = NonNullable<Schedule['halve']>

/** What a schedule of the learning rate should be. */
export const expectedHalving = 'halve:PATIENCE,STOP, such as halve:10,128, or none'

const etaSchedule: D.Decoder<Halving | undefined> = text => {
  if (text === 'none') return E.right(undefined)
  const [, patience, stop] = /^halve:(\d+),(\d+)$/.exec(text) ?? []
  return Number(patience) >= 1 && Number(stop) >= 2
    ? E.right({ patience: Number(patience), stop: Number(stop) })
    : E.left(expectedHalving)
}

const LEARNING = 'Learning:'
const DATA = 'Data:'
const RUN = 'Run:'
const OUTPUT = 'Output:'
const MACHINE = 'Machine:'

/** A part of the training that network2.py does not have is written only where it differs from network2.py. */
const unlessDefault =
  (part: keyof typeof defaultParts) =>
  (name: string): string | undefined =>
    name === defaultParts[part] ? undefined : name

const partOption = <A extends string>(
  part: keyof typeof defaultParts,
  registry: Readonly<Record<A, unknown>>,
  help: string,
) => {
  const names = Object.keys(registry) as A[]
  return withDefault<A>(D.oneWordOf(names), defaultParts[part] as string as A, {
    group: LEARNING,
    help: `${help}: ${names.join(' | ')}`,
    fixedByArm: true,
    searched: true,
    write: unlessDefault(part),
  })
}

const expansionNames = Object.keys(expansions) as readonly ExpansionName[]

/** A parameter of an expansion: the help ends with the expansions that take it, and the default of each. */
const expansionOption = (parameter: keyof ExpansionParameters, decode: D.Decoder<number>, help: string) =>
  optional(decode, {
    group: DATA,
    help,
    byDefault: expansionNames
      .flatMap(name => {
        const { [parameter]: value }: Expansion['parameters'] = expansions[name].parameters
        return value === undefined ? [] : [`${value} for ${name}`]
      })
      .join(', '),
    fixedByArm: true,
    searched: true,
  })

/** What is trained, and how: these are the keys of a run's config.json, in its order. */
export const trainingOptions = {
  cost: optional(D.oneOf<CostName>(costWords), {
    group: LEARNING,
    help: `cost function: ${costNames.map(name => [name, ...costs[name].aliases.map(word => `(or ${word})`)].join(' ')).join(' | ')}`,
    byDefault: "xent, or the --init file's",
  }),
  sizes: optional(sizes, {
    group: LEARNING,
    alias: ['layers'],
    help: 'neurons in each layer, from input to output',
    byDefault: '784,30,10, or what fits the data',
    fixedByArm: true,
    searched: true,
  }),
  epochs: withDefault(D.countOrZero, 30, { group: LEARNING, help: 'passes over the training data' }),
  miniBatchSize: withDefault(D.count, 10, {
    group: LEARNING,
    alias: ['batch-size', 'batch_size', 'mini_batch_size'],
    help: 'examples in a step',
    fixedByArm: true,
    searched: [10, 30, 100],
  }),
  eta: optional(D.positive, {
    group: LEARNING,
    alias: ['lr', 'learning-rate'],
    help: 'learning rate',
    byDefault: costNames.map(name => `${costs[name].eta} for ${name}`).join(', '),
    fixedByArm: true,
    // the best learning rates of the two costs differ by a factor of about six in the book (0.5 and 3.0)
    searched: { from: 0.01, to: 30 },
  }),
  lmbda: withDefault(D.nonNegative, 0, {
    group: LEARNING,
    alias: ['lambda', 'weight-decay'],
    help: 'regularization parameter λ',
    fixedByArm: true,
    searched: { zero: 0.5, from: 0.1, to: 10 },
  }),
  init: withDefault<Init>(
    init,
    { kind: 'start', start: 'default' },
    {
      group: LEARNING,
      help: 'initial weights: default (N(0, 1/n_in)) | large (N(0, 1)) | he (N(0, 2/n_in), for relu) | a saved network, FILE.json',
      byDefault: 'default',
      fixedByArm: true,
      searched: ['default', 'large'],
      write: (value: Init | string) =>
        typeof value === 'string' ? value : value.kind === 'file' ? value.file : value.start,
    },
  ),
  seed: withDefault(D.countOrZero, 0, {
    group: LEARNING,
    help: 'whole number; the same seed gives the same network',
  }),
  rng: withDefault<Rng>(rng, 'default', {
    group: LEARNING,
    help: "random numbers: default | book (those of the author's program, from the same seed)",
    fixedByArm: true,
  }),
  shuffle: toggle(
    {
      group: LEARNING,
      help: 'new order of the examples in each epoch; --no-shuffle keeps the order of the data',
      fixedByArm: true,
    },
    true,
  ),
  data: withDefault(D.anyText, 'auto', {
    group: DATA,
    help: 'auto | mnist | digits (synthetic) | a folder of IDX files or of pictures by class | FILE.json | FILE.csv | mnist.pkl.gz',
    byDefault: 'auto: $MNIST_DIR, data/mnist, a download, else synthetic digits',
  }),
  trainSize: optional(D.count, {
    group: DATA,
    help: 'number of training examples to use, the first N',
    byDefault: 'all',
    fixedByArm: true,
    searched: true,
  }),
  evaluateOn: optional(D.oneWordOf<EvaluationPart>(['validation', 'test', 'none']), {
    group: DATA,
    help: 'set to evaluate on: validation | test | none',
    byDefault: 'test',
  }),
  expand: withDefault<ExpansionName | 'none'>(D.oneWordOf(['none', ...expansionNames]), 'none', {
    group: DATA,
    help: `distorted copies of the training images: none | ${expansionNames.join(' | ')}`,
    fixedByArm: true,
    searched: true,
    write: (name: string) => (name === 'none' ? undefined : name),
  }),
  expandCopies: optional(D.count, {
    group: DATA,
    help: 'number of distorted copies of each image, which are trained on beside it',
    byDefault: String(DEFAULT_COPIES),
    fixedByArm: true,
    searched: true,
  }),
  expandEachEpoch: toggle({
    group: DATA,
    help: 'one new copy of each image in each epoch, in place of the image',
    fixedByArm: true,
    write: (isSet: boolean) => (isSet ? true : undefined),
  }),
  expandAngle: expansionOption(
    'angle',
    D.upTo(80),
    'largest rotation, and largest skew, in degrees, 0 to 80',
  ),
  expandTranslation: expansionOption(
    'translation',
    D.upTo(100),
    'largest displacement of the whole image, in pixels, 0 to 100',
  ),
  expandSigma: expansionOption(
    'sigma',
    D.positiveUpTo(100),
    'smoothness of elastic displacements: standard deviation of the Gaussian, in pixels, up to 100',
  ),
  expandAlpha: expansionOption(
    'alpha',
    D.upTo(10_000),
    'strength of elastic displacements: their factor, in pixels, 0 to 10000',
  ),
  backend: withDefault<BackendChoice>(D.oneWordOf(['auto', 'native', 'wasm', 'cpu']), 'auto', {
    group: MACHINE,
    help: 'where TensorFlow.js computes: auto | native | wasm | cpu',
    fixedByArm: true,
  }),
  engine: withDefault<EngineChoice>(D.oneWordOf(['auto', 'c', 'wasm', 'xla', 'eager', 'staged']), 'auto', {
    group: MACHINE,
    help: 'how a step is run: auto (the fastest) | c (a C compiler) | wasm | xla (the native backend) | eager (not compiled)',
    fixedByArm: true,
  }),
  threads: optional(threads, {
    group: MACHINE,
    help: 'threads that share a step, where it is worth it: a number, or auto, as many as gain. They spin while they wait for each other, so other work on the machine slows them. Without it there is one, and with --engine c the monitors of an epoch run on another core, beside the next epoch. --engine c and wasm give the same bytes with any number, xla does not',
    byDefault: '1',
  }),
  monitor: withDefault<readonly MonitorName[]>(monitor, MONITORS, {
    group: OUTPUT,
    help: `metrics to compute after each epoch: all | none | a list of ${MONITORS.map(flagOf).join(', ')}`,
    byDefault: 'all',
    write: (value: readonly MonitorName[]) => (value.length === 0 ? 'none' : value),
  }),
  earlyStop: optional(D.count, {
    group: LEARNING,
    help: 'stop after N epochs without a better accuracy (see --select-on)',
    byDefault: 'never',
  }),
  etaSchedule: optional(etaSchedule, {
    group: LEARNING,
    help: 'halve:PATIENCE,STOP halves eta after PATIENCE epochs without a better accuracy, and stops at eta / STOP',
    byDefault: 'none',
    fixedByArm: true,
    searched: true,
    write: (value: Halving | undefined) =>
      value === undefined ? undefined : `halve:${value.patience},${value.stop}`,
  }),
  selectOn: optional(D.oneWordOf<SelectionPart>(['validation', 'evaluation']), {
    group: LEARNING,
    help: 'set on whose accuracy --early-stop and --eta-schedule decide: validation | evaluation (that of --evaluate-on)',
    byDefault: 'validation, if the data have one',
  }),
  activation: partOption<ActivationName>(
    'activation',
    activations,
    'activation function of the hidden layers',
  ),
  regularizer: partOption<RegularizerName>(
    'regularizer',
    regularizers,
    'regularizer, whose parameter is --lmbda',
  ),
  optimizer: partOption<OptimizerName>('optimizer', optimizers, 'optimizer'),
  momentum: optional(D.belowOne, {
    group: LEARNING,
    alias: ['mu'],
    help: 'momentum coefficient μ, from 0 to below 1; above 0 it chooses --optimizer momentum',
    byDefault: `none, or ${momentum.mu} with --optimizer momentum`,
    fixedByArm: true,
    searched: true,
  }),
  dropout: withDefault(D.belowOne, 0, {
    group: LEARNING,
    help: 'share of the neurons of each hidden layer that a mini-batch leaves out, from 0 to below 1',
    byDefault: '0: none',
    fixedByArm: true,
    searched: true,
    write: (value: number) => (value === 0 ? undefined : value),
  }),
}

/** What every command has that prints. */
export const outputOptions = {
  json: toggle({ group: OUTPUT, help: 'JSON lines on standard output, and nothing else there' }),
  debug: toggle({ group: OUTPUT, help: 'stack trace of an internal error' }),
}

/** How a process performs a training: none of it changes the result. */
export const sessionOptions = {
  out: optional(D.anyText, {
    group: RUN,
    help: 'folder of the run; none saves nothing',
    byDefault: 'a new one in --runs',
  }),
  runs: withDefault(D.anyText, 'runs', {
    group: RUN,
    help: 'folder in which the folders of runs are created',
  }),
  resume: optional(D.anyText, { group: RUN, help: 'folder of a run to continue; --epochs may be increased' }),
  checkpointEvery: optional<CheckpointInterval>(interval, {
    group: RUN,
    help: 'save every N epochs (5) or every interval (30s, 10m)',
    byDefault: '1',
  }),
  config: optional(D.anyText, {
    group: RUN,
    help: 'FILE.json to read settings from; flags and NETWORK2_* variables override it',
  }),
  printConfig: toggle({
    group: RUN,
    help: 'print the final settings, in the form that --config reads, and exit',
  }),
  link: toggle({
    group: RUN,
    help: 'print a link to the page with these settings (see network2 page), and exit',
  }),
  dryRun: toggle({ group: RUN, help: 'check everything, estimate the time, and exit without training' }),
  save: optional(D.anyText, {
    group: OUTPUT,
    help: "FILE.json to write the trained network to, in network2.py's format",
  }),
  logDir: optional(D.anyText, { group: OUTPUT, help: 'folder for TensorBoard event files' }),
  quiet: toggle({ group: OUTPUT, help: 'print only the result' }),
  ...outputOptions,
}

export const trainOptions = { ...trainingOptions, ...sessionOptions }

/** What was asked for; undefined where the choice is left to the data, the model or the cost. */
export type TrainFlags = ValuesOf<typeof trainOptions>

export type TrainingFlags = ValuesOf<typeof trainingOptions>

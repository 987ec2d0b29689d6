/**
 * From settings and data to a planned run: every setting has a value.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { costs, type CostName } from '../core/costs/index.ts'
import {
  choiceOf,
  firstN,
  inputWidth,
  modelFits,
  outputsNeeded,
  sizesFit,
  targetsFit,
  type Dataset,
  type Examples,
  type Inputs,
} from '../data/dataset.ts'
import { expandedSize, type ExpansionPlan } from '../data/expand.ts'
import { usageError, type AppError, type UsageError } from '../errors.ts'
import type { LayerValues, Sizes } from '../core/params.ts'
import { fullNetwork, neuronsKept, thinnedNetwork } from '../core/dropout.ts'
import { fold, key } from '../core/rng.ts'
import { seededDropout, seededLayers, seededOrder, STREAM } from '../core/seeded.ts'
import type { Schedule } from '../core/schedule.ts'
import type { DataIdentity, ModelFile } from '../io/model.ts'
import { expansionSettings, planExpansion } from './expansion-settings.ts'
import { evaluationPart } from './evaluation-part.ts'
import type { About } from '../options/option.ts'
import {
  trainingOptions,
  type EvaluationPart,
  type SelectionPart,
  type TrainFlags,
  type TrainingFlags,
} from '../options/train-options.ts'
import type { Optimizer } from '../core/optimizer.ts'
import { optimizers, type OptimizerName } from '../core/optimizers/index.ts'
import { partsNamed } from '../core/parts.ts'
import type { TrainSettings } from '../core/train.ts'
import { counted, grouped } from '../format.ts'

/** Everything that a run depends on: all settings of the training, with their final values. */
export type RunConfig = Omit<
  TrainingFlags,
  'cost' | 'sizes' | 'eta' | 'init' | 'trainSize' | 'evaluateOn'
> & {
  readonly cost: CostName
  readonly sizes: Sizes
  readonly eta: number
  /** How the weights were drawn, or the file they came from. */
  readonly init: string
  readonly trainSize: number
  readonly evaluateOn: EvaluationPart
}

/** A run before it starts: its settings, data and first parameters. */
export type PlannedRun = {
  /** The settings, with their final values. */
  readonly config: RunConfig
  /** The examples to train on. */
  readonly training: Examples
  /** The examples that the monitors evaluate. */
  readonly evaluation: Examples | undefined
  /** The set by whose accuracy the schedule decides, if it is not the evaluation set. */
  readonly selection: Examples | undefined
  /** The weights and biases before the first step. */
  readonly initial: readonly LayerValues[]
}

/** The sizes of the model to start from; else --sizes; else one hidden layer of 30, as in the chapter, for these data. */
export const sizesFor =
  (flags: TrainFlags, model: ModelFile | undefined) =>
  (dataset: Dataset): Sizes =>
    model?.sizes ?? flags.sizes ?? [inputWidth(dataset), 30, outputsNeeded(dataset).count]

/** Fills in the defaults that depend on the model, the data and the cost, and checks that everything fits. */
export const planRun = (
  flags: TrainFlags,
  model: ModelFile | undefined,
  dataset: Dataset,
): E.Either<AppError, PlannedRun> => {
  const { init, seed, rng, earlyStop, etaSchedule } = flags
  const hasSchedule = earlyStop !== undefined || etaSchedule !== undefined
  const sizes = sizesFor(flags, model)(dataset)
  const cost = flags.cost ?? model?.cost ?? 'xent'
  const fits: E.Either<AppError, Dataset> =
    init.kind === 'file' ? modelFits(init.file, sizes)(dataset) : sizesFit(sizes)(dataset)
  return pipe(
    E.Do,
    E.apSW('fits', fits),
    E.tap(() =>
      targetsFit(
        costs[cost],
        sizes,
        flags.cost === undefined && init.kind === 'file' ? init.file : `--cost ${cost}`,
      )(dataset),
    ),
    E.tap(() => dropoutFits(flags.dropout, sizes)),
    E.apSW('training', trainingPart(flags.trainSize, dataset)),
    E.bindW('expansion', ({ training }) => expansionSettings(flags, training, dataset.name)),
    E.apSW('evaluated', evaluationPart(flags.evaluateOn, dataset)),
    E.bindW('selectOn', ({ evaluated: { part } }) =>
      hasSchedule ? selectionPart(flags, part, dataset) : E.right(undefined),
    ),
    E.map(({ training, expansion, evaluated: { part, examples }, selectOn }) => ({
      training,
      evaluation: examples,
      selection: selectOn === 'validation' ? dataset.validation : undefined,
      initial:
        model === undefined
          ? seededLayers({ ...flags, init: init.kind === 'start' ? init.start : 'default' }, sizes)
          : thinnedNetwork(flags.dropout, model.layers),
      config: {
        ...pick(flags, trainingKeys),
        cost,
        sizes,
        eta: flags.eta ?? costs[cost].eta,
        init: init.kind === 'file' ? init.file : init.start,
        activation: model?.activation ?? flags.activation,
        ...momentumOf(flags),
        ...expansion,
        data: choiceOf(dataset, flags.data),
        trainSize: training.size,
        evaluateOn: part,
        selectOn,
        monitor: flags.monitor.filter(
          monitor =>
            (part !== 'none' || monitor.startsWith('training')) &&
            (comparesOutputs(sizes) || monitor.endsWith('Cost')),
        ),
      },
    })),
    E.filterOrElse(
      () => rng === 'default' || seed < 2 ** 32,
      (): AppError =>
        usageError(
          `--rng book --seed ${seed}: the book's generators take seeds below 2^32`,
          'give a smaller --seed',
        ),
    ),
    E.filterOrElse(
      ({ config: { monitor }, selection }) =>
        !hasSchedule || selection !== undefined || monitor.includes('evaluationAccuracy'),
      (): AppError =>
        usageError(
          `--${earlyStop === undefined ? 'eta-schedule' : 'early-stop'} needs the accuracy on the evaluation set, which is not monitored`,
          'include evaluation-accuracy in --monitor, and give --evaluate-on a set',
        ),
    ),
  )
}

/** A mini-batch must keep a neuron of each hidden layer. */
export const dropoutFits = (rate: number, [, ...above]: Sizes): E.Either<UsageError, void> => {
  if (rate === 0) return E.right(undefined)
  const hidden = above.slice(0, -1)
  if (hidden.length === 0)
    return E.left(
      usageError(
        `--dropout ${rate}: the network has no hidden layer, and dropout leaves out hidden neurons only`,
        'leave --dropout out, or give --sizes with a hidden layer, such as 784,30,10',
        [{ kind: 'no-hidden-layer' }],
      ),
    )
  const empty = hidden.find(neurons => neuronsKept(rate, neurons) === 0)
  return empty === undefined
    ? E.right(undefined)
    : E.left(
        usageError(
          `--dropout ${rate}: of a hidden layer of ${counted(empty, 'neuron')}, none would be left`,
          'give a smaller --dropout, or --sizes with more hidden neurons',
          [{ kind: 'no-neuron-left', neurons: empty }],
        ),
      )
}

/** The optimizer, which --momentum also chooses, and its μ. */
export const momentumOf = ({
  optimizer,
  momentum,
}: Pick<TrainFlags, 'optimizer' | 'momentum'>): Pick<RunConfig, 'optimizer' | 'momentum'> => {
  const chosen: OptimizerName = momentum === undefined || momentum === 0 ? optimizer : 'momentum'
  const { mu }: Optimizer = optimizers[chosen]
  return { optimizer: chosen, momentum: mu === undefined ? undefined : (momentum ?? mu) }
}

/**
 * The set by whose accuracy the schedule decides. A choice made on the test set would make its accuracy too good, so it is
 * the validation set unless the user asks for another.
 */
const selectionPart = (
  { selectOn, resume }: TrainFlags,
  evaluateOn: EvaluationPart,
  { name, validation }: Dataset,
): E.Either<AppError, SelectionPart | undefined> => {
  // A resumed run of an older version has no such setting: it decides on the evaluation set.
  const wanted = selectOn ?? (resume === undefined && validation !== undefined ? 'validation' : undefined)
  // The evaluation set may be the validation set.
  if (wanted === 'validation' && evaluateOn === 'validation') return E.right('evaluation')
  return wanted === 'validation' && validation === undefined
    ? E.left(
        usageError(
          `--select-on validation: ${name} has no validation set`,
          'use --select-on evaluation, or other data',
        ),
      )
    : E.right(wanted)
}

const trainingKeys = Object.keys(trainingOptions) as readonly (keyof TrainingFlags)[]

const pick = <T extends object, K extends keyof T>(from: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.map(key => [key, from[key]])) as Pick<T, K>

/** Whether accuracy is defined: it compares outputs, so it needs two or more. */
export const comparesOutputs = (sizes: Sizes): boolean => sizes.at(-1) !== 1

const trainingPart = (size: number | undefined, { name, training }: Dataset): E.Either<AppError, Examples> =>
  size !== undefined && size > training.size
    ? E.left(
        usageError(
          `--train-size ${size}: ${name} has ${grouped(training.size)} training examples`,
          `give a whole number up to ${training.size}`,
          [{ kind: 'too-large', flag: 'train-size', given: size, most: training.size }],
        ),
      )
    : E.right(firstN(size ?? training.size)(training))

/** How the training set is expanded, if it is. */
export const expansionPlanOf = (config: RunConfig, inputs: Inputs): ExpansionPlan | undefined =>
  planExpansion(config, inputs, fold(key(config.seed), STREAM.expansion))

/** How many examples an epoch trains on: those of the training set, with their copies. */
export const epochSize = ({
  trainSize,
  expandCopies,
}: Pick<RunConfig, 'trainSize' | 'expandCopies'>): number => expandedSize(trainSize, expandCopies)

/** The order of the examples of an epoch, a function of seed and epoch alone. */
export const orderOf = (config: RunConfig): ((epoch: number) => Int32Array) =>
  seededOrder(config, epochSize(config))

/** When to stop early, and when to lower the learning rate. */
export const scheduleOf = ({ earlyStop, etaSchedule }: RunConfig): Schedule => ({
  earlyStop,
  halve: etaSchedule,
})

/** What `train` needs of a configuration. */
export const trainSettings = (config: RunConfig): TrainSettings => ({
  ...partsNamed(config),
  epochs: config.epochs,
  miniBatchSize: config.miniBatchSize,
  eta: config.eta,
  lmbda: config.lmbda,
  mu: config.momentum,
  dropout: seededDropout(config),
  order: orderOf(config),
  schedule: scheduleOf(config),
})

/** The network for use, as a file holds it: with dropout, its weights are not those that are trained. */
export const modelOf = (
  { sizes, cost, activation, dropout }: RunConfig,
  layers: readonly LayerValues[],
  trainedOn: DataIdentity,
): ModelFile => ({ sizes, cost, activation, layers: fullNetwork(dropout, layers), trainedOn })

/** The configuration as `--config` reads it, in the order of the options. */
export const asSettings = (config: RunConfig): Readonly<Record<string, unknown>> =>
  Object.fromEntries(
    trainingKeys.flatMap(key => {
      const { write }: About = trainingOptions[key]
      const value: unknown = write === undefined ? config[key] : write(config[key] as never)
      return value === undefined ? [] : [[key, value] as const]
    }),
  )

/**
 * From what the command line asks for to a run with nothing left open.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { BackendChoice } from '../runtime/backend.ts'
import type { CostName } from '../core/cost.ts'
import {
  firstN,
  inputWidth,
  modelFits,
  outputsNeeded,
  sizesFit,
  type Dataset,
  type Examples,
} from '../data/dataset.ts'
import type { EngineChoice } from '../runtime/engine.ts'
import { usageError, type AppError } from '../errors.ts'
import { initialValues, type LayerValues, type Sizes, type Initializer } from '../core/params.ts'
import { bookOrder, bookStart } from '../core/book-rng.ts'
import { fold, key, permutation } from '../core/rng.ts'
import type { MonitorName } from './history.ts'
import type { Schedule } from '../core/schedule.ts'
import type { ModelFile } from '../io/model.ts'
import { evaluationPart } from './resources.ts'
import type { EvaluationPart, Rng, TrainFlags } from '../options/train-options.ts'
import { grouped } from '../format.ts'

/** Everything a run depends on. */
export type RunConfig = {
  readonly cost: CostName
  readonly sizes: Sizes
  readonly epochs: number
  readonly miniBatchSize: number
  readonly eta: number
  readonly lmbda: number
  /** How the weights were drawn, or the file they came from. */
  readonly init: string
  readonly seed: number
  readonly rng: Rng
  readonly shuffle: boolean
  readonly data: string
  readonly trainSize: number
  readonly evaluateOn: EvaluationPart
  readonly monitor: readonly MonitorName[]
  readonly schedule: Schedule
  readonly backend: BackendChoice
  readonly engine: EngineChoice
}

export type PlannedRun = {
  readonly config: RunConfig
  readonly training: Examples
  readonly evaluation: Examples | undefined
  readonly initial: readonly LayerValues[]
}

/** The streams of random numbers that a run needs, by number. */
const STREAM = { order: 0, start: 1 } as const

/** The learning rates of the book's comparison. */
const ETA: Readonly<Record<CostName, number>> = { xent: 0.5, quadratic: 3.0 }

/** The sizes of the model to start from, or those asked for, or the chapter's hidden layer between what the data has. */
export const sizesFor =
  (flags: TrainFlags, model: ModelFile | undefined) =>
  (dataset: Dataset): Sizes =>
    model?.sizes ?? flags.sizes ?? [inputWidth(dataset), 30, outputsNeeded(dataset).count]

/** Fills what the flags leave open from the model, the data and the cost, and checks that all of it fits. */
export const planRun = (
  flags: TrainFlags,
  model: ModelFile | undefined,
  dataset: Dataset,
): E.Either<AppError, PlannedRun> => {
  const { epochs, miniBatchSize, lmbda, seed, rng, shuffle, init, earlyStop, etaSchedule, backend, engine } =
    flags
  const sizes = sizesFor(flags, model)(dataset)
  const cost = flags.cost ?? model?.cost ?? 'xent'
  const fits: E.Either<AppError, Dataset> =
    init.kind === 'file' ? modelFits(init.file, sizes)(dataset) : sizesFit(sizes)(dataset)
  return pipe(
    E.Do,
    E.apSW('fits', fits),
    E.apSW('training', trainingPart(flags.trainSize, dataset)),
    E.apSW('evaluated', evaluationPart(flags.evaluateOn, dataset)),
    E.map(({ training, evaluated: { part, examples } }) => ({
      training,
      evaluation: examples,
      initial: model?.layers ?? startingValues(flags, sizes),
      config: {
        cost,
        sizes,
        epochs,
        miniBatchSize,
        eta: flags.eta ?? ETA[cost],
        lmbda,
        init: init.kind === 'file' ? init.file : init.start,
        seed,
        rng,
        shuffle,
        data: flags.data === 'auto' ? dataset.name.toLowerCase() : flags.data,
        trainSize: training.size,
        evaluateOn: part,
        monitor: flags.monitor.filter(
          monitor =>
            (part !== 'none' || monitor.startsWith('training')) &&
            (comparesOutputs(sizes) || monitor.endsWith('Cost')),
        ),
        schedule: { earlyStop, halve: etaSchedule },
        backend,
        engine,
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
      ({ config: { monitor } }) =>
        (earlyStop === undefined && etaSchedule === undefined) || monitor.includes('evaluationAccuracy'),
      (): AppError =>
        usageError(
          `--${earlyStop === undefined ? 'eta-schedule' : 'early-stop'} goes by the accuracy on the evaluation set, which is not monitored`,
          'let --monitor hold evaluation-accuracy, and --evaluate-on a set',
        ),
    ),
  )
}

const startingValues = ({ init, seed, rng }: TrainFlags, sizes: Sizes): readonly LayerValues[] => {
  const start: Initializer = init.kind === 'start' ? init.start : 'default'
  return rng === 'default'
    ? initialValues(start, fold(key(seed), STREAM.start), sizes)
    : bookStart(start, seed, sizes)
}

/** Accuracy asks which output is the strongest: with one output, there is nothing to ask. */
export const comparesOutputs = (sizes: Sizes): boolean => sizes.at(-1) !== 1

const trainingPart = (size: number | undefined, { name, training }: Dataset): E.Either<AppError, Examples> =>
  size !== undefined && size > training.size
    ? E.left(
        usageError(
          `--train-size ${size}: ${name} has ${grouped(training.size)} training examples`,
          `give a whole number up to ${training.size}`,
        ),
      )
    : E.right(firstN(size ?? training.size)(training))

/** The order of the training examples, a function of seed and epoch alone. */
export const orderOf = ({ seed, rng, shuffle, trainSize }: RunConfig): ((epoch: number) => Int32Array) => {
  if (shuffle && rng !== 'default') {
    const before = Number(rng.slice('book+'.length))
    const order = bookOrder(seed, trainSize)
    return epoch => order(before + epoch)
  }
  const orders = fold(key(seed), STREAM.order)
  const asTheyCome = Int32Array.from({ length: trainSize }, (_, i) => i)
  return shuffle ? epoch => permutation(fold(orders, epoch), trainSize) : () => asTheyCome
}

/** The configuration as `--config` takes it: a flag's name, and its value. */
export const asSettings = ({
  schedule: { earlyStop, halve },
  monitor,
  ...config
}: RunConfig): Readonly<Record<string, unknown>> => ({
  ...config,
  monitor: monitor.length === 0 ? 'none' : monitor,
  ...(earlyStop === undefined ? {} : { earlyStop }),
  ...(halve === undefined ? {} : { etaSchedule: `halve:${halve.patience},${halve.stop}` }),
})

/**
 * The flags of `compare`, and the study that they mean.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { availableParallelism } from 'node:os'
import type { Options } from 'yargs'
import type { BackendChoice } from '../runtime/backend.ts'
import type { EngineChoice } from '../runtime/engine.ts'
import { usageError, type AppError, type UsageError } from '../errors.ts'
import { parseArms, type Fixable } from '../study/arms.ts'
import { epochsOfRungs, rungsFor } from '../study/halving.ts'
import { studyDefaults, type Study } from '../study/study-plan.ts'
import type { QueueAddress } from '../study/queue-address.ts'
import { decodeSpace, defaultSpace, type Space } from '../study/space.ts'
import type { Sizes } from '../core/params.ts'
import { readText } from '../io/read.ts'
import type { ExperimentData } from '../study/experiment-data.ts'
import * as F from '../options/decode.ts'
import { queueFlag, queueOption } from './queue-option.ts'
import {
  backendFlag,
  commonOptions,
  dataFlag,
  engineFlag,
  sizesFlag,
  trainOptions,
} from '../options/train-options.ts'
import type { Shard } from '../study/study-folder.ts'

const STUDY = 'The study:'
const RUN = 'Run:'

export const compareOptions = {
  arms: {
    group: STUDY,
    type: 'array',
    describe: 'two configurations: costs, with flags that are fixed, such as "xent" "xent --lmbda 5"',
    defaultDescription: 'quadratic,xent',
  },
  space: {
    group: STUDY,
    describe: 'what is searched, from FILE.json',
    defaultDescription: 'eta, lmbda, mini-batch-size and init; printed',
  },
  budget: {
    group: STUDY,
    describe: 'epochs that the search of each arm may take, all in all',
    defaultDescription: String(studyDefaults.budget),
  },
  trials: { group: STUDY, describe: 'configurations that each arm tries; instead of --budget' },
  seeds: {
    group: STUDY,
    describe: 'runs of each winner on the test set, all in all',
    defaultDescription: String(studyDefaults.seeds),
  },
  seed: { group: STUDY, describe: 'of the whole study', defaultDescription: String(studyDefaults.seed) },
  epochs: { group: STUDY, describe: 'of a whole training', defaultDescription: String(studyDefaults.epochs) },
  sizes: trainOptions.sizes,
  'train-size': trainOptions['train-size'],
  data: commonOptions.data,
  backend: commonOptions.backend,
  engine: commonOptions.engine,
  jobs: { group: RUN, describe: 'trials at a time', defaultDescription: 'one for each core' },
  queue: {
    group: RUN,
    ...queueOption,
    describe: `have the trials done by npm run worker; ${queueOption.describe}`,
  },
  shard: { group: RUN, describe: 'do the I-th of N shares, as --shard I/N; then npm run merge' },
  out: { group: RUN, describe: 'the folder of the study', defaultDescription: 'runs/compare' },
  json: commonOptions.json,
  debug: commonOptions.debug,
} satisfies Record<string, Options>

export type CompareFlags = {
  /** The texts of `--arms`. */
  readonly arms: readonly string[]
  readonly space: string | undefined
  readonly budget: number | undefined
  readonly trials: number | undefined
  readonly seeds: number
  readonly seed: number
  readonly epochs: number
  readonly sizes: Sizes | undefined
  readonly trainSize: number | undefined
  readonly data: string
  readonly backend: BackendChoice
  readonly engine: EngineChoice
  readonly jobs: number
  readonly queue: QueueAddress | undefined
  readonly shard: Shard | undefined
  readonly out: string
  readonly json: boolean
}

/** One text, or several. */
const arms = ({ arms }: F.Argv): F.Decoded<readonly string[]> =>
  E.right(arms === undefined ? ['quadratic,xent'] : [arms].flat().map(String))

const shard: F.Decoder<Shard> = text => {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []
  return Number(index) >= 1 && Number(index) <= Number(of)
    ? E.right({ index: Number(index), of: Number(of) })
    : E.left('I/N, such as 1/4: the first of four')
}

export const compareFlags = (argv: F.Argv): E.Either<UsageError, CompareFlags> =>
  pipe(
    F.decodeAll({
      arms: arms(argv),
      space: F.optional('space', F.text)(argv),
      budget: F.optional('budget', F.count)(argv),
      trials: F.optional('trials', F.count)(argv),
      seeds: F.withDefault('seeds', F.count, studyDefaults.seeds)(argv),
      seed: F.withDefault<number>('seed', F.countOrZero, studyDefaults.seed)(argv),
      epochs: F.withDefault<number>('epochs', F.count, studyDefaults.epochs)(argv),
      sizes: sizesFlag(argv),
      trainSize: F.optional('train-size', F.count)(argv),
      data: dataFlag(argv),
      backend: backendFlag(argv),
      engine: engineFlag(argv),
      jobs: F.withDefault('jobs', F.count, availableParallelism())(argv),
      queue: queueFlag(argv),
      shard: F.optional('shard', shard)(argv),
      out: F.withDefault('out', F.text, 'runs/compare')(argv),
      json: F.toggle('json')(argv),
    }),
    E.mapLeft(F.oneError),
    E.filterOrElse(
      ({ budget, trials }) => budget === undefined || trials === undefined,
      () => usageError('--budget and --trials: each says how long the search is', 'give one of them'),
    ),
    E.filterOrElse(
      ({ queue, shard }) => queue === undefined || shard === undefined,
      () => usageError('--queue and --shard: each shares the trials out in its own way', 'give one of them'),
    ),
  )

/** What an arm may fix: all that says what is trained and how, but not what would look at the test set. */
const FIXED = [
  'sizes',
  'mini-batch-size',
  'eta',
  'lmbda',
  'init',
  'rng',
  'train-size',
  'backend',
  'engine',
] as const

const fixable: Fixable = {
  values: Object.fromEntries(
    FIXED.flatMap(flag => {
      const { alias }: Options = trainOptions[flag]
      return [flag, ...[alias ?? []].flat()].map(name => [name, flag])
    }),
  ),
  toggles: ['shuffle'],
}

/** What may be searched. */
const SEARCHED = ['sizes', 'mini-batch-size', 'eta', 'lmbda', 'init', 'train-size']

export const studyOf = (
  { arms, space, budget, trials, seeds, seed, epochs, sizes, trainSize, backend, engine }: CompareFlags,
  { data, inputs, outputs }: ExperimentData,
): TE.TaskEither<AppError, Study> =>
  pipe(
    TE.Do,
    TE.apSW('arms', TE.fromEither(parseArms(arms, fixable))),
    TE.apSW('space', readSpace(space)),
    TE.map(({ arms, space }) => ({
      arms,
      space,
      budget:
        trials === undefined
          ? (budget ?? studyDefaults.budget)
          : epochsOfRungs(rungsFor(trials, epochs, studyDefaults.factor)),
      factor: studyDefaults.factor,
      epochs,
      seeds,
      seed,
      common: {
        sizes: (sizes ?? [inputs, 30, outputs]).join(','),
        // all that is looked at, and much the cheapest
        monitor: 'evaluation-accuracy',
        ...(trainSize === undefined ? {} : { 'train-size': String(trainSize) }),
        ...(backend === 'auto' ? {} : { backend }),
        ...(engine === 'auto' ? {} : { engine }),
      },
      data,
      classes: outputs,
    })),
  )

const readSpace = (file: string | undefined): TE.TaskEither<AppError, Space> =>
  file === undefined
    ? TE.right(defaultSpace)
    : pipe(
        readText(file, 'a search space'),
        TE.flatMapEither(text => decodeSpace(file, text, SEARCHED)),
      )

/** The command line that does the study again: what the result depends on, and nothing about the machines. */
export const commandLine = (flags: CompareFlags): string =>
  [
    `npm run compare -- --arms ${flags.arms.map(text => JSON.stringify(text)).join(' ')}`,
    ...Object.entries({
      space: flags.space,
      budget: flags.budget,
      trials: flags.trials,
      seeds: flags.seeds,
      seed: flags.seed,
      epochs: flags.epochs,
      sizes: flags.sizes?.join(','),
      'train-size': flags.trainSize,
      data: flags.data,
      backend: flags.backend === 'auto' ? undefined : flags.backend,
      engine: flags.engine === 'auto' ? undefined : flags.engine,
    }).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${value}`])),
  ].join(' ')

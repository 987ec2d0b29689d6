/**
 * The flags of `compare`, and the study that they mean.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shellCommand } from '#scripts/package'
import { dataError, usageError, type AppError, type DataError, type UsageError } from '../errors.ts'
import { shellQuoted } from '../format.ts'
import { parseArms, type Fixable, type StudyArm } from '../study/arms.ts'
import { epochsOfRungs, isTooLarge, MOST_CONFIGURATIONS, rungsFor } from '../study/halving.ts'
import { areLooks, lookDefaults, MOST_SEARCHES } from '../study/looks.ts'
import { studyDefaults, type Study } from '../study/study-plan.ts'
import { decodeSpace, defaultSpace, strayParameter, type Space } from '../study/space.ts'
import { readText } from '../io/read.ts'
import type { ExperimentNames } from '../study/experiment-data.ts'
import { jobsOption } from './jobs-option.ts'
import { queueHelp, queueOption } from './queue-option.ts'
import { outputOptions, trainingOptions } from '../options/train-options.ts'
import type { Shard } from '../study/study-folder.ts'

import * as D from '../options/decode.ts'
import {
  flagNames,
  flagOf,
  listOf,
  optional,
  withDefault,
  type Option,
  type ValuesOf,
} from '../options/option.ts'

const STUDY = 'The study:'
const RUN = 'Run:'

const shard: D.Decoder<Shard> = text => {
  const [, index, of] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? []
  return Number(index) >= 1 && Number(index) <= Number(of)
    ? E.right({ index: Number(index), of: Number(of) })
    : E.left('I/N, such as 1/4: the first of four')
}

const LOOKS = `whole numbers that rise, from 3 to ${MOST_SEARCHES}, such as ${lookDefaults.looks.join(',')}`

const looks: D.Decoder<readonly number[]> = text =>
  pipe(
    text,
    D.commaList(D.count, LOOKS, () => true),
    E.filterOrElse(areLooks, () => LOOKS),
  )

export const compareOptions = {
  arms: listOf(['quadratic,xent'], {
    group: STUDY,
    help: 'two configurations: a cost each, with flags to fix, such as "xent --lmbda 0" "xent --lmbda 5"',
    byDefault: 'quadratic,xent',
  }),
  space: optional(D.anyText, {
    group: STUDY,
    help: 'FILE.json with the search space',
    byDefault: 'eta, lmbda, mini-batch-size and init; printed',
  }),
  budget: optional(D.count, {
    group: STUDY,
    help: 'epochs for the search of each arm, in total',
    byDefault: String(studyDefaults.budget),
  }),
  trials: optional(D.count, {
    group: STUDY,
    help: 'configurations that each arm tries; instead of --budget',
  }),
  seeds: withDefault<number>(D.count, studyDefaults.seeds, {
    group: STUDY,
    help: 'runs of each winner on the test set, in total',
  }),
  looks: optional(looks, {
    group: STUDY,
    help: `repeat the searches, to compare the procedures and not two winners; the numbers of searches of each arm after which the differences are looked at, such as ${lookDefaults.looks.join(',')}, until one look decides`,
    byDefault: 'one search of each arm',
  }),
  delta: optional(D.positive, {
    group: STUDY,
    help: 'smallest difference that matters, in points of test accuracy; with --looks',
    byDefault: String(lookDefaults.delta),
  }),
  seed: withDefault<number>(D.countOrZero, studyDefaults.seed, {
    group: STUDY,
    help: 'seed of the whole study',
  }),
  epochs: withDefault<number>(D.count, studyDefaults.epochs, {
    group: STUDY,
    help: 'epochs of a full training',
  }),
  sizes: trainingOptions.sizes,
  trainSize: trainingOptions.trainSize,
  data: trainingOptions.data,
  backend: trainingOptions.backend,
  engine: trainingOptions.engine,
  jobs: jobsOption({ group: RUN, help: 'parallel trials' }),
  queue: queueOption({ group: RUN, help: `run the trials on ${shellCommand('worker')}; ${queueHelp}` }),
  shard: optional(shard, {
    group: RUN,
    help: `run the I-th of N shards, as --shard I/N; then ${shellCommand('merge')}`,
  }),
  config: optional(D.anyText, {
    group: RUN,
    help: 'FILE.json to read these settings from, such as data/studies/30-hidden.json; flags override it',
  }),
  out: withDefault(D.anyText, 'runs/compare', { group: RUN, help: 'folder of the study' }),
  ...outputOptions,
}

export type CompareFlags = ValuesOf<typeof compareOptions>

/** Options that exclude each other. */
export const checkCompareFlags = (flags: CompareFlags): E.Either<UsageError, CompareFlags> =>
  pipe(
    E.right(flags),
    E.filterOrElse(
      ({ budget, trials }) => budget === undefined || trials === undefined,
      () => usageError('--budget and --trials both set the length of the search', 'give one of them'),
    ),
    E.filterOrElse(
      ({ delta, looks }) => delta === undefined || looks !== undefined,
      () =>
        usageError(
          '--delta belongs to a study that repeats its searches',
          `give --looks too, such as --looks ${lookDefaults.looks.join(',')}`,
        ),
    ),
    E.filterOrElse(
      ({ queue, shard }) => queue === undefined || shard === undefined,
      () => usageError('--queue and --shard both distribute the trials', 'give one of them'),
    ),
    E.filterOrElse(
      ({ budget = 0, epochs }) => !isTooLarge(budget, epochs, studyDefaults.factor),
      ({ budget, epochs }) =>
        usageError(
          `--budget ${budget}: with --epochs ${epochs} it allows more than ${MOST_CONFIGURATIONS} configurations`,
          `give at most ${epochsOfRungs(rungsFor(MOST_CONFIGURATIONS, epochs, studyDefaults.factor))}`,
        ),
    ),
    E.filterOrElse(
      ({ trials = 0, seeds }) => trials <= MOST_CONFIGURATIONS && seeds <= MOST_CONFIGURATIONS,
      ({ trials = 0 }) =>
        usageError(
          `--${trials > MOST_CONFIGURATIONS ? 'trials' : 'seeds'}: a study has at most ${MOST_CONFIGURATIONS}`,
          'give a smaller number',
        ),
    ),
  )

const withMark = (
  mark: (option: Option<unknown>) => boolean,
): readonly (readonly [string, Option<unknown>])[] =>
  Object.entries(trainingOptions as Readonly<Record<string, Option<unknown>>>).filter(([, option]) =>
    mark(option),
  )

/** What an arm may fix: all settings of a training that do not choose what is evaluated. */
const fixable: Fixable = {
  values: flagNames(
    Object.fromEntries(withMark(({ fixedByArm, kind }) => fixedByArm === true && kind === 'value')),
  ),
  toggles: withMark(({ fixedByArm, kind }) => fixedByArm === true && kind === 'switch').map(([name]) =>
    flagOf(name),
  ),
}

export const studyOf = (flags: CompareFlags, names: ExperimentNames): TE.TaskEither<AppError, Study> =>
  pipe(
    TE.Do,
    TE.apSW('arms', TE.fromEither(parseArms(flags.arms, fixable))),
    TE.apSW('space', readSpace(flags.space)),
    TE.tap(({ arms, space }) => TE.fromEither(checkSpace(flags.space ?? 'the space', space, arms))),
    TE.map(({ arms, space }) => settledStudy(flags, arms, space, names)),
  )

/** The study that the flags mean, once its arms and its space are read. */
const settledStudy = (
  { budget, trials, seeds, looks, delta, seed, epochs, sizes, trainSize, backend, engine }: CompareFlags,
  arms: Study['arms'],
  space: Space,
  { name, data, inputs, outputs }: ExperimentNames,
): Study => ({
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
  dataName: name,
  classes: outputs,
  ...(looks === undefined
    ? {}
    : { rule: { looks, delta: delta ?? lookDefaults.delta, error: lookDefaults.error } }),
})

/** Refuses a space that can draw a parameter of an expansion without the expansion. */
const checkSpace = (
  file: string,
  space: Space,
  arms: readonly StudyArm[],
): E.Either<DataError, undefined> => {
  const [found] = arms.flatMap(({ name, flags }) => {
    const stray = strayParameter(space, flags)
    return stray === undefined ? [] : [`arm "${name}": ${stray}`]
  })
  return found === undefined
    ? E.right(undefined)
    : E.left(
        dataError(
          `${file} is not a search space for these arms: ${found}`,
          'leave it out, or give only values of expand that take it; an arm may fix one: --arms "xent --expand elastic" …',
        ),
      )
}

/** In bytes: a longer file is not a search space. */
const LONGEST_SPACE = 1_000_000

const readSpace = (file: string | undefined): TE.TaskEither<AppError, Space> =>
  file === undefined
    ? TE.right(defaultSpace)
    : pipe(
        readText(file, 'a search space', LONGEST_SPACE),
        TE.flatMapEither(text => decodeSpace(file, text)),
      )

/** The command line that does the study again: what the result depends on, and nothing about the machines. */
export const compareCommandLine = (flags: CompareFlags): string =>
  shellCommand(
    'compare',
    [
      `--arms ${flags.arms.map(shellQuoted).join(' ')}`,
      ...Object.entries({
        space: flags.space,
        budget: flags.budget,
        trials: flags.trials,
        seeds: flags.seeds,
        looks: flags.looks?.join(','),
        delta: flags.delta,
        seed: flags.seed,
        epochs: flags.epochs,
        sizes: flags.sizes?.join(','),
        'train-size': flags.trainSize,
        data: flags.data,
        backend: flags.backend === 'auto' ? undefined : flags.backend,
        engine: flags.engine === 'auto' ? undefined : flags.engine,
      }).flatMap(([flag, value]) => (value === undefined ? [] : [`--${flag} ${shellQuoted(String(value))}`])),
    ].join(' '),
  )

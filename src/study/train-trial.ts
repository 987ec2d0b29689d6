/**
 * Doing trials: each is a training with the trial's flags, exactly as `train` does it. The child processes of an
 * experiment run this.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { confusionOf } from '../data/confusion-matrix.ts'
import { labelsOf, largestOfRows, type Dataset } from '../data/dataset.ts'
import { loadChosenData } from '../data/load.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { dataError, interrupted, usageError, type AppError, type UsageError } from '../errors.ts'
import { classCounts } from './class-counts.ts'
import { sum } from './moments.ts'
import type { FlagTexts } from './space.ts'
import { trialLabs, type TrialLab } from './trial-lab.ts'
import { isToggleFlag, NUMERICS_VERSION, trainingFlags, type TrialResult, type Trial } from './trial.ts'
import { servePool } from './pool-child.ts'
import { toParams } from '../core/params.ts'
import { dispose, using } from '../core/scope.ts'
import { paramsForUse, positionOf, startCursor, trainPrepared, type EpochMetrics } from '../core/train.ts'
import {
  comparesOutputs,
  expansionPlanOf,
  planRun,
  trainSettings,
  type PlannedRun,
  type RunConfig,
} from '../runs/run-plan.ts'
import { toSets } from '../runs/sets.ts'
import { runChunked } from '../runs/run-chunked.ts'
import { systemEnv, type Env } from '../io/env.ts'
import { decodeOptions, type Argv } from '../options/option.ts'
import { fixedSets, openTrainingSets } from '../runs/training-sets.ts'
import { trainOptions, type TrainFlags } from '../options/train-options.ts'

/** A trial, and where its data is, as `--data` says it. */
export type TrialTask = { readonly trial: Trial; readonly data: string }

/**
 * Why a trial has no result. The cause is the trial, and every machine would fail; or it is this machine, which lacks
 * the backend or the data, and another one may succeed.
 */
export type TrialError = { readonly cause: 'trial' | 'machine'; readonly error: AppError }

const because =
  (cause: TrialError['cause']) =>
  (error: AppError): TrialError => ({ cause, error })

export type TrialRunner = {
  /** Does a trial; reports which share of it is done. */
  readonly run: (
    task: TrialTask,
    onProgress: (share: number) => void,
  ) => TE.TaskEither<TrialError, TrialResult>
  /** Releases what the trials shared. */
  readonly close: () => void
}

/** Does trials in this process. A data set is loaded once, and trials with the same engine share what it keeps. */
export const openTrialRunner = (env: Env): TrialRunner => {
  const datasets = new Map<string, Promise<E.Either<AppError, LoadedData>>>()
  const labs = trialLabs(env)
  const loaded =
    (choice: string): TE.TaskEither<AppError, LoadedData> =>
    () => {
      const known = datasets.get(choice) ?? load(env, choice)()
      datasets.set(choice, known)
      return known
    }
  const run: TrialRunner['run'] = ({ trial, data }, onProgress) =>
    pipe(
      TE.fromEither(pipe(parseTrialFlags(trial, data), E.mapLeft(because('trial')))),
      TE.bindTo('parsed'),
      TE.bind('dataset', () =>
        pipe(loaded(data), TE.flatMapEither(checkData(trial, data)), TE.mapLeft(because('machine'))),
      ),
      TE.bind('run', ({ parsed, dataset }) =>
        TE.fromEither(pipe(planTrial(parsed, dataset), E.mapLeft(because('trial')))),
      ),
      TE.bind('lab', ({ parsed, dataset, run }) =>
        pipe(labs.find(parsed, run.config.sizes, dataset), TE.mapLeft(because('machine'))),
      ),
      TE.flatMap(({ run, lab }) =>
        pipe(perform(env, lab, run, trial.id, onProgress), TE.mapLeft(because('machine'))),
      ),
    )
  return { run, close: labs.close }
}

/** A data set, and the fingerprint of its contents. */
type LoadedData = { readonly dataset: Dataset; readonly sum: string }

const load = (env: Env, choice: string): TE.TaskEither<AppError, LoadedData> =>
  pipe(
    // the process that planned the trial has loaded these data before, and has logged the notices about them
    loadChosenData({ choice, env: env.variables, onNotice: () => undefined, onProgress: () => undefined }),
    TE.map(dataset => ({ dataset, sum: fingerprint([dataset.training, dataset.validation, dataset.test]) })),
  )

/** The same `--data` may mean other data on another machine, or at another time. */
const checkData =
  (trial: Trial, choice: string) =>
  ({ dataset, sum }: LoadedData): E.Either<AppError, Dataset> =>
    sum.startsWith(trial.data)
      ? E.right(dataset)
      : E.left(
          dataError(
            `--data ${choice}: ${dataset.name} (${dataset.source}) has the fingerprint ` +
              `${sum.slice(0, trial.data.length)}, but the data of this experiment has ${trial.data}`,
            'give the same data: --data DIR, or $MNIST_DIR',
          ),
        )

/**
 * The flags of a trial as `train` parses them, or what is wrong with them. A trial is a function of its flags, so it must
 * not start from a file.
 */
export const parseTrialFlags = (trial: Trial, data: string): E.Either<UsageError, TrainFlags> =>
  pipe(
    decodeOptions(trainOptions, argvOf({ ...trainingFlags(trial), data })),
    E.filterOrElse(
      ({ init }) => init.kind === 'start',
      () =>
        usageError(
          `--init ${trial.flags.init}: a trial starts from its seed`,
          'give --init default or large',
        ),
    ),
  )

/** The flags as yargs would give them: those without a value are true or false. */
const argvOf = (flags: FlagTexts): Argv =>
  Object.fromEntries(
    Object.entries(flags).map(([name, text]) => [name, isToggleFlag(name) ? text === 'true' : text]),
  )

/** The run of a trial on these data. It must be judged by its accuracy. */
export const planTrial = (parsed: TrainFlags, dataset: Dataset): E.Either<AppError, PlannedRun> =>
  pipe(
    planRun(parsed, undefined, dataset),
    E.filterOrElse(
      ({ config: { sizes } }) => comparesOutputs(sizes),
      ({ config: { sizes } }): AppError =>
        usageError(
          `--sizes ${sizes.join(',')}: one output has no accuracy, by which trials are judged`,
          'give --sizes with two or more outputs, and data with as many classes',
        ),
    ),
  )

const perform =
  (
    env: Env,
    lab: TrialLab,
    run: PlannedRun,
    id: string,
    onProgress: (share: number) => void,
  ): TE.TaskEither<AppError, TrialResult> =>
  async () => {
    const { config, evaluation } = run
    const params = toParams(run.initial)
    const outputs = config.sizes.at(-1)!
    const sets =
      expansionPlanOf(config, run.training.inputs) === undefined
        ? fixedSets(toSets(run, lab.batchOf), () => undefined)
        : openTrainingSets(env, run)
    const network = lab.networkOf(config)
    const began = env.now()
    const reports: EpochMetrics[] = []
    let outcome = 'done' as TrialResult['outcome']
    try {
      await sets.prepare(startCursor)
      const training = trainPrepared(network, trainSettings(config), sets.current, { params })
      const ended = await runChunked(env, training, {
        position: positionOf,
        onEvent: event => {
          if (event.kind === 'progress' && event.phase === 'training')
            onProgress((event.epoch - 1 + event.done / event.of) / config.epochs)
          if (event.kind === 'diverged') outcome = 'diverged'
          if (event.kind !== 'epoch') return undefined
          reports.push(event.metrics)
          return TE.fromTask(() => sets.prepare(event.cursor))
        },
      })
      if (ended.kind === 'failed') return E.left(ended.error)
      if (ended.kind === 'stopped')
        return E.left(interrupted(ended.by, 'the trial was stopped', 'run it again'))
      const atTheEnd: ReturnType<typeof classCounts> = using(ended.value, ({ params: trained }) =>
        evaluation === undefined
          ? {}
          : using(paramsForUse(trainSettings(config), trained), inUse =>
              classCounts(
                confusionOf(
                  labelsOf(evaluation.desired),
                  largestOfRows(network.answers(inUse, lab.batchOf(evaluation).x), outputs),
                  outputs,
                ),
              ),
            ),
      )
      return E.right({
        id,
        outcome,
        n: evaluation?.size ?? 0,
        ...monitored(config, reports),
        ...(config.monitor.length === 0 && outcome === 'done'
          ? { accuracies: [sum(atTheEnd.rightPerClass ?? [])] }
          : {}),
        ...atTheEnd,
        seconds: (env.now() - began) / 1000,
        numerics: NUMERICS_VERSION,
        backend: lab.backend.name,
        // after the training: what cannot be compiled has run eagerly
        engine: lab.interpreter.name,
      })
    } finally {
      dispose(params)
      sets.close()
    }
  }

/** The values of the monitors after each epoch. */
const monitored = (
  { monitor, trainSize }: RunConfig,
  reports: readonly EpochMetrics[],
): Pick<TrialResult, 'accuracies' | 'costs' | 'trainingCosts' | 'trainingAccuracies' | 'trainingN'> => {
  const costs = (set: 'evaluation' | 'training'): readonly (number | string)[] =>
    reports.flatMap(({ [set]: of }) => (of === undefined ? [] : [inJson(of.cost)]))
  return {
    accuracies: reports.flatMap(({ evaluation }) => evaluation?.correct ?? []),
    ...(monitor.includes('evaluationCost') ? { costs: costs('evaluation') } : {}),
    ...(monitor.includes('trainingCost') ? { trainingCosts: costs('training') } : {}),
    ...(monitor.includes('trainingAccuracy')
      ? {
          trainingAccuracies: reports.flatMap(({ training }) => training?.correct ?? []),
          // an expanded set is larger
          trainingN: reports[0]?.training?.n ?? trainSize,
        }
      : {}),
  }
}

/** A result is stored as JSON, which has no NaN and no Infinity. */
const inJson = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

/** Does the trials of the pool that has started this process. */
export const serveTrials = (): void => {
  let log: (line: string) => void = () => undefined
  const runner = openTrialRunner({ ...systemEnv, log: line => log(line) })
  servePool<TrialTask, number, E.Either<TrialError, TrialResult>>((task, onProgress, onNotice) => {
    log = onNotice
    return runner.run(task, onProgress)()
  })
}

/**
 * Doing trials: each is a training with the trial's flags, exactly as `train` does it. The child processes of an
 * experiment run this.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { networkNamed } from '../core/parts.ts'
import type { Dataset } from '../data/dataset.ts'
import { loadChosenData } from '../data/load.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { dataError, interrupted, usageError, type AppError, type UsageError } from '../errors.ts'
import { classCounts } from './class-counts.ts'
import { sum } from './moments.ts'
import type { FlagTexts } from './space.ts'
import { isToggleFlag, NUMERICS_VERSION, trainingFlags, type TrialResult, type Trial } from './trial.ts'
import { servePool } from './pool-child.ts'
import { fromParams, toParams } from '../core/params.ts'
import { dispose, using } from '../core/scope.ts'
import { paramsForUse, startCursor, train, type EpochMetrics } from '../core/train.ts'
import { comparesOutputs, trainSettings, planRun, type RunConfig, type PlannedRun } from '../runs/run-plan.ts'
import { predictionsOn } from '../runs/predictions.ts'
import { runChunked } from '../runs/run-chunked.ts'
import { systemEnv, type Env } from '../io/env.ts'
import { decodeOptions, type Argv } from '../options/option.ts'
import { loadEngine, type Resources } from '../runs/resources.ts'
import { openTrainingSets } from '../runs/training-sets.ts'
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

/** Does a trial; reports which share of it is done. */
export type TrialRunner = (
  task: TrialTask,
  onProgress: (share: number) => void,
) => TE.TaskEither<TrialError, TrialResult>

/** Does trials in this process. A data set is loaded once. */
export const trialRunner = (env: Env): TrialRunner => {
  const datasets = new Map<string, Promise<E.Either<AppError, LoadedData>>>()
  const loaded =
    (choice: string): TE.TaskEither<AppError, LoadedData> =>
    () => {
      const known = datasets.get(choice) ?? load(env, choice)()
      datasets.set(choice, known)
      return known
    }
  return ({ trial, data }, onProgress) =>
    pipe(
      TE.fromEither(pipe(parseTrialFlags(trial, data), E.mapLeft(because('trial')))),
      TE.bindTo('parsed'),
      TE.bind('dataset', () =>
        pipe(loaded(data), TE.flatMapEither(checkData(trial, data)), TE.mapLeft(because('machine'))),
      ),
      TE.bind('run', ({ parsed, dataset }) =>
        TE.fromEither(pipe(planTrial(parsed, dataset), E.mapLeft(because('trial')))),
      ),
      TE.bind('machine', ({ parsed, dataset, run }) =>
        pipe(
          loadEngine(parsed, run.config.sizes, dataset, env),
          TE.tapIO(({ backend: { notice } }) => () => {
            if (notice !== undefined) env.log(`network2: ${notice}`)
          }),
          TE.mapLeft(because('machine')),
        ),
      ),
      TE.flatMap(({ run, machine }) =>
        pipe(perform(env, machine, run, trial.id, onProgress), TE.mapLeft(because('machine'))),
      ),
    )
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
    { backend, interpreter }: Omit<Resources, 'dataset'>,
    run: PlannedRun,
    id: string,
    onProgress: (share: number) => void,
  ): TE.TaskEither<AppError, TrialResult> =>
  async () => {
    const { config, evaluation } = run
    const params = toParams(run.initial)
    const sets = openTrainingSets(env, run)
    const began = env.now()
    const reports: EpochMetrics[] = []
    let outcome = 'done' as TrialResult['outcome']
    try {
      await sets.prepare(startCursor)
      const training = train(interpreter, trainSettings(config), sets.current, { params })
      const ended = await runChunked(env, training, {
        position: event => (event.kind === 'progress' ? event.done : undefined),
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
                predictionsOn(interpreter, networkNamed(config), fromParams(inUse), evaluation).confusion,
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
        backend: backend.name,
        // after the training: what cannot be compiled has run eagerly
        engine: interpreter.name,
      })
    } finally {
      dispose(params)
      sets.close()
      interpreter.dispose()
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
  const runTrial = trialRunner({ ...systemEnv, log: line => log(line) })
  servePool<TrialTask, number, E.Either<TrialError, TrialResult>>((task, onProgress, onNotice) => {
    log = onNotice
    return runTrial(task, onProgress)()
  })
}

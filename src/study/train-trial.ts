/**
 * Doing trials: the training that a trial's flags ask for, as `train` does it, and what came of it. This is what the
 * child processes of an experiment run.
 */
import { argMax, type Tensor1D } from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { costOf } from '../core/cost.ts'
import { labelsOf, type Dataset, type Examples } from '../data/dataset.ts'
import { loadData } from '../data/load.ts'
import { fingerprint } from '../data/fingerprint.ts'
import { dataError as unfitData, interrupted, usageError, type AppError, type UsageError } from '../errors.ts'
import type { FlagTexts } from './space.ts'
import { trainingFlags, type TrialResult, type Trial } from './trial.ts'
import { servePool } from './pool-child.ts'
import type { Interpreter } from '../core/scan.ts'
import { output, type Batch } from '../core/network.ts'
import { toParams, type Params } from '../core/params.ts'
import { dispose, withTensors } from '../core/scope.ts'
import { train, type EpochMetrics } from '../core/train.ts'
import { comparesOutputs, orderOf, planRun, type RunConfig, type PlannedRun } from '../runs/run-plan.ts'
import { runChunked } from '../runs/run-chunked.ts'
import { systemEnv, type Env } from '../io/env.ts'
import type { Argv } from '../options/decode.ts'
import { machineFor } from '../runs/resources.ts'
import { freeSets, toSets } from '../runs/sets.ts'
import { trainFlags, trainOptions, type TrainFlags } from '../options/train-options.ts'

/** A trial, and where its data is: as `--data` says it. */
export type TrialTask = { readonly trial: Trial; readonly data: string }

/** Does trials; tells what share of a trial is done. */
export type TrialRunner = (
  task: TrialTask,
  tell: (share: number) => void,
) => TE.TaskEither<AppError, TrialResult>

/** The trials of one process: what they have in common is loaded once. */
export const trialRunner = (env: Env): TrialRunner => {
  const datasets = new Map<string, Promise<E.Either<AppError, Loaded>>>()
  const loaded =
    (choice: string): TE.TaskEither<AppError, Loaded> =>
    () => {
      const known = datasets.get(choice) ?? load(env, choice)()
      datasets.set(choice, known)
      return known
    }
  return ({ trial, data }, tell) =>
    pipe(
      TE.fromEither<AppError, TrainFlags>(parseTrialFlags(trial, data)),
      TE.bindTo('asked'),
      TE.bind('dataset', () => pipe(loaded(data), TE.flatMapEither(sameData(trial, data)))),
      TE.bindW('run', ({ asked, dataset }) => TE.fromEither(planOf(asked, dataset))),
      TE.bindW('machine', ({ asked, dataset, run }) => machineFor(asked, run.config.sizes, dataset)(env)),
      TE.flatMap(({ run, machine }) => perform(env, machine.interpreter, run, trial.id, tell)),
    )
}

/** A data set, and the fingerprint of its contents. */
type Loaded = { readonly dataset: Dataset; readonly sum: string }

const load = (env: Env, choice: string): TE.TaskEither<AppError, Loaded> =>
  pipe(
    loadData({ choice, env: env.variables, onNotice: env.log, onProgress: () => undefined }),
    TE.map(dataset => ({ dataset, sum: fingerprint([dataset.training, dataset.validation, dataset.test]) })),
  )

/** The same words may mean other data on another machine, or at another time. */
const sameData =
  (trial: Trial, choice: string) =>
  ({ dataset, sum }: Loaded): E.Either<AppError, Dataset> =>
    sum.startsWith(trial.data)
      ? E.right(dataset)
      : E.left(
          unfitData(
            `--data ${choice}: ${dataset.name} (${dataset.source}) is ${sum.slice(0, trial.data.length)}, and not the ` +
              `data of this experiment, which is ${trial.data}`,
            'give the same data: --data DIR, or $MNIST_DIR',
          ),
        )

/** What a trial asks `train` for, or what is wrong with the asking. */
export const parseTrialFlags = (trial: Trial, data: string): E.Either<UsageError, TrainFlags> =>
  trainFlags(argvOf({ ...trainingFlags(trial), data }))

/** The flags as yargs would give them: those without a value are true or false. */
const argvOf = (flags: FlagTexts): Argv =>
  Object.fromEntries(
    Object.entries(flags).map(([name, text]) => [name, isToggle(name) ? text === 'true' : text]),
  )

const isToggle = (name: string): boolean =>
  Object.entries(trainOptions).some(([flag, option]) => flag === name && 'type' in option)

/** A trial is a function of its flags: what lies in a file is not among them. */
const planOf = (asked: TrainFlags, dataset: Dataset): E.Either<AppError, PlannedRun> =>
  asked.init.kind === 'file'
    ? E.left(
        usageError(`--init ${asked.init.file}: a trial starts from its seed`, 'give --init default or large'),
      )
    : planRun(asked, undefined, dataset)

const perform =
  (
    env: Env,
    interpreter: Interpreter,
    run: PlannedRun,
    id: string,
    tell: (share: number) => void,
  ): TE.TaskEither<AppError, TrialResult> =>
  async () => {
    const { config, evaluation } = run
    const params = toParams(run.initial)
    const sets = toSets(run)
    const began = env.now()
    const reports: EpochMetrics[] = []
    let outcome: TrialResult['outcome'] = 'done'
    try {
      const ended = await runChunked(
        env,
        train(interpreter, { ...config, cost: costOf(config.cost), order: orderOf(config) }, sets, params),
        {
          position: event => (event.kind === 'progress' ? event.done : undefined),
          onEvent: event => {
            if (event.kind === 'progress' && event.phase === 'training')
              tell((event.epoch - 1 + event.done / event.of) / config.epochs)
            if (event.kind === 'epoch') reports.push(event.report)
            if (event.kind === 'diverged') outcome = 'diverged'
            return undefined
          },
        },
      )
      if (ended.kind === 'failed') return E.left(ended.error)
      if (ended.kind === 'stopped') return E.left(interrupted(ended.by, 'a trial was stopped', 'do it again'))
      const answers =
        evaluation !== undefined && sets.observed.evaluation !== undefined && comparesOutputs(config.sizes)
          ? perClass(ended.value, sets.observed.evaluation, evaluation)
          : {}
      dispose(ended.value)
      return E.right({
        id,
        outcome,
        n: evaluation?.size ?? 0,
        ...seen(config, reports),
        ...answers,
        seconds: (env.now() - began) / 1000,
      })
    } finally {
      dispose(params)
      freeSets(sets)
      interpreter.dispose()
    }
  }

/** What the monitors saw after each epoch. */
const seen = (
  { monitor }: RunConfig,
  reports: readonly EpochMetrics[],
): Pick<TrialResult, 'accuracies' | 'costs' | 'trainingCosts'> => {
  const costs = (set: 'evaluation' | 'training'): readonly (number | string)[] =>
    reports.flatMap(({ [set]: of }) => (of === undefined ? [] : [inJson(of.cost)]))
  return {
    accuracies: reports.flatMap(({ evaluation }) => evaluation?.correct ?? []),
    ...(monitor.includes('evaluationCost') ? { costs: costs('evaluation') } : {}),
    ...(monitor.includes('trainingCost') ? { trainingCosts: costs('training') } : {}),
  }
}

/** A result goes through JSON more than once, on its way and in the journal. */
const inJson = (value: number): number | string => (Number.isFinite(value) ? value : String(value))

/** What the network answers, class by class. */
const perClass = (
  params: Params,
  { x, y }: Batch,
  { desired }: Examples,
): Pick<TrialResult, 'answered' | 'rightPerClass' | 'perClass'> => {
  const given = withTensors(
    () => argMax<Tensor1D>(output(params, x).a, 1),
    labels => labels.dataSync<'int32'>().slice(),
  )
  const wanted = labelsOf(desired)
  const count = (of: ArrayLike<number>, counts: (i: number) => boolean = () => true): readonly number[] => {
    const counted = Array.from({ length: y.shape[1] }, () => 0)
    for (let i = 0; i < of.length; i++) if (counts(i)) counted[of[i]!]!++
    return counted
  }
  return {
    answered: count(given),
    rightPerClass: count(given, i => given[i] === wanted[i]),
    perClass: count(wanted),
  }
}

/** Serves the pool that has started this process. */
export const serveTrials = (): void => {
  const trials = trialRunner(systemEnv)
  servePool<TrialTask, number, E.Either<AppError, TrialResult>>((task, tell) => trials(task, tell)())
}

/**
 * A whole study: its settings are stored, its trials are run or taken from the journal, and its outcome is computed.
 * In outline:
 *
 *   const data = await loadExperimentData(systemEnv, 'digits')()
 *   const plan = planStudy({ arms, space: defaultSpace, …, data: data.right.data })
 *   const end = await runStudy(systemEnv, { plan, out: 'runs/study', pool: () => localPool(systemEnv, { jobs: 2, data: 'digits' }) })()
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.ts'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { checkNoLink } from '../io/own-folder.ts'
import type { StudyArm } from './arms.ts'
import { missingParts } from './experiment-data.ts'
import { identify } from './identity.ts'
import { runTrials, type TrialBatch } from './run-trials.ts'
import { readResults, saveStudy, shardFolder, type Shard } from './study-folder.ts'
import { subjectOf, type StudyPlan } from './study-plan.ts'
import { outstanding, searchFailure, studyOutcome, workLeft, type StudyOutcome } from './study.ts'
import { parseTrialFlags, planTrial } from './train-trial.ts'
import type { TrialPool } from './trial-pool.ts'
import type { Trial, TrialResult, TrialResults } from './trial.ts'

/** A study, and what runs it. */
export type StudyRun = {
  /** The candidates and the trials. */
  readonly plan: StudyPlan
  /** The folder of the study. */
  readonly out: string
  /** Opens the pool that does the trials. */
  readonly pool: () => TrialPool
  /** A trial and its result in a line of the log. */
  readonly describe?: (trial: Trial, result: TrialResult) => string
}

/** A study that has ended. */
export type StudyEnd = {
  /** The plan; its study lists the earlier verdicts in the same folder. */
  readonly plan: StudyPlan
  /** The result of each trial. */
  readonly results: TrialResults
  /** The winners, and the comparison of their final runs. */
  readonly outcome: StudyOutcome
}

/** Runs a study, or continues it. A search without a winner is an error. */
export const runStudy = (env: Env, run: StudyRun): TE.TaskEither<AppError, StudyEnd> =>
  pipe(
    savedPlan(env, run),
    TE.bindTo('plan'),
    TE.bind('results', ({ plan }) =>
      runTrials(env, {
        ...batchOf(run),
        out: run.out,
        outstanding: results => outstanding(plan, results),
        remaining: results => workLeft(plan, results),
      }),
    ),
    TE.flatMapEither(({ plan, results }) => {
      const failure = searchFailure(plan, results)
      return failure === undefined
        ? E.right({ plan, results, outcome: studyOutcome(plan, results)! })
        : E.left(failure)
    }),
  )

export type ShardEnd =
  | ({ readonly kind: 'study' } & StudyEnd)
  /** The share is done; more trials follow once the shards are merged. */
  | { readonly kind: 'share'; readonly folder: string; readonly trials: number }

/** Runs the share of a shard in the trials that can be run now. */
export const runShard = (env: Env, run: StudyRun, shard: Shard): TE.TaskEither<AppError, ShardEnd> =>
  pipe(
    savedPlan(env, run),
    TE.bindTo('plan'),
    TE.bind('known', ({ plan }) => readResults(env, run.out, plan.study)),
    TE.flatMap(({ plan, known }) => {
      const outcome = studyOutcome(plan, known)
      if (outcome !== undefined) return TE.right({ kind: 'study', plan, results: known, outcome })
      const failure = searchFailure(plan, known)
      if (failure !== undefined) return TE.left(failure)
      const folder = shardFolder(run.out, shard)
      const share = outstanding(plan, known).filter((_, i) => i % shard.of === shard.index - 1)
      const left = (results: TrialResults): readonly Trial[] => share.filter(({ id }) => !results.has(id))
      return pipe(
        checkNoLink(env.files, folder),
        TE.flatMap(() =>
          runTrials(env, {
            ...batchOf(run),
            out: folder,
            outstanding: left,
            remaining: results => ({
              trials: left(results).length,
              work: left(results).reduce((sum, { epochs }) => sum + epochs, 0),
            }),
          }),
        ),
        TE.map((): ShardEnd => ({ kind: 'share', folder, trials: share.length })),
      )
    }),
  )

/** Checks the flags of a plan's trials, before anything is run. An error names the setting of the study. */
export const checkPlan = (plan: StudyPlan): E.Either<AppError, StudyPlan> =>
  pipe(
    trialsByArm(plan),
    E.traverseArray(([arm, trial]) => pipe(parseTrialFlags(trial, 'auto'), E.mapLeft(ofStudy(plan, arm)))),
    E.map(() => plan),
  )

/** Checks that the data have all that the plan's trials need. */
export const checkData =
  (dataset: Dataset) =>
  (plan: StudyPlan): E.Either<AppError, StudyPlan> => {
    const isSearched = plan.arms.some(({ rungs }) => rungs.length > 0)
    const missing = missingParts(dataset, isSearched ? ['validation', 'test'] : ['test'])
    if (missing !== undefined) return E.left(missing)
    return pipe(
      // planning draws the initial weights: once for all trials with the same shape is enough
      [...new Map(trialsByArm(plan).map(entry => [shapeOf(entry), entry])).values()],
      E.traverseArray(([arm, trial]) =>
        pipe(
          parseTrialFlags(trial, 'auto'),
          E.flatMap(flags => planTrial(flags, dataset)),
          E.mapLeft(ofStudy(plan, arm)),
        ),
      ),
      E.map(() => plan),
    )
  }

/** The configurations of a plan, as the first trial of each. */
const trialsByArm = (plan: StudyPlan): readonly (readonly [arm: StudyArm, trial: Trial])[] =>
  plan.arms.flatMap(({ rungs, configurations, trial, finals }, i) =>
    configurations.map(
      (_, k) => [plan.study.arms[i]!, rungs.length > 0 ? trial(0, k) : finals(k)[0]!] as const,
    ),
  )

/** What decides whether a trial fits its data. */
const shapeOf = ([{ name }, { flags }]: readonly [StudyArm, Trial]): string =>
  identify({ name, sizes: flags.sizes, 'train-size': flags['train-size'], rng: flags.rng })

/** An error about a flag of `train`, as one about the setting of the study that has the flag. */
const ofStudy =
  ({ study }: StudyPlan, arm: StudyArm) =>
  <Failed extends AppError>(error: Failed): Failed => {
    const flag = /^--([\w-]+)/.exec(error.message)?.[1] ?? ''
    const where = Object.hasOwn(arm.flags, flag)
      ? `--arms "${arm.name}": `
      : Object.hasOwn(study.space, flag)
        ? '--space: '
        : ''
    return { ...error, message: `${where}${error.message}` }
  }

const savedPlan = (env: Env, { plan, out }: StudyRun): TE.TaskEither<AppError, StudyPlan> =>
  pipe(
    TE.fromEither(checkPlan(plan)),
    TE.flatMap(() => saveStudy(env, out, plan.study)),
    TE.map(study => ({ ...plan, study })),
  )

const batchOf = ({
  plan,
  pool,
  describe,
}: StudyRun): Pick<TrialBatch, 'subject' | 'pool' | 'workOf' | 'describe'> => ({
  subject: subjectOf(plan.study),
  pool,
  workOf: ({ epochs }) => epochs,
  describe: describe ?? (({ id }, { outcome }) => `${id}: ${outcome}`),
})

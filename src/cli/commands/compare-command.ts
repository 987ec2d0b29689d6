/**
 * `compare`: the same search for two arms, then a paired comparison of the winners on the test set.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { shellCommand } from '#scripts/package'
import { diverged, type AppError } from '../../errors.ts'
import { planStudy, type StudyPlan } from '../../study/study-plan.ts'
import { describeSpace } from '../../study/space.ts'
import { workPlanned, type StudyOutcome } from '../../study/study.ts'
import {
  checkData,
  checkPlan,
  runShard,
  runStudy,
  type StudyEnd,
  type StudyRun,
} from '../../study/run-study.ts'
import { proceduresRecord } from '../../report/procedures-record.ts'
import { studyRecord } from '../../report/study-record.ts'
import type { TrialResults } from '../../study/trial.ts'
import { studySeconds } from '../../book/study-cost.ts'
import { inHours } from '../../report/text/procedure-text.ts'
import { toJson } from '../../io/json.ts'
import { unwritable } from '../../io/failure.ts'
import {
  checkCompareFlags,
  compareCommandLine,
  compareOptions,
  studyOf,
  type CompareFlags,
} from '../compare-options.ts'
import type { CliEnv } from '../cli-env.ts'
import { defineCommand } from '../command.ts'
import { loadExperimentData, type ExperimentNames } from '../../study/experiment-data.ts'
import type { Shard } from '../../study/study-folder.ts'
import { loadQueue } from '../../study/load-queue.ts'
import { localPool, type TrialPool } from '../../study/trial-pool.ts'
import {
  describeOutcome,
  describePlan,
  describeTrial,
  outcomeSentence,
} from '../../report/text/study-text.ts'
import { counted, shellQuoted, toWidth } from '../../format.ts'

export const compareCommand = defineCommand({
  describe: 'Searches the hyper-parameters of two arms alike, compares the winners, and prints a verdict.',
  options: compareOptions,
  examples: [
    ['', 'the two costs of the book'],
    ['--arms "xent --lmbda 0" "xent --lmbda 5"', 'any two configurations'],
  ],
  run: (given, env) =>
    pipe(
      TE.fromEither<AppError, CompareFlags>(checkCompareFlags(given)),
      TE.bindTo('flags'),
      TE.bind('data', ({ flags }) => loadExperimentData(env, flags.data)),
      TE.bind('plan', ({ flags, data }) =>
        pipe(
          studyOf(flags, data),
          TE.map(planStudy),
          TE.flatMapEither(checkPlan),
          TE.flatMapEither(checkData(data.dataset)),
        ),
      ),
      TE.bind('seconds', ({ plan, data }) => studySeconds(env, data.dataset, data.choice, plan)),
      // the processes that do the trials load the data themselves
      TE.map(({ data: { dataset: _dataset, ...data }, ...rest }) => ({ ...rest, data })),
      TE.tapIO(
        ({ flags, plan, seconds }) =>
          () =>
            announce(env, flags, plan, seconds),
      ),
      TE.bindW('pool', ({ flags, data }) => poolFor(env, flags, data)),
      TE.flatMap(({ flags, data, plan, pool }) =>
        perform(env, flags, data, { plan, out: flags.out, pool, describe: describeTrial(plan) }),
      ),
    ),
})

/** Runs the study, or a shard of it, and writes its outcome if it has one. */
const perform = (
  env: CliEnv,
  flags: CompareFlags,
  data: ExperimentNames,
  study: StudyRun,
): TE.TaskEither<AppError, void> => {
  const { shard } = flags
  return shard === undefined
    ? pipe(
        runStudy(env, study),
        TE.flatMap(end => writeOutcome(env, flags, data, end)),
      )
    : pipe(
        runShard(env, study, shard),
        TE.flatMap(end =>
          end.kind === 'study'
            ? writeOutcome(env, flags, data, end)
            : TE.fromIO(() => writeShare(env, flags, shard, end.folder, end.trials)),
        ),
      )
}

const announce = (
  env: CliEnv,
  { json, jobs, queue }: CompareFlags,
  plan: StudyPlan,
  seconds: number,
): void => {
  const { study, arms } = plan
  const { trials, work: epochs } = workPlanned(plan)
  const cores = queue === undefined ? Math.min(jobs, availableParallelism()) : 1
  const time = `This takes about ${inHours(seconds / cores / 3600)} on ${counted(cores, 'core')} of this machine, if nothing else runs${study.rule === undefined ? '' : '; less, if an early look decides'}.`
  if (json)
    env.out(
      toJson({ event: 'start', ...study, rungs: arms.map(({ rungs }) => rungs), trials, epochs, seconds }),
    )
  else for (const line of [...describePlan(plan), time].flatMap(toWidth(env.columns))) env.log(line)
}

const writeShare = (
  env: CliEnv,
  { json, out }: CompareFlags,
  shard: Shard,
  folder: string,
  trials: number,
): void =>
  env.out(
    json
      ? toJson({ event: 'shard', ...shard, trials })
      : `Shard ${shard.index} of ${shard.of} has done its ${counted(trials, 'trial')}; the results are in ${folder}. ` +
          `When all shards are done: ${shellCommand('merge', shellQuoted(out))}`,
  )

/** Processes of this machine, or the workers of a queue. */
const poolFor = (
  env: CliEnv,
  { jobs, queue }: CompareFlags,
  { name, choice, data }: ExperimentNames,
): TE.TaskEither<AppError, () => TrialPool> => {
  if (queue === undefined) return TE.right(() => localPool(env, { jobs, data: choice }))
  return pipe(
    loadQueue,
    TE.map(({ queuePool }) => {
      env.log(
        `The trials go to ${queue.shown}. Start workers, on any machine that has ${name} (${data}): ` +
          shellCommand('worker', `--queue … --data ${shellQuoted(choice)}`),
      )
      return () => queuePool(env, queue, data)
    }),
  )
}

const writeOutcome = (
  env: CliEnv,
  flags: CompareFlags,
  data: ExperimentNames,
  { plan, results, outcome }: StudyEnd,
): TE.TaskEither<AppError, void> =>
  pipe(
    writeReport(env, flags, data, plan, results, outcome),
    TE.map(path => {
      if (flags.json) {
        for (const result of results.values()) env.out(toJson({ event: 'trial', ...result }))
        env.out(
          toJson({
            event: 'done',
            ...outcome,
            data: data.name,
            sentence: outcomeSentence(plan, outcome),
            report: path,
          }),
        )
      } else {
        for (const line of describeOutcome(plan, results, outcome).flatMap(toWidth(env.columns)))
          env.out(line)
        env.out(`Report: ${path}`)
      }
    }),
    TE.filterOrElse(
      () => outcome.kind === 'procedures' || outcome.verdict.finding !== 'none',
      (): AppError =>
        diverged(outcomeSentence(plan, outcome), 'give smaller learning rates, and another --out'),
    ),
  )

const writeReport = (
  env: CliEnv,
  flags: CompareFlags,
  { name, data }: ExperimentNames,
  plan: StudyPlan,
  results: TrialResults,
  ended: StudyOutcome,
): TE.TaskEither<AppError, string> => {
  const path = join(flags.out, 'report.html')
  const { space, common, budget, factor, epochs, seeds, seed, rule } = plan.study
  const searched = describeSpace(space).map(line => line.split(': ') as [flag: string, what: string])
  const provenance = {
    command: compareCommandLine(flags),
    config: {
      ...common,
      budget,
      factor,
      epochs,
      seeds,
      seed,
      ...(rule === undefined ? {} : { looks: rule.looks, delta: rule.delta, error: rule.error }),
      ...Object.fromEntries(searched),
      data: `${name} ${data}`,
    },
    env: { node: process.version, platform: `${process.platform} ${process.arch}` },
  }
  return TE.tryCatch(async () => {
    // Plot takes a moment to load
    const [{ studyReport }, { proceduresReport }] = await Promise.all([
      import('../../report/pages/study-page.ts'),
      import('../../report/pages/procedures-page.ts'),
    ])
    const page =
      ended.kind === 'winners'
        ? studyReport(studyRecord(plan, results, ended, provenance))
        : proceduresReport(proceduresRecord(plan, results, ended, provenance))
    await env.files.save(path, page)
    return path
  }, unwritable(path))
}

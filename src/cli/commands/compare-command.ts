/**
 * `npm run compare`: the same search for two arms, then their winners side by side on the test set, seed by seed.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import type { AppError } from '../../errors.ts'
import { planStudy, subjectOf, type StudyPlan } from '../../study/study-plan.ts'
import { describeSpace } from '../../study/space.ts'
import { studyOutcome, outstanding, type StudyOutcome } from '../../study/study.ts'
import { studyRecord } from '../../report/study-record.ts'
import type { QueueAddress } from '../../study/queue-address.ts'
import type { TrialResult, TrialResults, Trial } from '../../study/trial.ts'
import { verdictSentence } from '../../report/text/verdict-text.ts'
import { toJson } from '../../io/json.ts'
import { unwritable } from '../../io/failure.ts'
import { commandLine, compareFlags, studyOf, type CompareFlags } from '../compare-options.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import { experimentData, type ExperimentData } from '../../study/experiment-data.ts'
import { runTrials, type TrialBatch, type TrialPool } from '../../study/run-trials.ts'
import type { Argv } from '../../options/decode.ts'
import { saveStudy, readResults, shardFolder, type Shard } from '../../study/study-folder.ts'
import {
  describeOutcome,
  describePlan,
  describeTrial,
  epochsLeft,
  toWidth,
} from '../../report/text/study-text.ts'
import { parseTrialFlags, type TrialTask } from '../../study/train-trial.ts'

export { compareOptions } from '../compare-options.ts'

export const compareCommand = (argv: Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, CompareFlags, CliEnv>(compareFlags(argv)),
    RTE.bindTo('flags'),
    RTE.bindW('having', ({ flags }) => experimentData(flags.data)),
    RTE.bind('plan', ({ flags, having }) =>
      RTE.fromTaskEither(
        pipe(
          studyOf(flags, having),
          TE.map(planStudy),
          TE.flatMapEither(plan => feasible(plan, having)),
        ),
      ),
    ),
    RTE.tap(({ flags, plan }) => announce(flags, plan)),
    RTE.bind(
      'going',
      ({ flags, plan }): CommandEffect<StudyPlan> =>
        env =>
          pipe(
            saveStudy(env, flags.out, plan.study),
            TE.map(study => ({ ...plan, study })),
          ),
    ),
    RTE.flatMap(({ flags, having, going: plan }) =>
      flags.shard === undefined ? study(flags, having, plan) : shard(flags, having, plan, flags.shard),
    ),
  )

/** A wrong value of an arm or of the space is told of before the work. */
const feasible = (plan: StudyPlan, { choice }: ExperimentData): E.Either<AppError, StudyPlan> =>
  pipe(
    plan.arms.flatMap(({ search }) => search[0] ?? []).concat(outstanding(plan, new Map())),
    E.traverseArray((trial: Trial) => parseTrialFlags(trial, choice)),
    E.map(() => plan),
  )

const announce =
  ({ json }: CompareFlags, plan: StudyPlan): CommandEffect<void> =>
  env =>
    TE.fromIO(() => {
      const { study, arms } = plan
      if (json) env.out(toJson({ event: 'start', ...study, rungs: arms.map(({ rungs }) => rungs) }))
      else for (const line of describePlan(plan)) env.log(toWidth(env.columns)(line))
    })

/** The whole study, on this machine or by a queue. */
const study = (flags: CompareFlags, having: ExperimentData, plan: StudyPlan): CommandEffect<void> =>
  pipe(
    trials(flags, having, plan, {
      out: flags.out,
      outstanding: results => outstanding(plan, results),
      remaining: results => epochsLeft(plan, results),
    }),
    RTE.flatMap(results => end(flags, having, plan, results, studyOutcome(plan, results)!)),
  )

/** Of what can be done now, this shard's share. */
const shard = (
  flags: CompareFlags,
  having: ExperimentData,
  plan: StudyPlan,
  part: Shard,
): CommandEffect<void> =>
  pipe(
    RTE.ask<CliEnv>(),
    RTE.flatMapTaskEither(env => readResults(env, flags.out, plan.study)),
    RTE.flatMap(known => {
      const ended = studyOutcome(plan, known)
      if (ended !== undefined) return end(flags, having, plan, known, ended)
      const share = outstanding(plan, known).filter((_, i) => i % part.of === part.index - 1)
      const out = shardFolder(flags.out, part)
      const left = (results: TrialResults): readonly Trial[] => share.filter(({ id }) => !results.has(id))
      return pipe(
        trials(flags, having, plan, {
          out,
          outstanding: left,
          remaining: results => left(results).reduce((sum, { epochs }) => sum + epochs, 0),
        }),
        RTE.flatMapReaderIO(() => (env: CliEnv) => () => {
          if (flags.json) env.out(toJson({ event: 'shard', ...part, trials: share.length }))
          else
            env.out(
              `Shard ${part.index} of ${part.of} has done its ${counted(share.length)}, kept in ${out}. ` +
                `When all shards have: npm run merge -- ${flags.out}`,
            )
        }),
      )
    }),
  )

const counted = (trials: number): string => `${trials} ${trials === 1 ? 'trial' : 'trials'}`

const trials =
  (
    { jobs, queue }: CompareFlags,
    { choice }: ExperimentData,
    plan: StudyPlan,
    part: Pick<TrialBatch, 'out' | 'outstanding' | 'remaining'>,
  ): CommandEffect<TrialResults> =>
  env =>
  async () =>
    runTrials({
      ...part,
      subject: subjectOf(plan.study),
      data: choice,
      jobs,
      ...(queue === undefined ? {} : { pool: await queuePool(env, queue) }),
      workOf: ({ epochs }) => epochs,
      describe: describeTrial(plan),
    })(env)()

const queuePool = async (env: CliEnv, address: QueueAddress): Promise<TrialPool> => {
  // BullMQ takes a moment to load: only who wants a queue waits for it
  const { openQueue } = await import('../../study/queue.ts')
  env.log(`Trials go to ${address.shown}; to have them done, on any machine: npm run worker -- --queue …`)
  return openQueue<TrialTask, E.Either<AppError, TrialResult>>({
    address,
    nameOf: ({ trial }) => trial.id,
    tell: line => env.log(`network2: ${line}`),
  })
}

const end =
  (
    flags: CompareFlags,
    having: ExperimentData,
    plan: StudyPlan,
    results: TrialResults,
    ended: StudyOutcome,
  ): CommandEffect<void> =>
  env =>
    pipe(
      writeReport(env, flags, having, plan, results, ended),
      TE.map(path => {
        if (flags.json) {
          for (const result of results.values()) env.out(toJson({ event: 'trial', ...result }))
          env.out(toJson({ event: 'done', ...ended, sentence: verdictSentence(ended.verdict), report: path }))
        } else {
          for (const line of describeOutcome(plan, results, ended)) env.out(toWidth(env.columns)(line))
          env.out(`Report: ${path}`)
        }
      }),
    )

const writeReport = (
  env: CliEnv,
  flags: CompareFlags,
  { name, data }: ExperimentData,
  plan: StudyPlan,
  results: TrialResults,
  ended: StudyOutcome,
): TE.TaskEither<AppError, string> => {
  const path = join(flags.out, 'report.html')
  const { space, common, budget, factor, epochs, seeds, seed } = plan.study
  const searched = describeSpace(space).map(line => line.split(': ') as [flag: string, what: string])
  return TE.tryCatch(async () => {
    // Plot takes a moment to load
    const { studyReport } = await import('../../report/pages/study-page.ts')
    const record = studyRecord(plan, results, ended, {
      command: commandLine(flags),
      config: {
        ...common,
        budget,
        factor,
        epochs,
        seeds,
        seed,
        ...Object.fromEntries(searched),
        data: `${name} ${data}`,
      },
      env: { node: process.version, platform: `${process.platform} ${process.arch}` },
    })
    await env.files.save(path, studyReport(record))
    return path
  }, unwritable(path))
}

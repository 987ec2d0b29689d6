/**
 * `npm run reproduce`: the book's comparison of the two costs over several seeds, and the author's own runs, replayed.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { availableParallelism } from 'node:os'
import type { Options } from 'yargs'
import type { AppError, UsageError } from '../../errors.ts'
import { loadFigure } from '../../book/figure-files.ts'
import { published } from '../../book/published.ts'
import {
  compareCounts,
  compareFacts,
  describeComparison,
  replayed,
  trialsOf,
  type Comparison,
  type ReplayName,
} from '../../book/replay.ts'
import { armInWords, describeRows } from '../../report/text/reproduce-text.ts'
import {
  bestAccuracy,
  extents,
  lastAccuracy,
  planReproduction,
  rowsOf,
  trialWork,
  type Planned,
} from '../../book/reproduce.ts'
import type { TrialResult, TrialResults, Trial } from '../../study/trial.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import { loadExperimentData, type ExperimentData } from '../../study/experiment-data.ts'
import { runTrials } from '../../study/run-trials.ts'
import { localPool } from '../../study/trial-pool.ts'
import { writeReplayPage, writeTablePage } from '../../report/write-reproduce.ts'
import * as F from '../../options/decode.ts'
import { commonOptions, dataFlag } from '../../options/train-options.ts'

export const reproduceOptions = {
  seeds: { describe: 'runs of each arm, with the seeds 1 to N', defaultDescription: '5; 2 with --quick' },
  quick: {
    type: 'boolean',
    describe: `a glance: 30 hidden neurons only, ${extents.quick.epochs} epochs instead of ${extents.full.epochs}, 2 seeds`,
  },
  figure: {
    describe: `replay the author's own run of a figure instead: ${Object.keys(replayed).join(' | ')}`,
  },
  published: {
    describe: "the folder with the author's data of the figures",
    defaultDescription: 'data/published, else fetched from his repository',
  },
  jobs: { describe: 'processes at a time', defaultDescription: 'one for each core' },
  data: commonOptions.data,
  out: { describe: 'the folder of the journal', defaultDescription: 'runs/reproduce' },
  json: commonOptions.json,
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type Flags = {
  readonly seeds: number | undefined
  readonly quick: boolean
  readonly figure: ReplayName | undefined
  readonly published: string | undefined
  readonly jobs: number
  readonly data: string
  readonly out: string
  readonly json: boolean
}

const figureWords = Object.fromEntries(
  Object.keys(replayed).map(name => [name, name as ReplayName]),
) as Record<ReplayName, ReplayName>

const reproduceFlags = (argv: F.Argv): E.Either<UsageError, Flags> =>
  pipe(
    F.decodeAll({
      seeds: F.optional('seeds', F.count)(argv),
      quick: F.toggle('quick')(argv),
      figure: F.optional('figure', F.oneOf(figureWords))(argv),
      published: F.optional('published', F.text)(argv),
      jobs: F.withDefault('jobs', F.count, availableParallelism())(argv),
      data: dataFlag(argv),
      out: F.withDefault('out', F.text, 'runs/reproduce')(argv),
      json: F.toggle('json')(argv),
    }),
    E.mapLeft(F.oneError),
  )

export const reproduceCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, Flags, CliEnv>(reproduceFlags(argv)),
    RTE.bindTo('flags'),
    RTE.bindW(
      'having',
      ({ flags }) =>
        (env: CliEnv) =>
          loadExperimentData(env, flags.data),
    ),
    RTE.flatMap(({ flags, having }) =>
      flags.figure === undefined ? table(flags, having) : replay(flags, flags.figure, having),
    ),
  )

/** Does the trials that the journal lacks. */
const done =
  (
    { jobs, out }: Flags,
    { name, choice, data }: ExperimentData,
    trials: readonly Trial[],
    describe: (trial: Trial, result: TrialResult) => string,
  ): CommandEffect<TrialResults> =>
  env => {
    const outstanding = (results: TrialResults): readonly Trial[] =>
      trials.filter(({ id }) => !results.has(id))
    return runTrials(env, {
      out,
      subject: { experiment: 'reproduce', data: name, examples: data },
      pool: () => localPool(env, { jobs, data: choice }),
      outstanding,
      workOf: trialWork,
      remaining: results => outstanding(results).reduce((sum, trial) => sum + trialWork(trial), 0),
      describe,
    })
  }

const table = (flags: Flags, having: ExperimentData): CommandEffect<void> => {
  const extent = extents[flags.quick ? 'quick' : 'full']
  const plan = planReproduction({ ...extent, seeds: flags.seeds ?? extent.seeds }, having)
  const describe = (trial: Trial, result: TrialResult): string => {
    const { accuracy, epoch } = bestAccuracy(result)
    return (
      `${nameIn(plan, trial)}, seed ${trial.seed}: ${lastAccuracy(result).toFixed(2)} %, ` +
      `at best ${accuracy.toFixed(2)} % after epoch ${epoch}`
    )
  }
  return pipe(
    done(
      flags,
      having,
      plan.flatMap(({ trials }) => trials),
      describe,
    ),
    RTE.map(results => ({ results, rows: rowsOf(plan, results) })),
    RTE.bind('path', ({ results, rows }) => env => {
      const command = `npm run reproduce --${flags.quick ? ' --quick' : ''} --seeds ${flags.seeds ?? extent.seeds}`
      const made = { out: flags.out, command, data: having.name, epochs: extent.epochs }
      return writeTablePage(env, made, plan, rows, results)
    }),
    RTE.flatMapReaderIO(({ results, rows, path }) => (env: CliEnv) => () => {
      if (flags.json) {
        for (const { arm, trials } of plan)
          for (const { id, seed } of trials) tell(env, { event: 'trial', ...arm, seed, ...results.get(id) })
        for (const { arm, ...row } of rows) tell(env, { event: 'row', ...arm, ...row })
        tell(env, { event: 'done', data: having.name, ...extent })
      } else {
        env.out(
          `Accuracy on the test set of ${having.name} in per cent, ${extent.epochs} epochs, mini-batches of 10, large start.`,
        )
        env.out('')
        describeRows(rows).forEach(env.out)
        env.out('')
        env.out(`Report: ${path}`)
      }
    }),
  )
}

const nameIn = (plan: readonly Planned[], { id }: Trial): string =>
  plan.flatMap(({ arm, trials }) => (trials.some(trial => trial.id === id) ? [armInWords(arm)] : [])).join()

/** A line of JSON, which has no NaN: what has no value is left out. */
const tell = (env: CliEnv, event: Record<string, unknown>): void =>
  env.out(JSON.stringify(event, (_key, value: unknown) => (Number.isNaN(value) ? undefined : value)))

/** A training of a figure beside what was published of it: all counts, or the key figures alone. */
type Replay = {
  readonly start: string
  readonly accuracies: readonly number[]
  readonly list: readonly number[] | undefined
  readonly n: number
  readonly comparison: Comparison | undefined
  readonly sentence: string
}

const replay =
  (flags: Flags, name: ReplayName, having: ExperimentData): CommandEffect<void> =>
  env => {
    const trials = trialsOf(name, having)
    const { file, what } = replayed[name]
    const describe = ({ flags }: Trial, result: TrialResult): string =>
      `${flags.init ?? ''} start: ${lastAccuracy(result).toFixed(2)} %`
    return pipe(
      // a wrong --published is told of before the work
      loadFigure(file, { folder: flags.published, onNotice: env.log }),
      TE.map(figure => figure.map(({ evaluationAccuracy }) => evaluationAccuracy)),
      TE.orElse(error =>
        flags.published === undefined
          ? TE.fromIO(() => {
              env.log(`network2: ${error.message}; compared with the key figures alone`)
              return []
            })
          : TE.left<AppError, readonly (readonly number[])[]>(error),
      ),
      TE.bindTo('lists'),
      TE.bind('results', () => done(flags, having, trials, describe)(env)),
      TE.map(({ lists, results }) =>
        trials.map(({ id }, i): Replay => {
          const { accuracies = [], n = 1 } = results.get(id) ?? {}
          const facts = published[file].facts[i]!
          const list = lists[i]
          const comparison = list === undefined ? undefined : compareCounts(accuracies, list)
          return {
            start: facts.start,
            accuracies,
            list,
            n,
            comparison,
            sentence: [
              ...(comparison === undefined ? [] : [describeComparison(comparison)]),
              compareFacts(accuracies, facts),
            ].join('. '),
          }
        }),
      ),
      TE.bindTo('replays'),
      TE.bind('path', ({ replays }) => {
        const [{ epochs, evaluateOn: part } = { epochs: 0, evaluateOn: 'test' }] = trials
        const made = {
          out: flags.out,
          command: `npm run reproduce -- --figure ${name}`,
          data: having.name,
          epochs,
        }
        const share = (counts: readonly number[], n: number) => counts.map(count => count / n)
        return writeReplayPage(
          env,
          made,
          { name, what, part },
          replays.map(({ start, accuracies, list, n, sentence }) => ({
            name: `From the ${start} start`,
            ours: share(accuracies, n),
            published: list === undefined ? undefined : share(list, n),
            sentence: `${sentence}.`,
          })),
        )
      }),
      TE.map(({ replays, path }) => {
        if (flags.json)
          for (const { start, accuracies, comparison } of replays)
            tell(env, { event: 'replay', figure: name, start, accuracies, ...comparison })
        else {
          env.out(`The figure "${name}", replayed from the author's seed: ${what}.`)
          for (const { start, sentence } of replays) env.out(`${start} start: ${sentence}.`)
          env.out(`Report: ${path}`)
        }
      }),
    )
  }

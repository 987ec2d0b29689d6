/**
 * `reproduce`: the book's comparison of the two costs over several seeds, and the author's own runs.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { availableParallelism } from 'node:os'
import { usageError, type AppError, type UsageError } from '../../errors.ts'
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
  reproductionPresets,
  lastAccuracy,
  planReproduction,
  rowsOf,
  trialWork,
  type Planned,
} from '../../book/reproduce.ts'
import type { TrialResult, TrialResults, Trial } from '../../study/trial.ts'
import type { CliEnv } from '../cli-env.ts'
import { defineCommand } from '../command.ts'
import * as D from '../../options/decode.ts'
import { optional, toggle, withDefault, type ValuesOf } from '../../options/option.ts'
import { loadExperimentData, missingParts, type ExperimentData } from '../../study/experiment-data.ts'
import { runTrials } from '../../study/run-trials.ts'
import { localPool } from '../../study/trial-pool.ts'
import { writeReplayPage, writeTablePage } from '../../report/write-reproduce.ts'
import { outputOptions, trainingOptions } from '../../options/train-options.ts'
import { counted, shellQuoted } from '../../format.ts'

const options = {
  seeds: optional(D.count, {
    help: 'runs of each arm, with the seeds 1 to N',
    byDefault: '5; 2 with --quick',
  }),
  quick: toggle({
    help: `30 hidden neurons only, ${reproductionPresets.quick.epochs} epochs instead of ${reproductionPresets.full.epochs}, 2 seeds`,
  }),
  figure: optional(D.oneWordOf(Object.keys(replayed) as readonly ReplayName[]), {
    help: `repeat the author's own run of a figure instead: ${Object.keys(replayed).join(' | ')}`,
  }),
  published: optional(D.anyText, {
    help: "folder with the author's data of the figures",
    byDefault: 'data/published, else fetched from his repository',
  }),
  jobs: withDefault(D.count, availableParallelism(), {
    help: 'parallel processes',
    byDefault: 'one for each core',
  }),
  data: trainingOptions.data,
  out: withDefault(D.anyText, 'runs/reproduce', { help: 'folder of the journal' }),
  ...outputOptions,
}

type Flags = ValuesOf<typeof options>

export const reproduceCommand = defineCommand({
  describe: "Repeats the book's comparison of the two costs over several seeds, beside the book's figures.",
  options,
  examples: [
    ['npm run reproduce -- --quick', 'a quick look'],
    ['npm run reproduce -- --figure regularized', "the author's own run, from his seed"],
  ],
  run: (flags, env) =>
    pipe(
      TE.fromEither(checkFigure(flags)),
      TE.flatMap(() => loadExperimentData(env, flags.data)),
      TE.flatMapEither((data): E.Either<AppError, ExperimentData> => {
        const missing = missingParts(data.dataset, ['test'])
        return missing === undefined ? E.right(data) : E.left(missing)
      }),
      TE.flatMap(dataset =>
        flags.figure === undefined ? table(flags, dataset, env) : replay(flags, flags.figure, dataset, env),
      ),
    ),
})

/** Refuses flags of the table for a figure, and of the figures for the table. */
const checkFigure = ({ figure, quick, seeds, published }: Flags): E.Either<UsageError, void> => {
  const [given] = [...(quick ? ['--quick'] : []), ...(seeds === undefined ? [] : [`--seeds ${seeds}`])]
  if (figure !== undefined && given !== undefined)
    return E.left(
      usageError(
        `${given} --figure ${figure}: a figure is the author's own run, as it was`,
        `leave ${given} out`,
      ),
    )
  return figure === undefined && published !== undefined
    ? E.left(usageError(`--published ${published}: only --figure compares with it`, 'give --figure too'))
    : E.right(undefined)
}

/** Runs the trials that the journal does not have yet. */
const done = (
  { jobs, out }: Flags,
  { name, choice, data }: ExperimentData,
  trials: readonly Trial[],
  describe: (trial: Trial, result: TrialResult) => string,
  env: CliEnv,
): TE.TaskEither<AppError, TrialResults> => {
  const outstanding = (results: TrialResults): readonly Trial[] => trials.filter(({ id }) => !results.has(id))
  return runTrials(env, {
    out,
    subject: { experiment: 'reproduce', data: name, examples: data },
    pool: () => localPool(env, { jobs, data: choice }),
    outstanding,
    workOf: trialWork,
    remaining: results => ({
      trials: outstanding(results).length,
      work: outstanding(results).reduce((sum, trial) => sum + trialWork(trial), 0),
    }),
    describe,
  })
}

const table = (flags: Flags, dataset: ExperimentData, env: CliEnv): TE.TaskEither<AppError, void> => {
  const preset = reproductionPresets[flags.quick ? 'quick' : 'full']
  const plan = planReproduction({ ...preset, seeds: flags.seeds ?? preset.seeds }, dataset)
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
      dataset,
      plan.flatMap(({ trials }) => trials),
      describe,
      env,
    ),
    TE.map(results => ({ results, rows: rowsOf(plan, results) })),
    TE.bind('path', ({ results, rows }) => {
      const command = `npm run reproduce --${flags.quick ? ' --quick' : ''} --seeds ${flags.seeds ?? preset.seeds} --data ${shellQuoted(dataset.choice)}`
      const made = { out: flags.out, command, data: dataset.name, epochs: preset.epochs }
      return writeTablePage(env, made, plan, rows, results)
    }),
    TE.map(({ results, rows, path }) => {
      if (flags.json) {
        for (const { arm, trials } of plan)
          for (const { id, seed } of trials)
            printJson(env, { event: 'trial', ...arm, seed, ...results.get(id) })
        for (const { arm, ...row } of rows) printJson(env, { event: 'row', ...arm, ...row })
        printJson(env, { event: 'done', data: dataset.name, ...preset })
      } else {
        env.out(
          `Accuracy on the test set of ${dataset.name} in per cent, ${counted(preset.epochs, 'epoch')}, mini-batches of 10, large start.`,
        )
        env.out('')
        describeRows(rows, preset.epochs).forEach(env.out)
        env.out('')
        env.out(`Report: ${path}`)
      }
    }),
  )
}

const nameIn = (plan: readonly Planned[], { id }: Trial): string =>
  plan.flatMap(({ arm, trials }) => (trials.some(trial => trial.id === id) ? [armInWords(arm)] : [])).join()

/** A line of JSON, which has no NaN: what has no value is left out. */
const printJson = (env: CliEnv, event: Record<string, unknown>): void =>
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

const replay = (
  flags: Flags,
  name: ReplayName,
  dataset: ExperimentData,
  env: CliEnv,
): TE.TaskEither<AppError, void> => {
  const trials = trialsOf(name, dataset)
  const { file, what } = replayed[name]
  const describe = ({ flags }: Trial, result: TrialResult): string =>
    `${flags.init ?? ''} start: ${lastAccuracy(result).toFixed(2)} %`
  return pipe(
    // A wrong --published is reported before the work.
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
    TE.bind('results', () => done(flags, dataset, trials, describe, env)),
    TE.map(({ lists, results }) =>
      trials.map(({ id }, i): Replay => {
        const { accuracies = [], n = 1 } = results.get(id) ?? {}
        const facts = published[file].facts![i]!
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
        command: `npm run reproduce -- --figure ${name} --data ${shellQuoted(dataset.choice)}`,
        data: dataset.name,
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
          printJson(env, {
            event: 'replay',
            figure: name,
            data: dataset.name,
            start,
            accuracies,
            ...comparison,
          })
      else {
        env.out(`The figure "${name}", replayed from the author's seed on ${dataset.name}: ${what}.`)
        for (const { start, sentence } of replays) env.out(`${start} start: ${sentence}.`)
        env.out(`Report: ${path}`)
      }
    }),
  )
}

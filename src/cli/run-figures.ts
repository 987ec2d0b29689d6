/**
 * What `reproduce` and `exercise` have in common: the list of figures, and the trainings, tables and pages of some of them.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shellCommand } from '#scripts/package'
import { measureSpeeds, trialSeconds } from '../book/estimate.ts'
import { bookExercises } from '../book/exercises/index.ts'
import { bookFigures } from '../book/figures/index.ts'
import type { BookFigure } from '../book/figure.ts'
import { defaultDataFolder } from '../io/data-folder.ts'
import { loadFigures } from '../book/figure-files.ts'
import { claimOutcomes, planFigure, trialsOf, type FigurePlan } from '../book/figure-plan.ts'
import type { Figure } from '../book/published.ts'
import { lastAccuracy, trialWork } from '../book/reproduce.ts'
import type { AppError, DataError } from '../errors.ts'
import { figureRecord, replayOutcomes } from '../report/figure-record.ts'
import {
  describeFigure,
  describeList,
  describeMissing,
  describeTraining,
} from '../report/text/figure-text.ts'
import { jobsOption } from './jobs-option.ts'
import { writeChapterPage } from '../report/write-reproduce.ts'
import { loadExperimentData, missingParts, type ExperimentData } from '../study/experiment-data.ts'
import { runTrials } from '../study/run-trials.ts'
import { readJournal } from '../study/study-folder.ts'
import { localPool } from '../study/trial-pool.ts'
import type { Trial, TrialResult, TrialResults } from '../study/trial.ts'
import * as D from '../options/decode.ts'
import { optional, toggle, withDefault } from '../options/option.ts'
import { outputOptions, trainingOptions } from '../options/train-options.ts'
import { shellQuoted } from '../format.ts'
import type { CliEnv } from './cli-env.ts'

/** The options of both commands. */
export const figureOptions = {
  list: toggle({ help: 'list the names, with what the book says and how long each takes here' }),
  all: toggle({ help: 'run what is missing of all, and write one page; it can be stopped and continued' }),
  seeds: optional(D.count, {
    help: 'runs of each arm, with the seeds 1 to N',
    byDefault: 'see --list; 1 or 2 with --quick',
  }),
  jobs: jobsOption({ help: 'parallel processes' }),
  data: trainingOptions.data,
  out: withDefault(D.anyText, 'runs/reproduce', { help: 'folder of the journal' }),
  ...outputOptions,
}

export type FigureFlags = {
  readonly seeds: number | undefined
  readonly quick: boolean
  readonly published: string | undefined
  readonly jobs: number
  readonly data: string
  readonly out: string
  readonly json: boolean
}

/** The registry of a command: its figures by their names, and how it is called. */
export type FigureCommand = {
  /** Such as `reproduce`; the page of all is named by `page`. */
  readonly command: string
  readonly page: string
  readonly title: string
  readonly figures: Readonly<Record<string, BookFigure>>
  /** How one of them is asked for, such as `--figure NAME`. */
  readonly ask: (name: string) => string
}

export const reproduceFigures: FigureCommand = {
  command: 'reproduce',
  page: 'chapter',
  title: 'Chapter 3, figure by figure',
  figures: bookFigures,
  ask: name => `--figure ${name}`,
}

export const exerciseFigures: FigureCommand = {
  command: 'exercise',
  page: 'exercises',
  title: 'Problems of chapter 3',
  figures: bookExercises,
  ask: name => name,
}

/** The data of the figures. They are evaluated on the validation set and on the test set. */
export const loadFigureData = (env: CliEnv, choice: string): TE.TaskEither<AppError, ExperimentData> =>
  pipe(
    loadExperimentData(env, choice),
    TE.flatMapEither((data): E.Either<AppError, ExperimentData> => {
      const missing = missingParts(data.dataset, ['test'])
      return missing === undefined ? E.right(data) : E.left(missing)
    }),
  )

/** What the journal of reproductions belongs to. */
export const journalSubject = ({ name, data }: ExperimentData) => ({
  experiment: 'reproduce',
  data: name,
  examples: data,
})

/** Runs the trials that the journal does not have yet. */
export const runOutstanding = (
  { jobs, out }: Pick<FigureFlags, 'jobs' | 'out'>,
  data: ExperimentData,
  trials: readonly Trial[],
  describe: (trial: Trial, result: TrialResult) => string,
  env: CliEnv,
): TE.TaskEither<AppError, TrialResults> => {
  const outstanding = (results: TrialResults): readonly Trial[] => trials.filter(({ id }) => !results.has(id))
  return runTrials(env, {
    out,
    subject: journalSubject(data),
    pool: () => localPool(env, { jobs, data: data.choice }),
    outstanding,
    workOf: trialWork,
    remaining: results => ({
      trials: outstanding(results).length,
      work: outstanding(results).reduce((sum, trial) => sum + trialWork(trial), 0),
    }),
    describe,
  })
}

const plansOf = (
  { figures }: FigureCommand,
  names: readonly string[],
  flags: FigureFlags,
  data: ExperimentData,
): readonly FigurePlan[] =>
  names.flatMap(name => {
    const figure = figures[name]
    return figure === undefined
      ? []
      : [planFigure(name, figure, flags, { ...data, trainingSize: data.dataset.training.size })]
  })

/** Trials of several figures may be the same. */
const allTrials = (plans: readonly FigurePlan[]): readonly Trial[] => [
  ...new Map(plans.flatMap(trialsOf).map(trial => [trial.id, trial])).values(),
]

/** Trials that need a set which the data lack. */
const checkParts = (
  { dataset }: ExperimentData,
  trials: readonly Trial[],
): E.Either<AppError, readonly Trial[]> => {
  const missing = missingParts(dataset, [...new Set(trials.map(({ evaluateOn }) => evaluateOn))])
  return missing === undefined ? E.right(trials) : E.left(missing)
}

/** The data of some figures, and what is planned with them. */
const loadPlans = (
  of: FigureCommand,
  names: readonly string[],
  flags: FigureFlags,
  env: CliEnv,
): TE.TaskEither<AppError, { readonly data: ExperimentData; readonly plans: readonly FigurePlan[] }> =>
  pipe(
    loadFigureData(env, flags.data),
    TE.map(data => ({ data, plans: plansOf(of, names, flags, data) })),
  )

/** The data and the plans of all figures, with the results that the journal has. */
const loadJournal = (of: FigureCommand, flags: FigureFlags, env: CliEnv) =>
  pipe(
    loadPlans(of, Object.keys(of.figures), flags, env),
    TE.bind('results', ({ data }) => readJournal(env, flags.out, journalSubject(data))),
  )

/** Prints the list, with the time of each figure on this machine. */
export const listFigures = (
  of: FigureCommand,
  flags: FigureFlags,
  env: CliEnv,
): TE.TaskEither<AppError, void> =>
  pipe(
    loadJournal(of, flags, env),
    TE.bind('speeds', ({ data, plans }) => measureSpeeds(env, data.dataset, data.choice, allTrials(plans))),
    TE.map(({ data: { dataset, name }, plans, results, speeds }) => {
      const size = (part: 'validation' | 'test'): number => dataset[part]?.size ?? 0
      const sizes = { training: dataset.training.size, validation: size('validation'), test: size('test') }
      const listed = plans.map(plan => {
        const trials = trialsOf(plan)
        const seconds = trials.reduce((sum, trial) => sum + trialSeconds(speeds, sizes, trial), 0)
        return {
          plan,
          done: trials.filter(({ id }) => results.has(id)).length,
          seconds: seconds / Math.min(flags.jobs, trials.length),
        }
      })
      if (flags.json)
        for (const { plan, done, seconds } of listed) {
          const { title, section, says, claims } = plan.figure
          const stated = claims.map(({ what, unit, book }) => ({ what, unit, book }))
          printJson(env, {
            ...{ event: of.command, name: plan.name, title, section, says, claims: stated },
            ...{ trainings: trialsOf(plan).length, done, seconds },
          })
        }
      else {
        describeList(listed).forEach(env.out)
        env.out('')
        env.out(
          `The times are estimates for ${name} on this machine, from a few measured steps and ${flags.jobs} at a time.`,
        )
      }
    }),
  )

/** The data of the figures' files, by the names of the figures. */
type Authors = ReadonlyMap<string, Figure>

/** A wrong --published is an error; without the file, the numbers of the record are compared alone. */
const loadAuthors = (
  plans: readonly FigurePlan[],
  { published }: FigureFlags,
  isRequired: boolean,
  env: CliEnv,
): TE.TaskEither<DataError, Authors> =>
  pipe(
    TE.fromTask(
      loadFigures(
        plans.flatMap(({ figure: { file } }) => file ?? []),
        { folder: published, dataFolder: defaultDataFolder(env.variables), onNotice: env.log },
      ),
    ),
    TE.flatMap(({ figures, missing }) => {
      const [first] = missing
      if (isRequired && published !== undefined && first !== undefined) return TE.left(first.error)
      for (const line of describeMissing(plans, missing)) env.log(`network2: ${line}`)
      return TE.right(
        new Map(
          plans.flatMap(({ name, figure: { file } }) => {
            const figure = file === undefined ? undefined : figures.get(file)
            return figure === undefined ? [] : [[name, figure] as const]
          }),
        ),
      )
    }),
  )

/** Runs what is missing of some figures, and prints and writes what they come to. */
export const runFigures = (
  of: FigureCommand,
  names: readonly string[],
  page: { readonly file: string; readonly title: string; readonly command: string },
  flags: FigureFlags,
  env: CliEnv,
): TE.TaskEither<AppError, void> =>
  pipe(
    loadPlans(of, names, flags, env),
    TE.bindW('trials', ({ data, plans }) => TE.fromEither(checkParts(data, allTrials(plans)))),
    // A wrong --published is reported before the work.
    TE.bindW('authors', ({ plans }) => loadAuthors(plans, flags, names.length === 1, env)),
    TE.bindW('results', ({ data, plans, trials }) =>
      runOutstanding(flags, data, trials, describeIn(plans), env),
    ),
    TE.bind('path', ({ data, plans, authors, results }) => {
      const settings =
        `${flags.quick ? ' --quick' : ''}${flags.seeds === undefined ? '' : ` --seeds ${flags.seeds}`}` +
        ` --data ${shellQuoted(data.choice)}`
      return writeChapterPage(
        env,
        {
          out: flags.out,
          command: shellCommand(of.command, `${page.command}${settings}`),
          data: data.name,
        },
        {
          file: page.file,
          title: `${page.title}, on ${data.name}`,
          lead: `The numbers of the book beside ours: the mean over the seeds ± the standard deviation. A number of the book is one run.`,
          figures: plans.map(plan => figureRecord(plan, results, authors.get(plan.name))),
        },
      )
    }),
    TE.map(({ data, plans, authors, results, path }) => {
      if (flags.json) printFigures(env, plans, results, authors, data.name)
      else {
        for (const plan of plans) {
          describeFigure(plan, results).forEach(env.out)
          for (const { arm, sentence } of replayOutcomes(plan, results, authors.get(plan.name)))
            env.out(`  The author's own run, replayed on ${data.name}, ${arm}: ${sentence}.`)
          env.out(`  ${shellCommand(of.command, of.ask(plan.name))}`)
          env.out('')
        }
        if (names.length === 1)
          for (const line of plans.flatMap(describeTraining)) env.out(`To train one alone, ${line}`)
        env.out(`Report: ${path}`)
      }
    }),
  )

/** Prints the table of the claims from the journal alone. */
export const printClaims = (
  of: FigureCommand,
  flags: FigureFlags,
  env: CliEnv,
): TE.TaskEither<AppError, void> =>
  pipe(
    loadJournal(of, flags, env),
    TE.map(({ data, plans, results }) => {
      if (flags.json) printFigures(env, plans, results, new Map(), data.name)
      else
        for (const plan of plans) {
          describeFigure(plan, results).forEach(env.out)
          env.out(`  ${shellCommand(of.command, of.ask(plan.name))}`)
          env.out('')
        }
    }),
  )

/** A trial in the progress: the figure, the arm and the seed. */
const describeIn =
  (plans: readonly FigurePlan[]) =>
  (trial: Trial, result: TrialResult): string => {
    const [place = ''] = plans.flatMap(({ name, arms }) =>
      arms
        .filter(({ trials, replay }) =>
          [...trials, ...(replay === undefined ? [] : [replay])].some(({ id }) => id === trial.id),
        )
        .map(arm => `${name}: ${arm.name}${arm.replay?.id === trial.id ? ", the author's run" : ''}`),
    )
    return `${place}, seed ${trial.seed}: ${lastAccuracy(result).toFixed(2)} %`
  }

const printFigures = (
  env: CliEnv,
  plans: readonly FigurePlan[],
  results: TrialResults,
  authors: Authors,
  data: string,
): void => {
  for (const plan of plans) {
    const { name: figure, arms } = plan
    for (const { name: arm, trials } of arms)
      for (const { id, seed } of trials) {
        const result = results.get(id)
        if (result !== undefined) printJson(env, { event: 'trial', figure, arm, seed, ...result })
      }
    for (const { arm, result, comparison } of replayOutcomes(plan, results, authors.get(figure)))
      printJson(env, { event: 'replay', figure, arm, data, accuracies: result.accuracies, ...comparison })
    for (const { claim, values, spread, verdict } of claimOutcomes(plan, results)) {
      const { what, unit, book } = claim
      printJson(env, { event: 'claim', figure, what, unit, book, values, ...spread, verdict })
    }
  }
  printJson(env, { event: 'done', data, figures: plans.map(({ name }) => name) })
}

/** A line of JSON, which has no NaN: what has no value is left out. */
export const printJson = (env: CliEnv, event: Record<string, unknown>): void =>
  env.out(JSON.stringify(event, (_key, value: unknown) => (Number.isNaN(value) ? undefined : value)))

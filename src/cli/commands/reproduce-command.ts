/**
 * `reproduce`: the book's comparison of the two costs over several seeds, and the figures of the chapter.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shellCommand } from '#scripts/package'
import { usageError, type AppError, type UsageError } from '../../errors.ts'
import { figureAliases } from '../../book/figures/index.ts'
import { armInWords, describeRows } from '../../report/text/reproduce-text.ts'
import {
  bestAccuracy,
  reproductionPresets,
  lastAccuracy,
  planReproduction,
  rowsOf,
  type Planned,
} from '../../book/reproduce.ts'
import type { TrialResult, Trial } from '../../study/trial.ts'
import type { CliEnv } from '../cli-env.ts'
import { defineCommand } from '../command.ts'
import {
  figureOptions,
  listFigures,
  loadFigureData,
  printClaims,
  printJson,
  reproduceFigures,
  runFigures,
  runOutstanding,
} from '../run-figures.ts'
import * as D from '../../options/decode.ts'
import { optional, toggle, type ValuesOf } from '../../options/option.ts'
import type { ExperimentData } from '../../study/experiment-data.ts'
import { writeTablePage } from '../../report/write-reproduce.ts'
import { counted, shellQuoted } from '../../format.ts'

const names = Object.keys(reproduceFigures.figures)

/** A figure by its name, by the name of the author's file, or by a name of an earlier version. */
const figureName: D.Decoder<string> = text => {
  const given = text.replaceAll('_', '-')
  return D.oneWordOf(names)(figureAliases[given] ?? given)
}

const { list, all, ...rest } = figureOptions

const options = {
  figure: optional(figureName, {
    help: `a figure of the chapter, or a result that it states: ${names.join(' | ')}`,
  }),
  list,
  all,
  claims: toggle({ help: 'print the numbers of the book beside ours, from the journal; nothing is trained' }),
  quick: toggle({
    help:
      `30 hidden neurons only, ${reproductionPresets.quick.epochs} epochs instead of ${reproductionPresets.full.epochs}, ` +
      '2 seeds; with --figure or --all: a tenth of the epochs, 1 seed',
  }),
  published: optional(D.anyText, {
    help: "folder with the author's data of the figures",
    byDefault: 'data/published, else fetched from his repository',
  }),
  ...rest,
}

type Flags = ValuesOf<typeof options>

export const reproduceCommand = defineCommand({
  describe:
    "Repeats the book's comparison of the two costs, and its figures, over several seeds, beside the book's numbers.",
  options,
  examples: [
    ['--quick', 'a quick look at the two costs'],
    ['--list', 'all figures'],
    ['--figure regularized', "a figure: the author's own run from his seed, and ours"],
    ['--all', 'all that is missing'],
  ],
  run: (flags, env) =>
    pipe(
      TE.fromEither(checkFlags(flags)),
      TE.flatMap((): TE.TaskEither<AppError, void> => {
        if (flags.list) return listFigures(reproduceFigures, flags, env)
        if (flags.claims) return printClaims(reproduceFigures, flags, env)
        if (flags.all)
          return runFigures(
            reproduceFigures,
            names,
            { file: reproduceFigures.page, title: reproduceFigures.title, command: '--all' },
            flags,
            env,
          )
        const { figure } = flags
        return figure === undefined
          ? pipe(
              loadFigureData(env, flags.data),
              TE.flatMap(dataset => table(flags, dataset, env)),
            )
          : runFigures(
              reproduceFigures,
              [figure],
              {
                file: figure,
                title: reproduceFigures.figures[figure]?.title ?? figure,
                command: reproduceFigures.ask(figure),
              },
              flags,
              env,
            )
      }),
    ),
})

/** Refuses flags that exclude each other, and those that would have no effect. */
const checkFlags = ({ figure, list, all, claims, published }: Flags): E.Either<UsageError, void> => {
  const actions = [
    ...(figure === undefined ? [] : [`--figure ${figure}`]),
    ...(list ? ['--list'] : []),
    ...(all ? ['--all'] : []),
    ...(claims ? ['--claims'] : []),
  ]
  if (actions.length > 1)
    return E.left(
      usageError(`${actions.join(' ')}: only one of them can be done at a time`, `give ${actions[0]!} alone`),
    )
  return figure === undefined && !all && published !== undefined
    ? E.left(
        usageError(
          `--published ${published}: only --figure and --all compare with it`,
          'give --figure or --all too',
        ),
      )
    : E.right(undefined)
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
    runOutstanding(
      flags,
      dataset,
      plan.flatMap(({ trials }) => trials),
      describe,
      env,
    ),
    TE.map(results => ({ results, rows: rowsOf(plan, results) })),
    TE.bind('path', ({ results, rows }) => {
      const command = shellCommand(
        'reproduce',
        `${flags.quick ? '--quick ' : ''}--seeds ${flags.seeds ?? preset.seeds} --data ${shellQuoted(dataset.choice)}`,
      )
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

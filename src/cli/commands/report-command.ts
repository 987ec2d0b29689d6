/**
 * `npm run report`: the report of a run or an experiment, made anew, or one page about several runs.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dirname } from 'node:path'
import type { Options } from 'yargs'
import { usageError, type AppError } from '../../errors.ts'
import { accuracyCurve, comparisonLines, costCurve } from '../../report/text/run-text.ts'
import { unwritable } from '../../io/failure.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { readRun, writeRunReport, type WrittenReport } from '../../report/read-run.ts'
import { commonOptions } from '../../options/train-options.ts'

export const reportOptions = {
  out: {
    describe: 'the FILE.html of a page about several runs',
    defaultDescription: 'runs/comparison.html',
  },
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type ReportFlags = { readonly folders: readonly string[]; readonly out: string }

const reportFlags = (argv: F.Argv): E.Either<AppError, ReportFlags> =>
  pipe(
    F.decodeAll({
      folders: F.positionals('DIR', 'the folder of a run, such as runs/latest')(argv),
      out: F.withDefault('out', F.text, 'runs/comparison.html')(argv),
    }),
    E.mapLeft(F.oneError),
  )

export const reportCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(RTE.fromEither<AppError, ReportFlags, CliEnv>(reportFlags(argv)), RTE.flatMap(write))

const write =
  ({ folders, out }: ReportFlags): CommandEffect<void> =>
  env => {
    const [first, ...more] = folders
    return pipe(
      more.length === 0 && first !== undefined ? writeRunReport(env, first) : compare(env, folders, out),
      TE.map(({ path, runs }) => {
        const [run] = runs
        const width = Math.min(100, env.columns ?? 80)
        const lines =
          runs.length > 1 || run === undefined
            ? comparisonLines(runs)
            : [...accuracyCurve(run.history, width), ...costCurve(run.history, width)]
        for (const line of lines) env.out(line)
        env.out(`Written: ${path}`)
      }),
    )
  }

/** A page about several runs. */
const compare = (
  env: CliEnv,
  folders: readonly string[],
  out: string,
): TE.TaskEither<AppError, WrittenReport> =>
  out.endsWith('.html')
    ? pipe(
        folders,
        TE.traverseArray(folder => readRun(env, folder)),
        TE.flatMap(runs =>
          TE.tryCatch(async () => {
            const { comparisonReport } = await import('../../report/pages/comparison-page.ts')
            await env.files.makeFolder(dirname(out))
            await env.files.save(out, comparisonReport(runs))
            return { path: out, runs }
          }, unwritable(out)),
        ),
      )
    : TE.left(usageError(`--out ${out}: not a name that ends in .html`, 'give --out FILE.html'))

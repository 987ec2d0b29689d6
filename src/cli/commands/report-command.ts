/**
 * `report`: writes the report of a run again, or one page that compares several runs.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dirname } from 'node:path'
import { usageError, type AppError } from '../../errors.ts'
import { unwritable } from '../../io/failure.ts'
import { anyText } from '../../options/decode.ts'
import { withDefault } from '../../options/option.ts'
import { outputOptions } from '../../options/train-options.ts'
import { readRun, writeRunReport, type WrittenReport } from '../../report/read-run.ts'
import { accuracyCurve, comparisonLines, costCurve } from '../../report/text/run-text.ts'
import type { CliEnv } from '../cli-env.ts'
import { defineCommand } from '../command.ts'

export const reportCommand = defineCommand({
  describe: 'Rebuilds the report of a run, or compares several runs on one page.',
  positionals: { usage: 'DIR…', example: 'the folder of a run, such as runs/latest' },
  options: {
    out: withDefault(anyText, 'runs/comparison.html', { help: 'FILE.html of the page about several runs' }),
    debug: outputOptions.debug,
  },
  examples: [
    ['runs/latest', 'its report.html'],
    ['runs/a runs/b --out both.html', 'their curves on one page'],
  ],
  run: ({ out }, env, folders) => {
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
        env.out(`Report: ${path}`)
      }),
    )
  },
})

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

/**
 * The pages of `npm run reproduce`.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import type { AppError } from '../errors.ts'
import { costs } from '../core/costs/index.ts'
import { aboutTheBook, isAsLongAsTheBook, type Planned, type Row } from '../book/reproduce.ts'
import { isStuck, type TrialResults } from '../study/trial.ts'
import type { FigureRecord } from './figure-record.ts'
import { unwritable } from '../io/failure.ts'
import type { Env } from '../io/env.ts'

/** How the results of a page were made. */
export type ReproducedWith = {
  /** The folder that the page is written into. */
  readonly out: string
  readonly command: string
  readonly data: string
}

const provenanceOf = ({ command, data }: ReproducedWith) => ({
  command,
  config: { data, miniBatchSize: 10 },
  env: { node: process.version, platform: `${process.platform} ${process.arch}` },
})

const write = (env: Env, path: string, make: () => Promise<string>): TE.TaskEither<AppError, string> =>
  TE.tryCatch(async () => {
    await env.files.save(path, await make())
    return path
  }, unwritable(path))

/** Writes the page of the table, and returns its path. */
export const writeTablePage = (
  env: Env,
  { epochs, ...made }: ReproducedWith & { readonly epochs: number },
  plan: readonly Planned[],
  rows: readonly Row[],
  results: TrialResults,
): TE.TaskEither<AppError, string> =>
  write(env, join(made.out, 'report.html'), async () => {
    const { reproduceReport } = await import('./pages/reproduce-page.ts')
    const stuck = rows.reduce((sum, row) => sum + row.stuck.length, 0)
    const { config, ...provenance } = provenanceOf(made)
    return reproduceReport({
      ...provenance,
      config: { ...config, epochs },
      title: `The costs of chapter 3, side by side, on ${made.data}`,
      state: 'finished',
      sentence: 'All trials are done.',
      verdict: `${aboutTheBook(epochs).join(' ')} Runs that are stuck: ${stuck}.`,
      cells: plan.map(({ arm, trials }) => ({
        cost: costs[arm.cost].label,
        hidden: arm.hidden,
        book: isAsLongAsTheBook(epochs) ? arm.book / 100 : undefined,
        runs: trials.flatMap(({ id, seed }) => {
          const result = results.get(id)
          return result === undefined
            ? []
            : [{ seed, accuracies: result.accuracies.map(count => count / result.n) }]
        }),
      })),
      stuck: plan.flatMap(({ arm, trials }) =>
        trials.flatMap(({ id, seed }) => {
          const result = results.get(id)
          if (result === undefined || !isStuck(result)) return []
          const { rightPerClass = [], perClass = [] } = result
          const digits = rightPerClass.map((right, digit) => right / perClass[digit]!)
          return [{ cost: costs[arm.cost].label, hidden: arm.hidden, seed, digits }]
        }),
      ),
    })
  })

/** The figures of a page, as they are named in the file of the page and in its title. */
export type FiguresOnPage = {
  /** The name of the file, without its ending. */
  readonly file: string
  readonly title: string
  readonly lead: string
  readonly figures: readonly FigureRecord[]
}

/** Writes the page of one or several figures, and returns its path. */
export const writeChapterPage = (
  env: Env,
  made: ReproducedWith,
  { file, ...content }: FiguresOnPage,
): TE.TaskEither<AppError, string> =>
  write(env, join(made.out, `${file}.html`), async () => {
    const { chapterReport } = await import('./pages/chapter-page.ts')
    return chapterReport({
      ...provenanceOf(made),
      state: 'finished',
      sentence: 'All trainings are done.',
      ...content,
    })
  })

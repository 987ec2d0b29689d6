/**
 * `npm run runs`: the runs that there are, and how to go on with each.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { basename } from 'node:path'
import type { Options } from 'yargs'
import type { AppError } from '../../errors.ts'
import { toJson } from '../../io/json.ts'
import { listRuns, type ListedRun } from '../../runs/list-runs.ts'
import { unreadable } from '../../io/failure.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { commonOptions, trainOptions } from '../../options/train-options.ts'
import { aligned, percentOf, shellQuoted } from '../../format.ts'

export const runsOptions = {
  runs: trainOptions.runs,
  json: commonOptions.json,
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type RunsFlags = { readonly runs: string; readonly json: boolean }

const runsFlags = (argv: F.Argv): E.Either<AppError, RunsFlags> =>
  pipe(
    F.decodeAll({ runs: F.withDefault('runs', F.text, 'runs')(argv), json: F.toggle('json')(argv) }),
    E.mapLeft(F.oneError),
  )

export const runsCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(RTE.fromEither<AppError, RunsFlags, CliEnv>(runsFlags(argv)), RTE.flatMap(list))

const list =
  ({ runs, json }: RunsFlags): CommandEffect<void> =>
  ({ files, processes, out }) =>
    pipe(
      TE.tryCatch(
        () => listRuns(files, processes, runs),
        unreadable(runs, 'give the folder of runs with --runs'),
      ),
      TE.map(all => {
        if (json) for (const run of all) out(toJson({ event: 'run', ...run, resume: resumeOf(run) }))
        else if (all.length === 0) out(`There are no runs in ${runs} yet: npm run train makes one.`)
        else for (const line of table(all)) out(line)
      }),
    )

/** The command that goes on with a run, where there is something to go on with. */
const resumeOf = ({ path, state, config, epochs }: ListedRun): string | undefined => {
  if (state === 'running') return undefined
  const more = state === 'finished' ? ` --epochs ${Math.max(Number(config.epochs), epochs) * 2}` : ''
  return `npm run train -- --resume ${shellQuoted(path)}${more}`
}

const word = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value))

const table = (runs: readonly ListedRun[]): readonly string[] =>
  aligned(
    ['run', 'state', 'cost', 'sizes', 'epochs', 'last', 'best', 'go on with'],
    runs.map(run => {
      const { path, state, config, epochs, accuracies } = run
      const shown = (one: ListedRun['accuracies'][number] | undefined): string =>
        one === undefined ? '' : percentOf(one.correct, one.n)
      const best = accuracies.reduce<ListedRun['accuracies'][number] | undefined>(
        (most, one) => (one.correct > (most?.correct ?? -1) ? one : most),
        undefined,
      )
      return [
        basename(path),
        state,
        word(config.cost),
        Array.isArray(config.sizes) ? config.sizes.join() : word(config.sizes),
        `${epochs}/${word(config.epochs)}`,
        shown(accuracies.at(-1)),
        shown(best),
        resumeOf(run) ?? '',
      ]
    }),
  )

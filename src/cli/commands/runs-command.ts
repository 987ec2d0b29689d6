/**
 * `runs`: lists the runs in a folder, and how to continue each.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { basename } from 'node:path'
import { shellCommand } from '#scripts/package'
import { aligned, percentOf, shellQuoted } from '../../format.ts'
import { unreadable } from '../../io/failure.ts'
import { shortValue, toJson } from '../../io/json.ts'
import { outputOptions, sessionOptions } from '../../options/train-options.ts'
import { listRuns, withSmallerEta, type ListedRun } from '../../runs/list-runs.ts'
import { defineCommand } from '../command.ts'

export const runsCommand = defineCommand({
  describe: 'Lists your runs, and how to continue each.',
  options: { runs: sessionOptions.runs, ...outputOptions },
  examples: [['', 'the runs in the folder runs']],
  run: ({ runs, json }, { files, processes, out, log }) =>
    pipe(
      TE.tryCatch(
        () => listRuns(files, processes, runs, line => log(`network2: ${line}`)),
        unreadable(runs, 'give the folder of runs with --runs'),
      ),
      TE.map(all => {
        if (json) for (const run of all) out(toJson({ event: 'run', ...run, resume: resumeOf(run) }))
        else if (all.length === 0) out(`${runs} contains no runs yet: ${shellCommand('train')} creates one.`)
        else for (const line of table(all)) out(line)
      }),
    ),
})

/** The command that continues a run, if it can be continued. */
const resumeOf = ({ path, state, config, epochs }: ListedRun): string | undefined => {
  if (state === 'running') return undefined
  // resumed, it would diverge again
  if (state === 'diverged' && typeof config.eta === 'number') return withSmallerEta(path, config.eta)
  const more = state === 'finished' ? ` --epochs ${Math.max(Number(config.epochs), epochs) * 2}` : ''
  return shellCommand('train', `--resume ${shellQuoted(path)}${more}`)
}

const word = (value: unknown): string => (typeof value === 'string' ? value : shortValue(value))

/** The parts that network2.py does not have, as their flags name them. */
const partsOf = ({ activation, regularizer, momentum, dropout, expand }: ListedRun['config']): string =>
  [
    activation,
    regularizer,
    momentum === undefined ? undefined : `momentum ${word(momentum)}`,
    dropout === undefined ? undefined : `dropout ${word(dropout)}`,
    expand,
  ]
    .filter(part => part !== undefined)
    .map(word)
    .join(', ')

const table = (runs: readonly ListedRun[]): readonly string[] => {
  const haveParts = runs.some(({ config }) => partsOf(config) !== '')
  const ifParts = (cell: string): readonly string[] => (haveParts ? [cell] : [])
  return aligned([
    ['run', 'state', 'data', 'cost', 'sizes', ...ifParts('parts'), 'epochs', 'last', 'best', 'resume with'],
    ...runs.map(run => {
      const { path, state, config, data, epochs, accuracies } = run
      const shown = (one: ListedRun['accuracies'][number] | undefined): string =>
        one === undefined ? '' : percentOf(one.correct, one.n)
      const best = accuracies.reduce<ListedRun['accuracies'][number] | undefined>(
        (most, one) => (one.correct > (most?.correct ?? -1) ? one : most),
        undefined,
      )
      return [
        basename(path),
        state,
        data ?? word(config.data ?? ''),
        word(config.cost),
        word(config.sizes).replace(/^\[(.*)\]$/, '$1'),
        ...ifParts(partsOf(config)),
        `${epochs}/${word(config.epochs)}`,
        shown(accuracies.at(-1)),
        shown(best),
        resumeOf(run) ?? '',
      ]
    }),
  ])
}

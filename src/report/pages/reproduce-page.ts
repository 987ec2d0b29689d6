/**
 * The page of the book's experiment: both costs with several sizes of the hidden layer, over several seeds.
 */
import { html, type Html } from '../html.ts'
import { percent } from '../numbers.ts'
import { page, section, paragraph } from '../page.ts'
import type { RunState } from '../run-record.ts'
import { provenance, type Provenance } from '../sections/provenance.ts'
import { curveChart } from '../sections/curves.ts'
import { overSeeds } from '../sections/seeds.ts'
import { curveSpread } from '../summary.ts'
import { table } from '../table.ts'
import { extent } from '../../extent.ts'

/** The runs of one cost with one size of the hidden layer. Accuracies are fractions, 0 to 1, on the evaluated set. */
export type Cell = {
  readonly cost: string
  readonly hidden: number
  /** The accuracies of each run, one per epoch, from epoch 1. */
  readonly runs: readonly { readonly seed: number; readonly accuracies: readonly number[] }[]
  /** The accuracy in the book. */
  readonly book: number | undefined
}

/** A run that never learnt to predict some of the digits. */
export type StuckRecord = {
  readonly cost: string
  readonly hidden: number
  readonly seed: number
  /** The fraction of each digit's examples that it classifies correctly, from 0 to 9. */
  readonly digits: readonly number[]
}

export type Reproduction = Provenance & {
  readonly title: string
  readonly state: RunState
  readonly sentence: string
  /** The result, in one sentence. */
  readonly verdict: string
  readonly cells: readonly Cell[]
  readonly stuck: readonly StuckRecord[]
}

export const reproduceReport = (of: Reproduction): string =>
  page({
    title: of.title,
    state: of,
    lead: paragraph(of.verdict),
    sections: [
      section(
        of.cells.some(({ book }) => book !== undefined) ? 'Comparison with the book' : 'Accuracies',
        accuracies(of.cells),
      ),
      section(
        'Learning curves',
        paragraph('Each line is the mean over the seeds; the band is from the minimum to the maximum.'),
        html`<div class="charts">
          ${[...new Set(of.cells.map(({ hidden }) => hidden))].map(hidden =>
            curves(
              hidden,
              of.cells.filter(cell => cell.hidden === hidden),
            ),
          )}
        </div>`,
      ),
      section('Runs that are stuck', stuckRuns(of.stuck)),
      provenance(of),
    ],
  })

const accuracies = (cells: readonly Cell[]): Html => {
  const hasBook = cells.some(({ book }) => book !== undefined)
  return table({
    caption:
      'Accuracy at the last epoch and at the best one: mean over the seeds ± standard deviation, minimum and maximum',
    columns: [
      'cost',
      'hidden',
      'runs',
      ...(hasBook ? ['book'] : []),
      'last',
      'lowest',
      'highest',
      'best',
      'lowest',
      'highest',
    ],
    rows: cells.map(({ cost, hidden, runs, book }) => {
      const all = runs.map(run => run.accuracies).filter(({ length }) => length > 0)
      return [
        cost,
        hidden,
        runs.length,
        ...(hasBook ? [book === undefined ? '' : percent(book)] : []),
        ...overSeeds(all.map(run => run.at(-1)!)),
        ...overSeeds(all.map(run => extent(run)[1])),
      ]
    }),
  })
}

const curves = (hidden: number, cells: readonly Cell[]): Html =>
  curveChart({
    what: `Accuracy with ${hidden} hidden neurons`,
    x: 'epoch',
    y: 'accuracy (%)',
    curves: cells.map(({ cost, runs }) => ({
      name: cost,
      points: curveSpread(runs.map(run => run.accuracies.map((share, i) => ({ x: i + 1, y: 100 * share })))),
    })),
    write: y => percent(y / 100),
  })

const stuckRuns = (stuck: readonly StuckRecord[]): Html =>
  stuck.length === 0
    ? paragraph('None: every run learnt to predict every digit.')
    : html`${paragraph(
        'With some initial weights an output neuron stays saturated, because the gradient of the quadratic cost is almost zero there: the run never or almost never predicts that digit.',
      )}${table({
        caption: 'The fraction of each digit that a stuck run classifies correctly',
        columns: ['cost', 'hidden', 'seed', ...(stuck[0]?.digits ?? []).map((_, digit) => String(digit))],
        rows: stuck.map(({ cost, hidden, seed, digits }) => [
          cost,
          hidden,
          seed,
          ...digits.map(share => percent(share)),
        ]),
      })}`

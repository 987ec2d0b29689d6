/**
 * The table of chapter 3's first section as text.
 */
import { costs } from '../../core/costs/index.ts'
import { aligned, counted, listed } from '../../format.ts'
import {
  aboutTheBook,
  isAsLongAsTheBook,
  type BookArm,
  type Row,
  type AccuracySpread,
  type StuckRun,
  type RunsSummary,
} from '../../book/reproduce.ts'

/** Such as `cross-entropy, 30 hidden`. */
export const armInWords = ({ cost, hidden }: BookArm): string => `${costs[cost].label}, ${hidden} hidden`

/** The table, what the book's figures mean, and the stuck and diverged runs; one line each. */
export const describeRows = (rows: readonly Row[], epochs: number): readonly string[] => [
  ...aligned(
    withoutBook(epochs, [
      ['', '', '', '', 'last epoch', '', '', 'best epoch', '', '', ''],
      ['hidden', 'cost', 'eta', 'runs', 'mean ± s.d.', 'min', 'max', 'mean ± s.d.', 'min', 'max', 'book'],
      ...rows.flatMap(({ arm, all, free, stuck }) => [
        [String(arm.hidden), costs[arm.cost].label, arm.eta.toFixed(1), ...cells(all), points(arm.book)],
        ...(stuck.length > 0 && free.runs > 0 ? [['', 'not stuck', '', ...cells(free), '']] : []),
      ]),
    ]),
    // the cost is text, the other columns are numbers
    column => column !== 1,
  ),
  '',
  ...aboutTheBook(epochs),
  ...rows.flatMap(({ arm, stuck, diverged }) => [
    ...stuck.map(run => describeStuck(arm, run)),
    ...diverged.map(seed => `${armInWords(arm)}: seed ${seed} diverged; it is not in the means.`),
  ]),
]

/** The book's figures are in the last column. */
const withoutBook = (epochs: number, rows: readonly (readonly string[])[]): readonly (readonly string[])[] =>
  isAsLongAsTheBook(epochs) ? rows : rows.map(row => row.slice(0, -1))

const describeStuck = (arm: BookArm, { seed, accuracy, unanswered, others }: StuckRun): string =>
  `${armInWords(arm)}: seed ${seed} is stuck at ${points(accuracy)} %: ${listed(unanswered.map(rarely))}; ` +
  `${points(others)} % of the other digits' images are classified correctly.`

/** Such as `6 is predicted once (958 images)`. */
const rarely = ({ label, answered, n }: StuckRun['unanswered'][number]): string => {
  const how =
    answered === 0 ? 'never predicted' : `predicted ${answered === 1 ? 'once' : counted(answered, 'time')}`
  return `${label} is ${how} (${counted(n, 'image')})`
}

const cells = ({ runs, last, best }: RunsSummary): readonly string[] => [
  String(runs),
  ...spreadCells(last),
  ...spreadCells(best),
]

/** One run has no standard deviation; without runs there is no mean either. */
const spreadCells = ({ mean, standardDeviation, min, max }: AccuracySpread): readonly string[] => [
  Number.isNaN(standardDeviation) ? points(mean) : `${points(mean)} ± ${points(standardDeviation)}`,
  points(min),
  points(max),
]

const points = (value: number): string => (Number.isNaN(value) ? '-' : value.toFixed(2))

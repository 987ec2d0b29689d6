/**
 * A report in the terminal: a curve of letters, and a table in lines.
 */
import { plot } from 'asciichart'
import { percent, significant, settingText } from '../numbers.ts'
import { grouping } from '../groups.ts'
import {
  accuracy,
  runStateLabels,
  type EpochRecord,
  type MetricsRecord,
  type RunRecord,
} from '../run-record.ts'
import { extent } from '../../study/statistics.ts'

/** The rows of a curve, without its heading and its axis. */
const HEIGHT = 10

/** As much room as one epoch takes at most. */
const STRETCH = 6

/**
 * The accuracy on the evaluation set (or the training set, where no other was observed) after each epoch.
 *
 * @param width the columns of the terminal
 * @returns no line, when there are not two epochs to draw a line between
 */
export const accuracyCurve = (history: readonly EpochRecord[], width: number): readonly string[] =>
  curve('accuracy', history, accuracy, percent, width)

/** The cost likewise. */
export const costCurve = (history: readonly EpochRecord[], width: number): readonly string[] =>
  curve('cost', history, ({ cost }) => cost, significant, width)

const curve = (
  what: string,
  history: readonly EpochRecord[],
  of: (observed: MetricsRecord) => number,
  write: (value: number) => string,
  width: number,
): readonly string[] => {
  const set = history.some(({ report }) => report.evaluation !== undefined) ? 'evaluation' : 'training'
  const seen = history.flatMap(({ report }) => {
    const observed = report[set]
    const value = observed === undefined ? NaN : of(observed)
    return Number.isFinite(value) ? [{ epoch: report.epoch, value }] : []
  })
  const [first, last] = [seen[0], seen.at(-1)]
  if (first === undefined || last === undefined || seen.length < 2) return []
  const margin = extent(seen.map(({ value }) => write(value).length))[1] + 1
  const columns = Math.max(2, Math.min(width - margin - 2, (seen.length - 1) * STRETCH + 1))
  const values = stretched(
    seen.map(({ value }) => value),
    columns,
  )
  const drawn = plot(values, { height: HEIGHT, format: value => write(value).padStart(margin) })
  const ends = `epoch ${first.epoch}${String(last.epoch).padStart(Math.max(2, columns - `epoch ${first.epoch}`.length))}`
  return [
    `${what} on the ${set} set`,
    ...drawn.split('\n').map(line => line.trimEnd()),
    ' '.repeat(margin + 1) + ends,
  ]
}

/** So many values, evenly along straight lines between those that are given. */
const stretched = (values: readonly number[], count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => {
    const at = (i * (values.length - 1)) / (count - 1)
    const before = values[Math.floor(at)]!
    const after = values[Math.ceil(at)]!
    return before + (after - before) * (at - Math.floor(at))
  })

/** Runs side by side, a line each below the heading, the columns aligned. */
export const comparisonLines = (runs: readonly RunRecord[]): readonly string[] => {
  const { varied } = grouping(runs)
  const rows = runs.map(({ name, state, config, history, best }) => {
    const last = history.at(-1)?.report.evaluation
    const highest = history.find(({ report }) => report.epoch === best)?.report.evaluation
    return [
      name,
      runStateLabels[state].toLowerCase(),
      ...varied.map(setting => settingText(config[setting])),
      settingText(config.seed),
      String(history.length),
      highest === undefined ? '' : percent(accuracy(highest)),
      last === undefined ? '' : percent(accuracy(last)),
      last === undefined ? '' : significant(last.cost),
    ].map(printable)
  })
  const heading = ['run', 'state', ...varied, 'seed', 'epochs', 'best', 'last', 'cost'].map(printable)
  const widths = heading.map((head, i) => Math.max(head.length, ...rows.map(row => row[i]!.length)))
  return [heading, ...rows].map(row =>
    row
      .map((cell, i) => (i < 2 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!)))
      .join('  ')
      .trimEnd(),
  )
}

/** A terminal obeys some characters: from a name, none of them comes through. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')

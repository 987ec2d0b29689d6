/**
 * Runs in the terminal: a curve as text, and a table of runs.
 */
import { plot } from 'asciichart'
import { percent, significant, settingText } from '../numbers.ts'
import { grouping } from '../groups.ts'
import {
  accuracy,
  dataOf,
  runStateLabels,
  type EpochRecord,
  type MetricsRecord,
  type RunRecord,
} from '../run-record.ts'
import { extent } from '../../extent.ts'
import { aligned } from '../../format.ts'

/** The number of rows of a curve, without its heading and its axis. */
const HEIGHT = 10

/** The maximum number of columns for one epoch. */
const STRETCH = 6

/**
 * The accuracy on the evaluation set (on the training set, if only that was monitored) after each epoch.
 *
 * @param width the number of columns of the terminal
 * @returns an empty list if there are fewer than two epochs
 */
export const accuracyCurve = (history: readonly EpochRecord[], width: number): readonly string[] =>
  curve('accuracy', history, accuracy, percent, width)

/** The cost, in the same way as `accuracyCurve`. */
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
  const values = seen.map(({ value }) => value)
  const draw = (columns: number): readonly string[] => {
    const points = stretched(values, columns)
    const labels: string[] = []
    const format = (value: number): string => {
      labels.push(write(value))
      return ''
    }
    plot(points, { height: HEIGHT, format })
    const margin = extent(labels.map(({ length }) => length))[1] + 1
    const drawn = plot(points, { height: HEIGHT, format: value => write(value).padStart(margin) })
    const start = `epoch ${first.epoch}`
    return [
      `${what} on the ${set} set`,
      ...drawn.split('\n').map(line => line.trimEnd()),
      ' '.repeat(margin + 1) + start + String(last.epoch).padStart(Math.max(2, columns - start.length)),
    ]
  }
  // a label between two values may be longer than both, and is another one with fewer columns
  const fitting = (columns: number): readonly string[] => {
    const lines = draw(columns)
    return columns <= 2 || lines.every(line => line.length <= width) ? lines : fitting(columns - 1)
  }
  return fitting(Math.max(2, Math.min(width, (seen.length - 1) * STRETCH + 1)))
}

/** `count` values, spaced evenly, by linear interpolation. */
const stretched = (values: readonly number[], count: number): readonly number[] =>
  Array.from({ length: count }, (_, i) => {
    const at = (i * (values.length - 1)) / (count - 1)
    const before = values[Math.floor(at)]!
    const after = values[Math.ceil(at)]!
    return before + (after - before) * (at - Math.floor(at))
  })

/** A table of runs: a heading and a line for each run. */
export const comparisonLines = (runs: readonly RunRecord[]): readonly string[] => {
  const { varied } = grouping(runs)
  const rows = runs.map(run => {
    const { name, state, config, history, best } = run
    const last = history.at(-1)?.report.evaluation
    const highest = history.find(({ report }) => report.epoch === best)?.report.evaluation
    return [
      name,
      dataOf(run),
      runStateLabels[state].toLowerCase(),
      ...varied.map(setting => settingText(config[setting])),
      settingText(config.seed),
      String(history.length),
      highest === undefined ? '' : percent(accuracy(highest)),
      last === undefined ? '' : percent(accuracy(last)),
      last === undefined ? '' : significant(last.cost),
    ].map(printable)
  })
  const heading = ['run', 'data', 'state', ...varied, 'seed', 'epochs', 'best', 'last', 'cost'].map(printable)
  return aligned([heading, ...rows], column => column >= 3)
}

/** Replaces control characters, which a terminal would obey. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '�')

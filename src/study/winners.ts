/**
 * Where in the space the winners of repeated searches lie. Winners at an end of a range say that the range may be too
 * narrow.
 */
import type { Dimension } from '../options/option.ts'
import { quantile } from './statistics.ts'
import type { FlagTexts, Space } from './space.ts'

/** The winners' values of one flag: of a range its quantiles, of a list how often each was chosen. */
export type WinnerValues = {
  readonly flag: string
  readonly chosen:
    | {
        readonly kind: 'range'
        /** The smallest, median and largest value that is not 0; NaN if all are. */
        readonly low: number
        readonly median: number
        readonly high: number
        /** How many winners have 0, and lie in the lowest and the highest tenth of the range (of its logarithm). */
        readonly zero: number
        readonly lowest: number
        readonly highest: number
      }
    | { readonly kind: 'list'; readonly counts: Readonly<Record<string, number>> }
}

/** The share of a range, at either end, in which a winner counts as being at its edge. */
const EDGE = 0.1

/** @param winners the configuration that each search chose, for one arm */
export const winnerValues = (space: Space, winners: readonly FlagTexts[]): readonly WinnerValues[] =>
  Object.entries(space).map(([flag, dimension]) => ({
    flag,
    chosen: spreadOf(
      dimension,
      winners.map(winner => winner[flag]!),
    ),
  }))

const spreadOf = (dimension: Dimension, texts: readonly string[]): WinnerValues['chosen'] => {
  if (!('from' in dimension))
    return {
      kind: 'list',
      counts: Object.fromEntries(
        dimension.map(value => [String(value), texts.filter(text => text === String(value)).length]),
      ),
    }
  const values = texts.map(Number)
  const positive = values.filter(value => value > 0)
  const { from, to } = dimension
  const position = (value: number): number => Math.log(value / from) / Math.log(to / from)
  return {
    kind: 'range',
    low: quantile(positive, 0),
    median: quantile(positive, 0.5),
    high: quantile(positive, 1),
    zero: values.length - positive.length,
    lowest: positive.filter(value => position(value) < EDGE).length,
    highest: positive.filter(value => position(value) > 1 - EDGE).length,
  }
}

/**
 * Several runs of one configuration as one curve and as a few numbers.
 */
import { groupBy } from 'fp-ts/lib/NonEmptyArray.js'
import { extent } from '../study/statistics.ts'

/** A point of a curve; `low` and `high` span the runs that it stands for. */
export type Point = {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
}

export type SeriesSummary = {
  readonly n: number
  readonly mean: number
  /** The standard deviation of the sample, with n - 1; of a single value there is none. */
  readonly deviation: number | undefined
  readonly min: number
  readonly max: number
}

/** @returns not a number throughout, when there are no values */
export const summarize = (values: readonly number[]): SeriesSummary => {
  const n = values.length
  const [min, max] = extent(values)
  const mean = values.reduce((sum, x) => sum + x, 0) / n
  const squares = values.reduce((sum, x) => sum + (x - mean) ** 2, 0)
  return {
    n,
    mean,
    deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : undefined,
    min: n > 0 ? min : NaN,
    max: n > 0 ? max : NaN,
  }
}

/** The mean of several curves at each x, and how far they spread; at an x that some lack, the others count. */
export const curveSpread = (curves: readonly (readonly Point[])[]): readonly Point[] => {
  const at = groupBy(({ x }: Point) => String(x))(curves.flat())
  return Object.values(at)
    .map(points => {
      const { mean, min, max } = summarize(points.map(({ y }) => y))
      return { x: points[0].x, y: mean, low: min, high: max }
    })
    .toSorted((a, b) => a.x - b.x)
}

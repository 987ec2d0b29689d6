/**
 * Several runs of one configuration, summarized as one curve and as a few numbers.
 */
import { groupBy } from 'fp-ts/lib/NonEmptyArray.js'
import { extent } from '../extent.ts'
import { mean, standardDeviation } from '../study/moments.ts'

/** A point of a curve; `low` and `high` are the minimum and the maximum over the runs. */
export type Point = {
  readonly x: number
  readonly y: number
  readonly low?: number
  readonly high?: number
}

export type SeriesSummary = {
  readonly n: number
  readonly mean: number
  /** The sample standard deviation (n - 1); undefined for a single value. */
  readonly deviation: number | undefined
  readonly min: number
  readonly max: number
}

/** @returns NaN in all fields if there are no values */
export const summarize = (values: readonly number[]): SeriesSummary => {
  const n = values.length
  const [min, max] = extent(values)
  return {
    n,
    mean: mean(values),
    deviation: n > 1 ? standardDeviation(values) : undefined,
    min: n > 0 ? min : NaN,
    max: n > 0 ? max : NaN,
  }
}

/** The mean, minimum and maximum of several curves at each x; curves without a point there are left out. */
export const curveSpread = (curves: readonly (readonly Point[])[]): readonly Point[] => {
  const at = groupBy(({ x }: Point) => String(x))(curves.flat())
  return Object.values(at)
    .map(points => {
      const { mean, min, max } = summarize(points.map(({ y }) => y))
      return { x: points[0].x, y: mean, low: min, high: max }
    })
    .toSorted((a, b) => a.x - b.x)
}

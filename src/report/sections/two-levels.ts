/**
 * The difference of two arms over both levels: for each search a row with a dot for each seed and the mean of the search, and
 * below them the mean over the searches with its interval.
 */
import { dot, rectX, ruleX, ruleY } from '@observablehq/plot'
import { html, type Html } from '../html.ts'
import { points } from '../numbers.ts'
import { svg } from '../svg.ts'
import { counted } from '../../format.ts'
import { mean as meanOf } from '../../study/moments.ts'

export type TwoLevels = {
  /** The subtraction, such as "xent minus quadratic". */
  readonly name: string
  /** The differences of the seeds of each search, in points. */
  readonly searches: readonly (readonly number[])[]
  /** The mean over the searches, and the interval of the last look, in points. */
  readonly mean: number
  readonly low: number
  readonly high: number
  /** Differences up to this many points do not matter. */
  readonly delta: number
}

export const twoLevels = ({ name, searches, mean, low, high, delta }: TwoLevels): Html => {
  const all = 'all'
  const rows = searches.map((_, r) => String(r + 1))
  const dots = searches.flatMap((seeds, r) => seeds.map(x => ({ x, y: rows[r]! })))
  const means = searches.map((seeds, r) => ({ x: meanOf(seeds), y: rows[r]! }))
  const inPoints = (x: number): string => points(x / 100)
  const words = `${name}: mean ${inPoints(mean)} points, interval ${inPoints(low)} to ${inPoints(high)}, over ${counted(searches.length, 'search', 'searches')}`
  return html`<figure>
    ${svg(
      {
        width: 640,
        height: 90 + 14 * rows.length,
        marginLeft: 60,
        marginRight: 14,
        marginTop: 10,
        marginBottom: 40,
        insetLeft: 8,
        insetRight: 8,
        x: { label: 'difference (percentage points)', grid: true, ticks: 8 },
        y: { type: 'point', domain: [...rows, all], padding: 0.5, label: 'search', tickSize: 0 },
        marks: [
          rectX([delta], { x1: -delta, x2: delta, fill: 'var(--s3)', fillOpacity: 0.15 }),
          ruleX([0], { stroke: 'currentColor', strokeDasharray: '3 3' }),
          dot(dots, { x: 'x', y: 'y', fill: 'var(--s1)', fillOpacity: 0.35, r: 2.5 }),
          dot(means, { x: 'x', y: 'y', fill: 'var(--s1)', symbol: 'square', r: 4.5 }),
          ruleY([all], { y: () => all, x1: low, x2: high, stroke: 'var(--s2)', strokeWidth: 2.5 }),
          dot([mean], { x: mean, y: () => all, fill: 'var(--s2)', symbol: 'diamond', r: 6 }),
        ],
      },
      `The difference of each search and over all. ${words}.`,
    )}
    <figcaption>
      ${words}. Small dots are seeds, squares the means of searches, the diamond the mean over the searches
      with its interval; within the shaded band a difference does not matter.
    </figcaption>
  </figure>`
}

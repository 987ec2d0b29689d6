/**
 * Curves over epochs, each with the spread over its runs as a band.
 */
import { areaY, dot, line, type Markish } from '@observablehq/plot'
import { html, type Content, type Html } from '../html.ts'
import { legend, seriesStyle, type SeriesStyle } from '../series.ts'
import type { Point } from '../summary.ts'
import { svg } from '../svg.ts'
import { extent } from '../../extent.ts'

export type Curve = {
  readonly name: string
  readonly points: readonly Point[]
  /** The number of its series style, if it must match another chart; by default its position among the curves. */
  readonly look?: number
}

export type CurveChart = {
  /** The caption, such as "Accuracy on the test set". */
  readonly what: string
  /** The axes, with the unit where there is one. */
  readonly x: string
  readonly y: string
  readonly curves: readonly Curve[]
  /** Formats a y value in the text alternative. */
  readonly write: (y: number) => string
  /** Text that follows the caption. */
  readonly remark?: Content
}

/** A figure of curves, with the legend above and the caption below. */
export const curveChart = ({ what, x, y, curves, write, remark }: CurveChart): Html => {
  const drawable = curves.map(({ points, look: i }, place) => ({
    points: points.map(shapely),
    place,
    look: seriesStyle(i ?? place),
  }))
  const given = drawable.flatMap(({ points }) => points)
  const all = given.filter(point => !Number.isNaN(point.y))
  const lost = given.length - all.length
  if (all.length === 0) return html`<p class="note">${what}: no finite values to draw.</p>`
  const caption = html`<figcaption>
    ${what}.${remark && html` ${remark}`}${
      lost > 0
        ? ` ${lost} of ${given.length} values ${lost === 1 ? 'is not finite and is' : 'are not finite and are'} left out.`
        : ''
    }
  </figcaption>`
  const drawing = svg(
    {
      width: 440,
      height: 280,
      marginLeft: 46,
      marginRight: 14,
      marginTop: 26,
      marginBottom: 40,
      insetTop: 4,
      x: { label: x, ticks: wholeTicks(all.map(point => point.x)), tickFormat: String },
      y: { label: y, grid: true, ticks: 5, nice: true },
      marks: [...drawable.map(band), ...drawable.map(stroke), ...drawable.map(markers)],
    },
    `${what}, against ${x}. ${curves.slice(0, DESCRIBED).map(described(x, write)).join(' ')}${
      curves.length > DESCRIBED ? ` And ${curves.length - DESCRIBED} more.` : ''
    }`,
  )
  return html`<figure>
    ${curves.length > 1 ? legend(curves.map(({ name }, i) => [name, drawable[i]!.look])) : undefined}${drawing}${caption}
  </figure>`
}

/** At most this many curves are described in the text alternative; the table has the others. */
const DESCRIBED = 8

/** The maximum number of markers on a curve. */
const MARKERS = 8

/** A value that is not finite becomes a gap; otherwise it would stretch the axis. */
const shapely = (point: Point): Point => {
  const parts = [point.y, point.low ?? 0, point.high ?? 0]
  return parts.every(Number.isFinite) ? point : { x: point.x, y: NaN, low: NaN, high: NaN }
}

type Drawable = { readonly points: readonly Point[]; readonly place: number; readonly look: SeriesStyle }

const band = ({ points, look: { colour } }: Drawable): Markish | undefined =>
  points.some(({ low, high }) => low !== high)
    ? areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.18 })
    : undefined

const stroke = ({ points, look: { colour, dash } }: Drawable): Markish =>
  line(points, { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.8, strokeDasharray: dash })

/** A subset of the points, shifted from curve to curve so that markers do not overlap. */
const markers = ({ points, place, look: { colour, symbol } }: Drawable): Markish => {
  const every = Math.max(1, Math.ceil(points.length / MARKERS))
  const chosen = points.filter((_, k) => (points.length - 1 - k + place) % every === 0)
  return dot(chosen, { x: 'x', y: 'y', fill: colour, symbol, r: 3 })
}

/** The ticks of an axis: whole numbers, seven at most. */
const wholeTicks = (xs: readonly number[]): readonly number[] => {
  const [low, high] = extent(xs)
  const least = Math.max(1, (high - low) / 6)
  const power = 10 ** Math.floor(Math.log10(least))
  const step = [1, 2, 5, 10].map(k => k * power).find(size => size >= least)!
  const from = Math.ceil(low / step)
  const rest = Array.from(
    { length: Math.max(0, Math.floor(high / step) - from + 1) },
    (_, i) => (from + i) * step,
  )
  return step > 1 && Number.isInteger(low) && low !== rest[0] && rest[0]! - low > step / 2
    ? [low, ...rest]
    : rest
}

const described =
  (x: string, write: (y: number) => string) =>
  ({ name, points }: Curve): string => {
    const [first, last] = [points[0], points.at(-1)]
    if (first === undefined || last === undefined) return `${name}: no points.`
    const ys = points.map(({ y }) => y).filter(Number.isFinite)
    const [lowest, highest] = extent(ys)
    const range = ys.length > 0 ? `, between ${write(lowest)} and ${write(highest)}` : ''
    return `${name}: from ${write(first.y)} at ${x} ${first.x} to ${write(last.y)} at ${x} ${last.x}${range}.`
  }

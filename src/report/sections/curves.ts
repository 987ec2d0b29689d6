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
  /** Points that the axes include too, so that charts of one quantity have the same axes. */
  readonly share?: readonly Point[]
  /** Text that follows the caption. */
  readonly remark?: Content
}

/** A figure of curves, with the legend above and the caption below. */
export const curveChart = ({ what, x, y, curves, write, share = [], remark }: CurveChart): Html => {
  const drawable = curves.map(({ points, look: i }, place) => ({
    points: points.map(shapely),
    look: seriesStyle(i ?? place),
  }))
  const given = drawable.flatMap(({ points }) => points)
  const all = given.filter(point => !Number.isNaN(point.y))
  const spanned = [...given, ...share.map(shapely)]
  const lost = given.length - all.length
  if (all.length === 0) return html`<p class="note">${what}: no finite values to draw.</p>`
  const heights = extent(
    spanned.flatMap(({ y, low = y, high = y }) => [y, low, high]).filter(Number.isFinite),
  )
  const ticks = wholeTicks(spanned.map(point => point.x))
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
      marginLeft: labelMargin(heights),
      marginRight: 14,
      marginTop: 26,
      marginBottom: 40,
      insetTop: 4,
      x: { label: inOneLine(x), domain: extent(spanned.map(point => point.x)), ticks, tickFormat: String },
      y: {
        label: inOneLine(y),
        grid: true,
        ticks: 5,
        nice: true,
        domain: heights,
      },
      marks: [...drawable.map(band), ...drawable.map(stroke), ...drawable.map(markers(ticks))],
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

/** With more epochs than this, only those at the ticks of the axis have a marker. */
const MARKERS = 40

/** A value that is not finite becomes a gap; otherwise it would stretch the axis. */
const shapely = (point: Point): Point => {
  const parts = [point.y, point.low ?? 0, point.high ?? 0]
  return parts.every(Number.isFinite) ? point : { x: point.x, y: NaN, low: NaN, high: NaN }
}

type Drawable = { readonly points: readonly Point[]; readonly look: SeriesStyle }

const band = ({ points, look: { colour } }: Drawable): Markish | undefined =>
  points.some(({ low, high }) => low !== high)
    ? areaY(points, { x: 'x', y1: 'low', y2: 'high', fill: colour, fillOpacity: 0.18 })
    : undefined

const stroke = ({ points, look: { colour, dash } }: Drawable): Markish =>
  line(points, { x: 'x', y: 'y', stroke: colour, strokeWidth: 1.8, strokeDasharray: dash })

/** Every epoch has a marker on every curve, or those at the ticks have. */
const markers =
  (ticks: readonly number[]) =>
  ({ points, look: { colour, symbol } }: Drawable): Markish => {
    const chosen = points.length <= MARKERS ? points : points.filter(({ x }) => ticks.includes(x))
    return dot(chosen, { x: 'x', y: 'y', fill: colour, symbol, r: points.length > 20 ? 2 : 3 })
  }

/** Plot would make an element of each line of a label. */
const inOneLine = (label: string): string => label.replace(/[\r\n]+/g, ' ')

/** The room for the labels of the y axis: five ticks over this range, with as many decimals as tell them apart. */
const labelMargin = ([low, high]: readonly [number, number]): number => {
  const decimals = Math.max(0, Math.ceil(-Math.log10((high - low) / 5 || 1)))
  const longest = Math.max(...[low, high].map(y => y.toFixed(Math.min(decimals, 20)).length))
  return Math.max(46, 16 + 7.5 * longest)
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

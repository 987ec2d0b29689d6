/**
 * A chart of lines and bands as nodes of SVG: axes with few ticks, one line a series, direct labels left to the legend.
 */
import { extent } from '../../extent.ts'
import { h, type ViewNode } from './dom.ts'

export type ChartPoint = { readonly x: number; readonly y: number }

export type ChartLine = {
  readonly name: string
  /** A CSS colour, such as var(--xent). */
  readonly colour: string
  readonly points: readonly ChartPoint[]
  readonly isDashed?: boolean
  readonly isFaint?: boolean
}

/** An area between two lines. */
export type ChartBand = {
  readonly colour: string
  readonly points: readonly { readonly x: number; readonly low: number; readonly high: number }[]
}

export type LineChart = {
  /** The text alternative. */
  readonly label: string
  readonly title: string
  readonly x: string
  readonly lines: readonly ChartLine[]
  readonly bands?: readonly ChartBand[]
  readonly xRange: readonly [number, number]
  readonly yRange?: readonly [number, number] | undefined
  /** Where time stands. */
  readonly marker?: number | undefined
  readonly writeY: (y: number) => string
  readonly isSmall?: boolean
}

const MARGIN = { left: 44, right: 10, top: 12, bottom: 34 }

/** Round numbers from low to high. */
export const ticks = (low: number, high: number, count: number): readonly number[] => {
  const span = high - low
  if (!(span > 0)) return [low]
  const raw = span / count
  const power = 10 ** Math.floor(Math.log10(raw))
  const step = [1, 2, 5, 10].map(factor => factor * power).find(size => size >= raw)!
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)))
}

const rangeOf = ({ lines, bands = [] }: LineChart): readonly [number, number] => {
  const all = [
    ...lines.flatMap(({ points }) => points.map(({ y }) => y)),
    ...bands.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high])),
  ].filter(Number.isFinite)
  if (all.length === 0) return [0, 1]
  const [low, high] = extent(all)
  return low === high ? [low - 0.5, high + 0.5] : [low, high]
}

export const lineChart = (chart: LineChart): ViewNode => {
  const [width, height] = chart.isSmall === true ? [340, 190] : [560, 300]
  const [left, right] = [MARGIN.left, width - MARGIN.right]
  const [top, bottom] = [MARGIN.top, height - MARGIN.bottom]
  const [x0, x1] = chart.xRange
  const [y0, y1] = chart.yRange ?? rangeOf(chart)
  const x = (value: number): number => left + ((value - x0) / (x1 - x0 || 1)) * (right - left)
  const y = (value: number): number =>
    bottom - ((Math.min(3 * y1, Math.max(y0 - 2 * y1, value)) - y0) / (y1 - y0 || 1)) * (bottom - top)
  const at = (value: number): string => value.toFixed(1)
  const path = (points: readonly ChartPoint[]): string =>
    points
      .filter(point => Number.isFinite(point.y))
      .map(
        (point, i, { length }) =>
          `${i === 0 ? 'M' : 'L'}${at(x(point.x))} ${at(y(point.y))}${length === 1 ? 'h0' : ''}`,
      )
      .join('')
  const area = ({ points }: ChartBand): string =>
    points.length === 0
      ? ''
      : `${path(points.map(point => ({ x: point.x, y: point.high })))}${points
          .toReversed()
          .map(point => `L${at(x(point.x))} ${at(y(point.low))}`)
          .join('')}Z`
  return h(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height}`, role: 'img', 'aria-label': chart.label },
    h(
      'g',
      { class: 'axis', 'aria-hidden': 'true' },
      ticks(y0, y1, 4).map(tick => [
        h('line', { x1: left, x2: right, y1: at(y(tick)), y2: at(y(tick)), class: 'grid' }),
        h('text', { x: left - 6, y: at(y(tick) + 3.5), 'text-anchor': 'end' }, chart.writeY(tick)),
      ]),
      ticks(x0, x1, 5).map(tick =>
        h('text', { x: at(x(tick)), y: height - 18, 'text-anchor': 'middle' }, String(tick)),
      ),
      h('text', { x: right, y: height - 3, 'text-anchor': 'end', class: 'unit' }, chart.x),
    ),
    h(
      'svg',
      // what is beyond the axes is not drawn
      {
        x: left - 3,
        y: top - 3,
        width: right - left + 6,
        height: bottom - top + 6,
        viewBox: `${left - 3} ${top - 3} ${right - left + 6} ${bottom - top + 6}`,
      },
      (chart.bands ?? []).map(band =>
        h('path', { d: area(band), fill: band.colour, 'fill-opacity': 0.16, stroke: 'none' }),
      ),
      chart.marker === undefined
        ? undefined
        : h('line', {
            x1: at(x(chart.marker)),
            x2: at(x(chart.marker)),
            y1: top,
            y2: bottom,
            class: 'marker',
          }),
      chart.lines.map(line =>
        h('path', {
          // a line of one point is a dot
          d: path(line.points),
          fill: 'none',
          stroke: line.colour,
          'stroke-width': line.points.length === 1 ? 6 : line.isFaint === true ? 1 : 2,
          'stroke-linecap': 'round',
          'stroke-opacity': line.isFaint === true ? 0.45 : undefined,
          'stroke-linejoin': 'round',
          'stroke-dasharray': line.isDashed === true ? '5 4' : undefined,
        }),
      ),
    ),
    chart.marker === undefined
      ? undefined
      : chart.lines.flatMap(line => markerDot(line, chart.marker!, x, y)),
  )
}

/** The point of a line at the marker. */
const markerDot = (
  { points, colour, isDashed }: ChartLine,
  marker: number,
  x: (value: number) => number,
  y: (value: number) => number,
): readonly ViewNode[] => {
  const point = points.find(each => each.x === marker)
  return point === undefined || !Number.isFinite(point.y) || isDashed === true
    ? []
    : [
        h('circle', {
          cx: x(point.x).toFixed(1),
          cy: y(point.y).toFixed(1),
          r: 4.5,
          fill: colour,
        }),
      ]
}

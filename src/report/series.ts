/**
 * The styles of series: colour, dash and marker, so that they can be distinguished without colours.
 */
import { dot, line } from '@observablehq/plot'
import { html, type Html } from './html.ts'
import { svg } from './svg.ts'

export type SeriesStyle = {
  readonly colour: string
  /** The lengths of dashes and gaps. */
  readonly dash: string
  readonly symbol: 'circle' | 'square' | 'triangle' | 'diamond' | 'star' | 'wye' | 'cross'
}

/** The colour (a property of the style sheet), dash and marker of each series; all markers differ. */
const LOOKS: readonly SeriesStyle[] = [
  { colour: 'var(--s1)', dash: 'none', symbol: 'circle' },
  { colour: 'var(--s2)', dash: '7 3', symbol: 'square' },
  { colour: 'var(--s3)', dash: '2 3', symbol: 'triangle' },
  { colour: 'var(--s4)', dash: '9 3 2 3', symbol: 'diamond' },
  { colour: 'var(--s5)', dash: '12 4', symbol: 'star' },
  { colour: 'var(--s6)', dash: '4 2', symbol: 'wye' },
  { colour: 'var(--s7)', dash: '1 2', symbol: 'cross' },
]

/** The style of the i-th series. After seven, colours repeat with another dash. */
export const seriesStyle = (i: number): SeriesStyle => {
  const base = LOOKS[i % LOOKS.length]!
  const { dash } = LOOKS[(i + Math.floor(i / LOOKS.length)) % LOOKS.length]!
  return { ...base, dash }
}

/** The legend of a chart: for each name a sample of its line. */
export const legend = (entries: readonly (readonly [name: string, look: SeriesStyle])[]): Html =>
  html`<ul class="legend">
    ${entries.map(([name, of]) => html`<li>${swatch(of)}<span>${name}</span></li>`)}
  </ul>`

const swatch = ({ colour, dash, symbol }: SeriesStyle): Html =>
  svg({
    width: 34,
    height: 12,
    margin: 0,
    axis: null,
    x: { domain: [0, 34], range: [0, 34] },
    y: { domain: [0, 12], range: [0, 12] },
    marks: [
      // prettier-ignore
      line([[0, 6], [34, 6]], { stroke: colour, strokeWidth: 2, strokeDasharray: dash }),
      dot([[17, 6]], { fill: colour, symbol, r: 4 }),
    ],
  })

/**
 * A search for hyper-parameters: each trial is a point, its learning rate against its accuracy.
 */
import { dot } from '@observablehq/plot'
import { html, type Html } from '../html.ts'
import { percent, significant } from '../numbers.ts'
import { seriesStyle } from '../series.ts'
import { svg } from '../svg.ts'
import { extent } from '../../extent.ts'
import { counted } from '../../format.ts'

export type SearchPoint = {
  readonly eta: number
  /** On the validation set, a fraction, 0 to 1; NaN if the trial diverged. */
  readonly accuracy: number
}

export type Search = { readonly name: string; readonly trials: readonly SearchPoint[] }

/** One figure for each search, all with the same axes. */
export const searches = (all: readonly Search[]): Html => {
  const points = all.flatMap(({ trials }) => trials.filter(isDrawn))
  if (points.length === 0) return html`<p class="note">No trial has a result to draw.</p>`
  const x = extent(points.map(({ eta }) => eta))
  const y = extent(points.map(({ accuracy }) => 100 * accuracy))
  return html`<div class="charts">${all.map((search, i) => figure(search, i, x, y))}</div>`
}

const isDrawn = ({ eta, accuracy }: SearchPoint): boolean =>
  eta > 0 && Number.isFinite(eta) && Number.isFinite(accuracy)

/** More points would hide each other, and take seconds to draw. */
const MOST_DRAWN = 3000

type Range = readonly [number, number]

const figure = ({ name, trials }: Search, i: number, x: Range, y: Range): Html => {
  const drawn = trials.filter(isDrawn)
  const best = drawn.toSorted((a, b) => b.accuracy - a.accuracy)[0]
  const lost = trials.length - drawn.length
  const step = Math.ceil(drawn.length / MOST_DRAWN)
  const shown = drawn.filter((_, n) => n % step === 0)
  const { colour, symbol } = seriesStyle(i)
  const words =
    best === undefined
      ? `${name}: no trial has a result`
      : `${name}: ${counted(drawn.length, 'trial')}; the best has eta ${significant(best.eta)} and ${percent(best.accuracy)}`
  const at = { x: 'eta', y: ({ accuracy }: SearchPoint) => 100 * accuracy }
  return html`<figure>
    ${svg(
      {
        width: 440,
        height: 280,
        marginLeft: 46,
        marginRight: 14,
        marginTop: 26,
        marginBottom: 40,
        inset: 6,
        x: { type: 'log', domain: x, label: 'eta (logarithmic)', ticks: 5, tickFormat: String },
        y: { domain: y, label: 'validation accuracy (%)', grid: true, ticks: 5, nice: true },
        marks: [
          dot(shown, { ...at, fill: colour, fillOpacity: 0.6, symbol, r: 3 }),
          best && dot([best], { ...at, stroke: 'currentColor', strokeWidth: 1.6, r: 8 }),
        ],
      },
      `Validation accuracy against eta. ${words}.`,
    )}
    <figcaption>
      ${words}
      (circled).${step > 1 ? ` One trial of ${step} is drawn.` : undefined}${lost > 0 ? ` Not drawn: ${counted(lost, 'diverged trial')}.` : undefined}
    </figcaption>
  </figure>`
}

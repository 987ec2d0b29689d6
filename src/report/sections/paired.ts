/**
 * Paired differences: a dot for each pair, and their mean with its 95 % interval.
 */
import { dot, ruleX, ruleY } from '@observablehq/plot'
import { html, type Html } from '../html.ts'
import { points } from '../numbers.ts'
import { svg } from '../svg.ts'
import { counted } from '../../format.ts'

export type Paired = {
  /** The subtraction, such as "cross-entropy minus quadratic". */
  readonly name: string
  /** One difference per seed, as a fraction: 0.01 is a percentage point. */
  readonly differences: readonly number[]
  readonly mean: number
  /** The ends of the 95 % interval of the mean. */
  readonly low: number
  readonly high: number
}

export const paired = ({ name, differences, mean, low, high }: Paired): Html => {
  const all = differences.filter(Number.isFinite).map(difference => 100 * difference)
  const interval = { mean: 100 * mean, low: 100 * low, high: 100 * high }
  const words = `${name}: mean ${points(mean)} percentage points, 95 % interval ${points(low)} to ${points(high)}, ${counted(differences.length, 'pair')}`
  if (all.length === 0 || !Object.values(interval).every(Number.isFinite))
    return html`<p class="note">${words}.</p>`
  return html`<figure>
    ${svg(
      {
        width: 440,
        height: 150,
        marginLeft: 84,
        marginRight: 14,
        marginTop: 10,
        marginBottom: 40,
        insetLeft: 8,
        insetRight: 8,
        x: { label: 'difference (percentage points)', grid: true, ticks: 6 },
        y: { type: 'point', domain: ROWS, padding: 0.5, label: null, tickSize: 0 },
        marks: [
          ruleX([0], { stroke: 'currentColor', strokeDasharray: '3 3' }),
          dot(all, { x: all, y: () => ROWS[0], fill: 'var(--s1)', fillOpacity: 0.5, r: 4 }),
          ruleY([interval], {
            y: () => ROWS[1],
            x1: 'low',
            x2: 'high',
            stroke: 'var(--s2)',
            strokeWidth: 2.5,
          }),
          dot([interval], { x: 'mean', y: () => ROWS[1], fill: 'var(--s2)', symbol: 'diamond', r: 6 }),
        ],
      },
      `Paired differences. ${words}.`,
    )}
    <figcaption>${words}. The dashed line marks a difference of zero.</figcaption>
  </figure>`
}

const ROWS = ['each pair', 'mean, 95 %'] as const

/**
 * The format of numbers and values in reports: the same in every table, caption and axis.
 */
import { grouped } from '../format.ts'

const NOT_A_NUMBER = 'not a number'

const finite =
  (write: (x: number) => string) =>
  (x: number): string =>
    Number.isNaN(x) ? NOT_A_NUMBER : Number.isFinite(x) ? write(x) : x > 0 ? 'infinite' : '−infinite'

/** With the typographic minus sign. */
const signed = (text: string): string => text.replace(/^-/, '−')

/** A fraction, 0 to 1, as a percentage with two decimals: 0.9512 is "95.12 %". */
export const percent = finite(share => `${(100 * share).toFixed(2)} %`)

/** Percentage points, with their sign: 0.0012 is "+0.12". */
export const points = finite(share => (share > 0 ? '+' : '') + signed((100 * share).toFixed(2)))

/** A cost, or another number without a unit, with four significant digits. */
export const significant = finite(x => signed(x.toPrecision(4)))

/** With two decimals, for the text of a verdict in a terminal; a rounded zero has no sign. */
export const twoDecimals = (x: number): string =>
  Number.isNaN(x)
    ? 'unknown'
    : Number.isFinite(x)
      ? x.toFixed(2).replace(/^-0\.00$/, '0.00')
      : x > 0
        ? '∞'
        : '-∞'

/** A duration in seconds. */
export const seconds = finite(x => (x < 100 ? `${x.toPrecision(3)} s` : `${grouped(x)} s`))

/** A value of a configuration, on one line. */
export const settingText = (value: unknown): string => {
  if (value === undefined || value === null) return 'not set'
  if (typeof value === 'string') return value
  if (typeof value === 'number') return Number.isFinite(value) ? signed(String(value)) : significant(value)
  if (typeof value === 'boolean') return value ? 'yes' : 'no'
  if (!Array.isArray(value)) return JSON.stringify(value)
  const list = value.map(settingText).join(', ')
  return value.every(each => typeof each === 'number') ? `[${list}]` : list
}

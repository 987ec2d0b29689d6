/**
 * The size of what the optimizer remembers: with momentum, the velocities.
 */
import type { NamedValues } from '../../core/tree-values.ts'
import type { Html } from '../html.ts'
import { grouped } from '../../format.ts'
import { significant } from '../numbers.ts'
import { section } from '../page.ts'
import { table } from '../table.ts'

/** @param remembered a name for what it remembers, such as "velocity" */
export const optimizerState = (remembered: string, state: readonly NamedValues[]): Html =>
  section(
    'State of the optimizer',
    table({
      caption: `The ${remembered} of the weights (w) and biases (b) of each layer after the last saved epoch: its root mean square and its largest absolute value`,
      columns: ['layer', 'numbers', 'root mean square', 'largest'],
      rows: state.map(({ name, values }) => [
        layerOf(name),
        grouped(values.length),
        significant(Math.sqrt(values.reduce((sum, v) => sum + v * v, 0) / values.length)),
        significant(values.reduce((largest, v) => Math.max(largest, Math.abs(v)), 0)),
      ]),
    }),
  )

/** Such as "1, w" of `optimizer[0].w`: layers are counted from 1. */
const layerOf = (name: string): string =>
  name.replace(/^optimizer\[(\d+)\]\.(.*)$/, (_, l: string, rest: string) => `${Number(l) + 1}, ${rest}`)

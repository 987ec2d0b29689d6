/**
 * The learning slowdown as text: charts of the curves, and the equations that explain them.
 */
import { plot } from 'asciichart'
import type { comparison, observation, Neuron, SlowdownResult } from '../../book/slowdown.ts'
import { counted, percentOf } from '../../format.ts'
import { extent } from '../../extent.ts'

export type ComparedCosts = ReturnType<typeof comparison>
export type ObservedRate = ReturnType<typeof observation>

/** The curves and their explanation, for a terminal with this number of columns. */
export const slowdownText = (
  compared: ComparedCosts,
  observed: ObservedRate | undefined,
  columns: number,
): string => {
  const width = Math.max(30, Math.min(columns, 100))
  const [{ eta, epochs }] = compared
  const prose = (text: string): string => wrapped(text, width)
  return [
    prose(`One neuron must learn to answer {x = 1} with {y = 0}: ${counted(epochs, 'epoch')} at eta ${eta}.`),
    ...compared.map(result => `${prose(title(result))}\n${charts(result, width)}`),
    prose(
      `Each chart runs from epoch 0 on the left to epoch ${epochs} on the right; the vertical scales differ.`,
    ),
    ...explainSlowdown(compared).map(prose),
    ...(observed === undefined ? [] : rateNote(observed).map(prose)),
  ].join('\n\n')
}

const from = ({ w, b }: Neuron): string => `from {w ${w}, b ${b}}`

export const costTitles = { quadratic: 'quadratic cost', xent: 'cross-entropy cost' } as const

const two = (value: number): string => value.toPrecision(2)

const title = ({ cost, start, curve: { a } }: SlowdownResult): string =>
  `${costTitles[cost]}, ${from(start)}: the output goes from ${two(a[0]!)} to ${two(a.at(-1)!)}`

/** Two charts side by side, if they fit. */
const charts = ({ curve }: SlowdownResult, width: number): string => {
  const across = Math.max(1, Math.min(3, Math.floor(width / 24)))
  const each = Math.min(48, Math.floor((width + GAP) / across) - GAP)
  const all = [
    chart('output a', curve.a, 1, each),
    chart('cost C', curve.cost, extent(curve.cost)[1], each),
    chart('gradient ∂C/∂w', curve.gradient, extent(curve.gradient)[1], each),
  ]
  return [all.slice(0, across), all.slice(across, 2 * across), all.slice(2 * across)]
    .filter(row => row.length > 0)
    .map(row => beside(row, each + GAP))
    .join('\n')
}

/** Columns between two charts. */
const GAP = 2

/** Lines of a chart, from 0 to its top. */
const HEIGHT = 6

const chart = (name: string, values: readonly number[], top: number, width: number): readonly string[] => {
  const label = (value: number): string => Math.max(0, value).toFixed(2)
  // one column is the axis, and a line of n characters joins n + 1 points
  const points = Math.min(values.length, width - label(top).length)
  const sampled = Array.from(
    { length: points },
    (_, i) => values[Math.round((i / (points - 1)) * (values.length - 1))]!,
  )
  const lines = plot(sampled, {
    min: 0,
    max: top,
    height: HEIGHT,
    offset: 2,
    symbols: ['┤', '┤', '╶', '╴', '─', '╰', '╭', '╮', '╯', '│'],
    format: (value, row) => (row % (HEIGHT / 2) === 0 ? label(value) : '').padStart(label(top).length),
  })
  return [name, ...lines.split('\n')]
}

/** Blocks of lines, side by side. */
const beside = (blocks: readonly (readonly string[])[], width: number): string =>
  Array.from({ length: extent(blocks.map(({ length }) => length))[1] }, (_, i) =>
    blocks
      .map(lines => (lines[i] ?? '').padEnd(width))
      .join('')
      .trimEnd(),
  ).join('\n')

/** What the curves show, in one line. */
export const slowdownConclusion = ([, , quadratic, xent]: ComparedCosts): string => {
  const half = Math.floor(quadratic.epochs / 2)
  const after = ({ curve }: SlowdownResult): string => two(curve.a[half]!)
  return (
    `From a start that is badly wrong (output ${two(quadratic.curve.a[0]!)}), after ${counted(half, 'epoch')} ` +
    `the quadratic cost has brought the output to ${after(quadratic)}, the cross-entropy to ${after(xent)}; wanted is 0.`
  )
}

/** What the curves show, with the equations that explain it. All numbers are computed from the curves. */
export const explainSlowdown = ([, , quadratic, xent]: ComparedCosts): readonly string[] => {
  const a = quadratic.curve.a[0]!
  const prime = a * (1 - a)
  const early = Math.min(100, quadratic.epochs)
  const half = Math.floor(quadratic.epochs / 2)
  const fallen = ({ curve: { cost } }: SlowdownResult): string => percentOf(cost[0]! - cost[early]!, cost[0]!)
  return [
    `Why. With the quadratic cost the gradient is {∂C/∂w = ∂C/∂b = a σ'(z)}, equations (55) and (56). With the cross-entropy it is {a - y}, here a, equations (61) and (62): σ'(z) has cancelled.`,
    `Started ${from(quadratic.start)}, the output begins at ${two(a)}, where σ is flat: {σ'(z) = a (1 - a)} is ${two(prime)}. So the quadratic gradient is ${two(quadratic.curve.gradient[0]!)}, and the other one ${two(xent.curve.gradient[0]!)}, ${two(1 / prime)} times as large. In the first ${counted(early, 'epoch')} the quadratic cost falls by ${fallen(quadratic)}, the cross-entropy by ${fallen(xent)}; after ${counted(half, 'epoch')} the outputs are ${two(quadratic.curve.a[half]!)} and ${two(xent.curve.a[half]!)}.`,
  ]
}

/** A note on the learning rate that the book's text gives for the cross-entropy. */
export const rateNote = ([
  wrong,
  saturated,
  wrongWithout,
  saturatedWithout,
]: ObservedRate): readonly string[] => {
  const { eta, epochs, curve } = saturated
  const most = 2 * eta * epochs
  const way = ({ curve: { a } }: SlowdownResult): string => `from ${two(a[0]!)} to ${two(a.at(-1)!)}`
  return [
    `A note on the rate. For the cross-entropy the text of the book names eta ${eta}. By (61) and (62), w and b each fall by eta a in an epoch, so {z = w + b} falls by less than ${2 * eta}, and by less than ${two(most)} in ${counted(epochs, 'epoch')}. Started ${from(saturated.start)}, at z ${curve.z[0]!}, it ends at z ${two(curve.z.at(-1)!)}: the output goes ${way(saturated)}; started ${from(wrong.start)}, it goes ${way(wrong)}.`,
    `Curves like those of the book come out when the step is {-eta ∂C/∂a = -eta / (1 - a)}, without σ'(z): then the output goes ${way(wrongWithout)}, and ${way(saturatedWithout)}. This is an observation: the script of the book's page was not seen. What the chapter says does not rest on it: above, both costs learn at the same rate.`,
  ]
}

/** Breaks a text into lines, but never a formula in braces. */
const wrapped = (text: string, width: number): string =>
  text
    .split(/ (?![^{]*\})/)
    .map(word => word.replaceAll(/[{}]/g, ''))
    .reduce<readonly string[]>((lines, word) => {
      const last = lines.at(-1)
      return last !== undefined && `${last} ${word}`.length <= width
        ? [...lines.slice(0, -1), `${last} ${word}`]
        : [...lines, word]
    }, [])
    .join('\n')

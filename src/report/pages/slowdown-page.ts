/**
 * The page of the learning slowdown: one neuron learns to map 1 to 0, from a good start and from a bad one.
 */
import { html, type Html } from '../html.ts'
import { settingText, significant } from '../numbers.ts'
import { page, paragraph, section } from '../page.ts'
import type { RunState } from '../run-record.ts'
import { provenance, type Provenance } from '../sections/provenance.ts'
import { curveChart } from '../sections/curves.ts'
import { table } from '../table.ts'

/** How a neuron learns with one cost: a number for each epoch; epoch 0 is before the first step. */
export type Learning = {
  readonly cost: string
  readonly eta: number
  readonly output: readonly number[]
  readonly costs: readonly number[]
  /** ∂C/∂w. */
  readonly gradient: readonly number[]
}

/** A start, and its curves with each cost. */
export type SlowdownStart = {
  readonly weight: number
  readonly bias: number
  readonly learnings: readonly Learning[]
}

export type Slowdown = Provenance & {
  readonly title: string
  readonly state: RunState
  readonly sentence: string
  /** What the curves show, in one line. */
  readonly conclusion: string
  /** Why it is so, as paragraphs. */
  readonly explanation: readonly string[]
  readonly starts: readonly SlowdownStart[]
}

export const slowdownReport = (of: Slowdown): string =>
  page({
    title: of.title,
    state: of,
    lead: paragraph(of.conclusion),
    sections: [
      ...of.starts.map(start(of.starts)),
      section('Why', ...of.explanation.map(text => paragraph(text))),
      provenance(of),
    ],
  })

/** The charts of a start; those of one quantity have the same axes for all starts. */

const start =
  (all: readonly SlowdownStart[]) =>
  ({ weight, bias, learnings }: SlowdownStart): Html => {
    const from = `w = ${settingText(weight)} and b = ${settingText(bias)}`
    const chart = (what: string, y: string, of: (learning: Learning) => readonly number[]): Html =>
      curveChart({
        what: `${what}, from ${from}`,
        x: 'epoch',
        y,
        curves: learnings.map(learning => ({
          name: learning.cost,
          points: of(learning).map((value, epoch) => ({ x: epoch, y: value })),
        })),
        write: significant,
        share: all.flatMap(({ learnings }) =>
          learnings.flatMap(learning => of(learning).map((value, epoch) => ({ x: epoch, y: value }))),
        ),
      })
    return section(
      `From ${from}`,
      html`<div class="charts">
        ${chart('The output', 'output a', ({ output }) => output)}
        ${chart('The cost', 'cost C', ({ costs }) => costs)}
        ${chart('The gradient', '∂C/∂w', ({ gradient }) => gradient)}
      </div>`,
      table({
        caption: `The first and the last values, from ${from}`,
        columns: ['cost', 'eta', 'first output', 'last output', 'first gradient', 'last gradient'],
        rows: learnings.map(({ cost, eta, output, gradient }) => [
          cost,
          settingText(eta),
          ...[output, gradient].flatMap(all => [significant(all[0] ?? NaN), significant(all.at(-1) ?? NaN)]),
        ]),
      }),
    )
  }

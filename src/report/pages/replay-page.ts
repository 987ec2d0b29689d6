/**
 * The page of a figure of the book, replayed: its runs beside the counts that the author published.
 */
import { html } from '../html.ts'
import { percent } from '../numbers.ts'
import { page, paragraph, section } from '../page.ts'
import type { RunState } from '../run-record.ts'
import { provenance, type Provenance } from '../sections/provenance.ts'
import { curveChart } from '../sections/curves.ts'

/** A training, and the published accuracies. Accuracies are fractions, 0 to 1, one per epoch, from epoch 1. */
export type ReplayedRun = {
  readonly name: string
  readonly ours: readonly number[]
  /** Undefined if the author's data are not available. */
  readonly published: readonly number[] | undefined
  readonly sentence: string
}

export type Replayed = Provenance & {
  readonly title: string
  readonly state: RunState
  readonly sentence: string
  readonly lead: string
  /** The set that the accuracies are of. */
  readonly part: string
  readonly runs: readonly ReplayedRun[]
}

export const replayReport = (of: Replayed): string =>
  page({
    title: of.title,
    state: of,
    lead: paragraph(of.lead),
    sections: [...of.runs.map(run => compared(of.part, run)), provenance(of)],
  })

const compared = (part: string, { name, ours, published, sentence }: ReplayedRun) => {
  const points = (shares: readonly number[]) => shares.map((share, i) => ({ x: i + 1, y: 100 * share }))
  return section(
    name,
    paragraph(sentence),
    html`<div class="charts">
      ${curveChart({
        what: `Accuracy on the ${part} set`,
        x: 'epoch',
        y: 'accuracy (%)',
        curves: [
          { name: 'replayed', points: points(ours) },
          ...(published === undefined ? [] : [{ name: 'published', points: points(published) }]),
        ],
        write: y => percent(y / 100),
      })}
      ${
        published === undefined
          ? undefined
          : curveChart({
              what: 'Replayed minus published',
              x: 'epoch',
              y: 'difference (percentage points)',
              curves: [
                {
                  name: 'difference',
                  points: points(ours.slice(0, published.length).map((share, i) => share - published[i]!)),
                },
              ],
              write: y => y.toFixed(2),
            })
      }
    </div>`,
  )
}

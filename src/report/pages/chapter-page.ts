/**
 * The page of one or several figures of the book: the claims beside ours, the curves beside the published ones, and the
 * author's own runs, replayed.
 */
import { html, type Html } from '../html.ts'
import type { FigureChartRecord, FigureRecord, ReplayRecord } from '../figure-record.ts'
import { note, page, paragraph, section } from '../page.ts'
import type { RunState } from '../run-record.ts'
import { curveChart } from '../sections/curves.ts'
import { provenance, type Provenance } from '../sections/provenance.ts'
import { table } from '../table.ts'

export type Chapter = Provenance & {
  readonly title: string
  readonly state: RunState
  readonly sentence: string
  readonly lead: string
  readonly figures: readonly FigureRecord[]
}

export const chapterReport = (of: Chapter): string =>
  page({
    title: of.title,
    state: of,
    lead: paragraph(of.lead),
    sections: [...of.figures.map(figureSection), provenance(of)],
  })

const figureSection = ({
  title,
  section: place,
  says,
  note: remark,
  claims,
  charts,
  replays,
}: FigureRecord): Html =>
  section(
    title,
    paragraph(`${place}: ${says}`),
    remark === undefined ? undefined : note(remark),
    table({
      caption: `${title}: the numbers of the book, and ours over the seeds`,
      columns: ['what', 'unit', 'the book', 'ours', 'min … max', 'seeds', 'does it hold'],
      rows: claims.map(({ what, unit, book, ours, range, seeds, verdict }) => [
        ...[what, unit, book, ours, range, seeds, verdict],
      ]),
      words: [0, 1, 6],
    }),
    html`<div class="charts">${charts.map(chartOf)}</div>`,
    replays.map(replayed),
  )

const chartOf = ({ what, x, y, digits, curves }: FigureChartRecord): Html =>
  curveChart({ what, x, y, curves, write: value => value.toFixed(digits) })

const replayed = ({ name, ours, published, sentence }: ReplayRecord): Html => {
  const points = (values: readonly number[]) => values.map((y, i) => ({ x: i + 1, y }))
  return html`<h3>The author's own run, from his seed: ${name}</h3>
    ${paragraph(`${sentence}.`)}
    <div class="charts">
      ${curveChart({
        what: 'Accuracy, replayed and published',
        x: 'epoch',
        y: 'accuracy (%)',
        curves: [
          { name: 'replayed', points: points(ours) },
          ...(published === undefined ? [] : [{ name: 'published', points: points(published) }]),
        ],
        write: y => y.toFixed(2),
      })}
      ${
        published === undefined
          ? undefined
          : curveChart({
              what: 'Replayed minus published',
              x: 'epoch',
              y: 'difference (percentage points)',
              curves: [{ name: 'difference', points: points(published.map((count, i) => ours[i]! - count)) }],
              write: y => y.toFixed(2),
            })
      }
    </div>`
}

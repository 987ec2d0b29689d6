/**
 * The page of a study that repeats its searches: the answer, the difference over searches and seeds, where the winners lie.
 */
import { html } from '../html.ts'
import { percent, settingText } from '../numbers.ts'
import { page, paragraph, section } from '../page.ts'
import type { RunState } from '../run-record.ts'
import { curveChart } from '../sections/curves.ts'
import { provenance, type Provenance } from '../sections/provenance.ts'
import { searches as landscapes, type Search } from '../sections/search.ts'
import { twoLevels, type TwoLevels } from '../sections/two-levels.ts'
import { curveSpread } from '../summary.ts'
import { table } from '../table.ts'

/** An arm over all its searches. */
export type ProcedureArm = Search & {
  /** Of each search: the settings that it chose, and their mean accuracy on the test set, a fraction. */
  readonly winners: readonly {
    readonly settings: Readonly<Record<string, unknown>>
    readonly test: number
  }[]
  /** The accuracies of each final run, one per epoch from epoch 1, fractions. */
  readonly curves: readonly (readonly number[])[]
  readonly mean: number
  readonly diverged: number
  readonly stuck: number
}

export type ProceduresRecord = Provenance & {
  readonly title: string
  readonly data: string
  readonly state: RunState
  readonly sentence: string
  /** The answer, in one sentence. */
  readonly answer: string
  readonly difference: TwoLevels
  /** The rows of the looks: searches, error, mean, interval, interval for equivalence, answer. */
  readonly looks: readonly (readonly string[])[]
  readonly arms: readonly [ProcedureArm, ProcedureArm]
  /** Where the winners lie, arm by arm, as sentences. */
  readonly spread: readonly string[]
  /** How often a study with this spread gives each answer: true difference, better, equivalent, undecided, searches. */
  readonly power: { readonly what: string; readonly rows: readonly (readonly string[])[] }
  /** The secondary results, what a sharper answer costs, and the rule, as sentences. */
  readonly secondary: readonly string[]
  readonly sharper: readonly string[]
  readonly rule: readonly string[]
}

export const proceduresReport = (study: ProceduresRecord): string => {
  const { title, answer, difference, looks, arms, spread, power, secondary, sharper, rule, data } = study
  return page({
    title,
    state: study,
    lead: paragraph(answer),
    sections: [
      section(
        'The difference',
        paragraph(
          'Each search draws new configurations, the same for both arms; its two winners are trained with the same new seeds.',
        ),
        twoLevels(difference),
        searchesTable(study),
      ),
      section(
        'The looks',
        table({
          caption: 'The looks, as they were planned before the first training; differences in points',
          columns: ['searches', 'error', 'mean', 'interval', 'for equivalence', 'answer'],
          rows: looks,
        }),
        rule.map(line => paragraph(line)),
      ),
      section(
        'Learning curves of the winners',
        curveChart({
          what: `Accuracy on the test set of ${data}`,
          x: 'epoch',
          y: 'accuracy (%)',
          curves: arms.map(({ name, curves }) => ({
            name,
            points: curveSpread(
              curves.map(accuracies => accuracies.map((share, i) => ({ x: i + 1, y: 100 * share }))),
            ),
          })),
          write: y => percent(y / 100),
          remark: 'The line is the mean over all final runs; the band is from the minimum to the maximum.',
        }),
        secondary.map(line => paragraph(line)),
        table({
          caption: `The final runs of all searches on the test set of ${data}`,
          columns: ['arm', 'runs', 'mean', 'diverged', 'stuck'],
          rows: arms.map(({ name, curves, mean, diverged, stuck }) => [
            name,
            curves.length,
            percent(mean),
            diverged,
            stuck,
          ]),
        }),
      ),
      section(
        'Where the winners lie',
        spread.map(line => paragraph(line)),
        paragraph('The trials of all searches, by learning rate. Both axes are the same for both arms.'),
        landscapes(arms),
      ),
      section(
        'Power',
        paragraph(power.what),
        table({
          caption: 'How often each answer is given, by the true difference in points',
          columns: ['true difference', 'better', 'equivalent', 'undecided', 'searches on average'],
          rows: power.rows,
        }),
      ),
      section(
        'A sharper answer',
        sharper.map(line => paragraph(line)),
      ),
      provenance(study),
    ],
  })
}

const searchesTable = ({ arms, difference, data }: ProceduresRecord) => {
  const names = [
    ...new Set(arms.flatMap(({ winners }) => winners.flatMap(each => Object.keys(each.settings)))),
  ]
  const [first, second] = arms
  return html`<details>
    <summary>The searches, one by one</summary>
    ${table({
      caption: `The settings that each search chose, and the mean accuracy of their runs on the test set of ${data}`,
      columns: ['search', 'arm', ...names, 'test'],
      rows: difference.searches.flatMap((_, r) =>
        [first, second].map(({ name, winners }) => [
          r + 1,
          name,
          ...names.map(setting => settingText(winners[r]!.settings[setting])),
          percent(winners[r]!.test),
        ]),
      ),
    })}
  </details>`
}

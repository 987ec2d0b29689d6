/**
 * The page of a comparison study: two or more arms, each searched for its best settings, then tried on fresh seeds.
 */
import { html, type Html } from '../html.ts'
import { percent, points, settingText } from '../numbers.ts'
import { page, paragraph, section } from '../page.ts'
import { provenance, type Provenance } from '../sections/circumstances.ts'
import { curveChart } from '../sections/curves.ts'
import { paired, type Paired } from '../sections/paired.ts'
import { searches, type Search } from '../sections/search.ts'
import { curveSpread } from '../summary.ts'
import { table } from '../table.ts'
import type { RunState } from '../run-record.ts'

export type ArmRecord = Search & {
  /** The settings that the search chose. */
  readonly winner: Readonly<Record<string, unknown>>
  /** Its accuracy on the validation set, by which it was chosen, a share 0 to 1. */
  readonly validation: number
  /** The accuracies on the test set of the winner, run by run and epoch by epoch from 1. */
  readonly finals: readonly { readonly seed: number; readonly accuracies: readonly number[] }[]
  /** The mean of what the runs had at their end. */
  readonly test: number
}

export type StudyRecord = Provenance & {
  readonly title: string
  readonly state: RunState
  readonly sentence: string
  /** What was found, in a sentence. */
  readonly verdict: string
  readonly arms: readonly ArmRecord[]
  readonly differences: readonly Paired[]
}

export const studyReport = (study: StudyRecord): string => {
  const { title, verdict, arms, differences } = study
  return page({
    title,
    state: study,
    lead: paragraph(verdict),
    sections: [
      section(
        'The difference',
        paragraph(
          'Arms are paired by seed: a pair shares the order of its examples and the draw of its start.',
        ),
        html`<div class="charts">${differences.map(paired)}</div>`,
        differencesTable(differences),
      ),
      section('The winners', winners(arms)),
      section(
        'Learning curves of the winners',
        curveChart({
          what: 'Accuracy on the test set',
          x: 'epoch',
          y: 'accuracy (%)',
          curves: arms.map(({ name, finals }) => ({
            name,
            points: curveSpread(
              finals.map(({ accuracies }) => accuracies.map((share, i) => ({ x: i + 1, y: 100 * share }))),
            ),
          })),
          write: y => percent(y / 100),
          remark: 'The mean over the seeds, and as a band from the lowest to the highest.',
        }),
      ),
      section(
        'The search of each arm',
        paragraph('Every trial, by its learning rate. Both axes are the same for all arms.'),
        searches(arms),
      ),
      provenance(study),
    ],
  })
}

const winners = (arms: readonly ArmRecord[]): Html => {
  const names = [...new Set(arms.flatMap(({ winner }) => Object.keys(winner)))]
  return table({
    caption:
      'The settings that each search chose, their accuracy on the validation set, and the mean accuracy of their runs on the test set',
    columns: ['arm', 'trials', ...names, 'validation', 'test', 'runs'],
    rows: arms.map(({ name, trials, winner, validation, test, finals }) => [
      name,
      trials.length,
      ...names.map(setting => settingText(winner[setting])),
      percent(validation),
      percent(test),
      finals.length,
    ]),
  })
}

const differencesTable = (differences: readonly Paired[]): Html =>
  table({
    caption: 'The mean of the paired differences in percentage points, and its 95 % interval',
    columns: ['difference', 'pairs', 'mean', 'from', 'to'],
    rows: differences.map(({ name, differences: all, mean, low, high }) => [
      name,
      all.length,
      points(mean),
      points(low),
      points(high),
    ]),
  })

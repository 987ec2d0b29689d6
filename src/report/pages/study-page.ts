/**
 * The page of a comparison study: each arm is searched for its best settings, which are then run with new seeds.
 */
import { html, type Html } from '../html.ts'
import { percent, points, settingText } from '../numbers.ts'
import { page, paragraph, section } from '../page.ts'
import { provenance, type Provenance } from '../sections/provenance.ts'
import { curveChart } from '../sections/curves.ts'
import { paired, type Paired } from '../sections/paired.ts'
import { searches, type Search } from '../sections/search.ts'
import { curveSpread } from '../summary.ts'
import { table } from '../table.ts'
import type { RunState } from '../run-record.ts'

export type ArmRecord = Search & {
  /** The settings that the search chose. */
  readonly winner: Readonly<Record<string, unknown>>
  /** Its accuracy on the validation set, by which it was chosen, a fraction, 0 to 1. */
  readonly validation: number
  /** The winner's accuracies on the test set: for each run, one per epoch, from epoch 1. */
  readonly finals: readonly { readonly seed: number; readonly accuracies: readonly number[] }[]
  /** The mean accuracy of the runs after the last epoch. */
  readonly test: number
}

export type StudyRecord = Provenance & {
  readonly title: string
  /** The name of the data. */
  readonly data: string
  readonly state: RunState
  readonly sentence: string
  /** What limits the comparison of the winners. */
  readonly remarks: readonly string[]
  /** The result, in one sentence. */
  readonly verdict: string
  readonly arms: readonly ArmRecord[]
  /** Empty if there is no verdict. */
  readonly differences: readonly Paired[]
}

export const studyReport = (study: StudyRecord): string => {
  const { title, verdict, arms, differences, remarks } = study
  return page({
    title,
    state: study,
    lead: paragraph(verdict),
    sections: [
      differences.length === 0
        ? undefined
        : section(
            'The difference',
            paragraph(
              'Arms are paired by seed: the two runs of a pair have the same order of examples and the same random numbers for the initial weights.',
            ),
            html`<div class="charts">${differences.map(paired)}</div>`,
            differencesTable(differences),
          ),
      section(
        'The winners',
        remarks.map(remark => paragraph(remark)),
        winners(study),
      ),
      section(
        'Learning curves of the winners',
        curveChart({
          what: `Accuracy on the test set of ${study.data}`,
          x: 'epoch',
          y: 'accuracy (%)',
          curves: arms.map(({ name, finals }) => ({
            name,
            points: curveSpread(
              finals.map(({ accuracies }) => accuracies.map((share, i) => ({ x: i + 1, y: 100 * share }))),
            ),
          })),
          write: y => percent(y / 100),
          remark: 'The line is the mean over the seeds; the band is from the minimum to the maximum.',
        }),
      ),
      section(
        'The search of each arm',
        paragraph('All trials, by learning rate. Both axes are the same for all arms.'),
        searches(arms),
      ),
      provenance(study),
    ],
  })
}

const winners = ({ arms, data }: StudyRecord): Html => {
  const names = [...new Set(arms.flatMap(({ winner }) => Object.keys(winner)))]
  return table({
    caption: `The settings that each search chose, their accuracy on the validation set, and the mean accuracy of their runs on the test set of ${data}`,
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

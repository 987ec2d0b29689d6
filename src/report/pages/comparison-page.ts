/**
 * Several runs on one page. Runs that differ only in their seed are one curve, with their range as a band.
 */
import { grouping, type Group, type Grouped } from '../groups.ts'
import { html, type Html } from '../html.ts'
import { percent, seconds, settingText, significant } from '../numbers.ts'
import { command, note, page, paragraph, section } from '../page.ts'
import {
  accuracy,
  dataOf,
  runStateLabels,
  type MetricsRecord,
  type RunRecord,
  type RunState,
} from '../run-record.ts'
import { curveChart, type Curve } from '../sections/curves.ts'
import { overSeeds } from '../sections/seeds.ts'
import { curveSpread } from '../summary.ts'
import { settingsTable, table } from '../table.ts'
import { extent } from '../../extent.ts'
import { counted } from '../../format.ts'

/** The HTML of a page that compares runs. */
export const comparisonReport = (runs: readonly RunRecord[]): string => {
  const grouped = grouping(runs)
  const set: MonitoredSet = runs.some(run => seenOn('evaluation', run).length > 0) ? 'evaluation' : 'training'
  return page({
    title: `${runs.length === 1 ? 'One run' : `${counted(runs.length, 'run')} compared`} on ${dataNames(runs)}`,
    lead: lead(runs, grouped),
    sections: [
      curves(grouped.groups, set),
      bySettings(grouped, set),
      byRun(runs, grouped, set),
      again(runs, grouped),
    ],
  })
}

/** The names of the data of all runs. */
const dataNames = (runs: readonly RunRecord[]): string => [...new Set(runs.map(dataOf))].join(', ')

const lead = (runs: readonly RunRecord[], { groups, varied }: Grouped): Html => {
  const states = (Object.keys(runStateLabels) as RunState[])
    .map(
      state => [runStateLabels[state].toLowerCase(), runs.filter(run => run.state === state).length] as const,
    )
    .filter(([, count]) => count > 0)
    .map(([state, count]) => `${count} ${state}`)
  return html`${paragraph(
    `${states.join(', ')}. `,
    varied.length === 0
      ? 'They differ only in their seed.'
      : `They differ in ${varied.join(', ')}: ${counted(groups.length, 'configuration')}${
          groups.length < runs.length ? ', some of them with several seeds' : ''
        }.`,
  )}`
}

const curves = (groups: readonly Group[], set: MonitoredSet): Html => {
  const observed = groups.some(({ runs }) => runs.some(run => seenOn(set, run).length > 0))
  if (!observed) return section('Learning curves', note('No run monitored a set, so there are no curves.'))
  const costs = [...new Set(groups.map(({ runs: [first] }) => settingText(first.config.cost)))]
  const of = (some: readonly Group[], value: (observed: MetricsRecord) => number): readonly Curve[] =>
    some.map(({ name, runs }) => ({
      name,
      look: groups.findIndex(group => group.name === name),
      points: curveSpread(runs.map(run => seenOn(set, run).map(([x, seen]) => ({ x, y: value(seen) })))),
    }))
  return section(
    'Learning curves',
    html`<div class="charts">
      ${curveChart({
        what: `Accuracy on the ${set} set`,
        x: 'epoch',
        y: 'accuracy (%)',
        curves: of(groups, seen => 100 * accuracy(seen)),
        write: y => percent(y / 100),
        remark: BAND,
      })}${costs.map(cost =>
        curveChart({
          what: `Cost on the ${set} set${costs.length > 1 ? `: ${cost}` : ''}`,
          x: 'epoch',
          y: 'mean cost per example',
          curves: of(
            groups.filter(({ runs: [first] }) => settingText(first.config.cost) === cost),
            seen => seen.cost,
          ),
          write: significant,
          remark: costs.length > 1 ? 'The values of different cost functions cannot be compared.' : BAND,
        }),
      )}
    </div>`,
    set === 'training'
      ? note('No run monitored an evaluation set, so these curves do not show overfitting.')
      : undefined,
  )
}

const BAND = 'With several seeds, the line is the mean; the band is from the minimum to the maximum.'

/** The set whose metrics the page shows: the evaluation set, or the training set where no run monitored the other. */
type MonitoredSet = 'evaluation' | 'training'

const seenOn = (
  set: MonitoredSet,
  { history }: RunRecord,
): readonly (readonly [epoch: number, seen: MetricsRecord])[] =>
  history.flatMap(({ report }) => {
    const seen = report[set]
    return seen === undefined ? [] : [[report.epoch, seen] as const]
  })

/** The last and the best accuracy of a run. */
const accuracies = (
  set: MonitoredSet,
  run: RunRecord,
): { readonly last: number | undefined; readonly best: number | undefined } => {
  const all = seenOn(set, run)
    .map(([, seen]) => accuracy(seen))
    .filter(Number.isFinite)
  return { last: all.at(-1), best: all.length > 0 ? extent(all)[1] : undefined }
}

const bySettings = ({ groups }: Grouped, set: MonitoredSet): Html | undefined =>
  groups.every(({ runs }) => runs.length === 1)
    ? undefined
    : section(
        'Results over seeds',
        table({
          caption: `Accuracy on the ${set} set over the runs of each configuration: mean ± standard deviation, minimum and maximum`,
          columns: ['configuration', 'runs', 'last epoch', 'min', 'max', 'best epoch', 'min', 'max'],
          rows: groups.map(({ name, runs }) => {
            const all = runs.map(run => accuracies(set, run))
            return [
              name,
              runs.length,
              ...overSeeds(all.flatMap(({ last }) => last ?? [])),
              ...overSeeds(all.flatMap(({ best }) => best ?? [])),
            ]
          }),
          words: [0],
        }),
      )

const byRun = (runs: readonly RunRecord[], { varied }: Grouped, set: MonitoredSet): Html => {
  const written = (value: number | undefined): string => (value === undefined ? '' : percent(value))
  return section(
    'All runs',
    table({
      caption: `The runs, how they ended, and their accuracy and cost on the ${set} set`,
      columns: [
        'run',
        'state',
        ...varied,
        'seed',
        'epochs',
        'best accuracy',
        'epoch',
        'last accuracy',
        'last cost',
        'time',
      ],
      rows: runs.map(run => {
        const { last, best } = accuracies(set, run)
        return [
          run.name,
          runStateLabels[run.state].toLowerCase(),
          ...varied.map(name => settingText(run.config[name])),
          settingText(run.config.seed),
          run.history.length,
          written(best),
          run.best,
          written(last),
          seenOn(set, run).at(-1) === undefined ? '' : significant(seenOn(set, run).at(-1)![1].cost),
          seconds(run.history.reduce((sum, epoch) => sum + epoch.seconds, 0)),
        ]
      }),
      words: [1],
    }),
  )
}

const again = (runs: readonly RunRecord[], { shared }: Grouped): Html =>
  section(
    'Reproduce these runs',
    runs.length === 0 ? undefined : command(runs.map(run => run.command).join('\n')),
    html`<div class="columns">
      ${settingsTable('Common settings', shared)}${settingsTable(
        runs.length > 1 ? 'Environment of the first run' : 'Environment',
        runs[0]?.env ?? {},
      )}
    </div>`,
  )

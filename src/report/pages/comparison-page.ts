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
  return page({
    title: `${runs.length === 1 ? 'One run' : `${counted(runs.length, 'run')} compared`} on ${dataNames(runs)}`,
    lead: lead(runs, grouped),
    sections: [curves(grouped.groups), bySettings(grouped), byRun(runs, grouped), again(runs, grouped)],
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

const curves = (groups: readonly Group[]): Html => {
  const observed = groups.some(({ runs }) => runs.some(run => evaluations(run).length > 0))
  if (!observed)
    return section('Learning curves', note('No run monitored an evaluation set, so there are no curves.'))
  const costs = [...new Set(groups.map(({ runs: [first] }) => settingText(first.config.cost)))]
  const of = (some: readonly Group[], value: (observed: MetricsRecord) => number): readonly Curve[] =>
    some.map(({ name, runs }) => ({
      name,
      look: groups.findIndex(group => group.name === name),
      points: curveSpread(runs.map(run => evaluations(run).map(([x, seen]) => ({ x, y: value(seen) })))),
    }))
  return section(
    'Learning curves',
    html`<div class="charts">
      ${curveChart({
        what: 'Accuracy on the evaluation set',
        x: 'epoch',
        y: 'accuracy (%)',
        curves: of(groups, seen => 100 * accuracy(seen)),
        write: y => percent(y / 100),
        remark: BAND,
      })}${costs.map(cost =>
        curveChart({
          what: costs.length > 1 ? `Cost on the evaluation set: ${cost}` : 'Cost on the evaluation set',
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
  )
}

const BAND = 'With several seeds, the line is the mean; the band is from the minimum to the maximum.'

const evaluations = ({ history }: RunRecord): readonly (readonly [epoch: number, seen: MetricsRecord])[] =>
  history.flatMap(({ report: { epoch, evaluation } }) =>
    evaluation === undefined ? [] : [[epoch, evaluation] as const],
  )

/** The last and the best accuracy of a run. */
const accuracies = (
  run: RunRecord,
): { readonly last: number | undefined; readonly best: number | undefined } => {
  const all = evaluations(run).map(([, seen]) => accuracy(seen))
  return { last: all.at(-1), best: all.length > 0 ? extent(all)[1] : undefined }
}

const bySettings = ({ groups }: Grouped): Html | undefined =>
  groups.every(({ runs }) => runs.length === 1)
    ? undefined
    : section(
        'Results over seeds',
        table({
          caption:
            'Accuracy on the evaluation set over the runs of each configuration: mean ± standard deviation, minimum and maximum',
          columns: ['configuration', 'runs', 'last epoch', 'min', 'max', 'best epoch', 'min', 'max'],
          rows: groups.map(({ name, runs }) => {
            const all = runs.map(accuracies)
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

const byRun = (runs: readonly RunRecord[], { varied }: Grouped): Html => {
  const written = (value: number | undefined): string => (value === undefined ? '' : percent(value))
  return section(
    'All runs',
    table({
      caption: 'The runs, how they ended, and their accuracy and cost on the evaluation set',
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
        const { last, best } = accuracies(run)
        return [
          run.name,
          runStateLabels[run.state].toLowerCase(),
          ...varied.map(name => settingText(run.config[name])),
          settingText(run.config.seed),
          run.history.length,
          written(best),
          run.best,
          written(last),
          evaluations(run).at(-1) === undefined ? '' : significant(evaluations(run).at(-1)![1].cost),
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

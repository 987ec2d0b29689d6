/**
 * Several runs on one page. Those that differ in nothing but their seed make one curve, with their spread as a band.
 */
import { grouping, type Group, type Grouped } from '../groups.ts'
import { html, type Html } from '../html.ts'
import { percent, seconds, settingText, significant } from '../numbers.ts'
import { command, note, page, paragraph, section } from '../page.ts'
import { accuracy, runStateLabels, type MetricsRecord, type RunRecord, type RunState } from '../run-record.ts'
import { curveChart, type Curve } from '../sections/curves.ts'
import { overSeeds } from '../sections/seeds.ts'
import { curveSpread } from '../summary.ts'
import { settingsTable, table } from '../table.ts'
import { extent } from '../../study/statistics.ts'

/** The text of a page that compares runs. */
export const comparisonReport = (runs: readonly RunRecord[]): string => {
  const grouped = grouping(runs)
  return page({
    title: runs.length === 1 ? 'One run' : `${runs.length} runs compared`,
    lead: lead(runs, grouped),
    sections: [curves(grouped.groups), bySettings(grouped), byRun(runs, grouped), again(runs, grouped)],
  })
}

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
      ? 'They differ in nothing but their seed.'
      : `They differ in ${varied.join(', ')}: ${groups.length} configurations${
          groups.length < runs.length ? ', some of them with several seeds' : ''
        }.`,
  )}`
}

const curves = (groups: readonly Group[]): Html => {
  const observed = groups.some(({ runs }) => runs.some(run => evaluations(run).length > 0))
  if (!observed)
    return section('Learning curves', note('No run observed an evaluation set, so there are no curves.'))
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
          y: 'cost (mean of an example)',
          curves: of(
            groups.filter(({ runs: [first] }) => settingText(first.config.cost) === cost),
            seen => seen.cost,
          ),
          write: significant,
          remark: costs.length > 1 ? 'Different costs have no common unit.' : BAND,
        }),
      )}
    </div>`,
  )
}

const BAND = 'Of several seeds: the mean, and as a band from the lowest to the highest.'

const evaluations = ({ history }: RunRecord): readonly (readonly [epoch: number, seen: MetricsRecord])[] =>
  history.flatMap(({ report: { epoch, evaluation } }) =>
    evaluation === undefined ? [] : [[epoch, evaluation] as const],
  )

/** The accuracies of a run that a table compares. */
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
        'Over the seeds',
        table({
          caption:
            'Accuracy on the evaluation set over the runs of each configuration: the mean and its standard deviation, the lowest and the highest',
          columns: [
            'configuration',
            'runs',
            'last epoch',
            'lowest',
            'highest',
            'best epoch',
            'lowest',
            'highest',
          ],
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
    'Every run',
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
    'To make them again',
    runs.length === 0 ? undefined : command(runs.map(run => run.command).join('\n')),
    html`<div class="columns">
      ${settingsTable('What all runs have in common', shared)}${settingsTable(
        runs.length > 1 ? 'What the first ran on' : 'What it ran on',
        runs[0]?.env ?? {},
      )}
    </div>`,
  )

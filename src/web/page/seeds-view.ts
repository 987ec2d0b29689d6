/**
 * Many seeds: the bands of their curves, the runs that are stuck, and the verdict by the rule of the studies.
 */
import { extent } from '../../extent.ts'
import { countedCorrect, verdictOf, type Verdict } from '../../study/verdict.ts'
import { verdictSentence } from '../../report/text/verdict-text.ts'
import { quantile } from '../../study/statistics.ts'
import { isStuck, unanswered, type TrialResult } from '../../study/trial.ts'
import { h, lazily, type ViewChild, type ViewNode } from './dom.ts'
import { lineChart, ticks, type ChartBand, type ChartLine } from './line-chart.ts'
import { coloursOf, networkLegend, networkNames, pageButton } from './network-view.ts'
import type { PageActions } from './page-actions.ts'
import type { Both, PageState, SeedsState } from './page-state.ts'
import { dataName } from './files-view.ts'
import type { Words } from './words-en.ts'

export const seedsView = (state: PageState, words: Words, act: PageActions): ViewChild => {
  const { seeds, pair } = state
  const names = networkNames(words, pair.settings)
  const colours = coloursOf(pair.settings)
  const done = seeds.results[0].length + seeds.results[1].length
  return [
    h('p', { class: 'prose' }, words.seedsLead),
    h(
      'div',
      { class: 'toolbar', role: 'group', 'aria-label': words.parts.seeds },
      seeds.isRunning
        ? pageButton(words.stop, act.stopSeeds, { class: 'primary' })
        : pageButton(words.runSeeds(seeds.count), act.runSeeds, {
            class: 'primary',
            id: 'run-seeds',
            disabled: pair.phase !== 'ready',
          }),
      h(
        'label',
        { class: 'field', for: 'seed-count' },
        h('span', {}, words.flags.seeds),
        h('input', {
          id: 'seed-count',
          type: 'number',
          min: 1,
          max: 100,
          value: String(seeds.count),
          onchange: (event: Event) => act.set('page', 'seeds', (event.target as HTMLInputElement).value),
        }),
      ),
      h('p', { class: 'progress', role: 'status' }, done === 0 ? '' : words.seedsDone(done, 2 * seeds.count)),
    ),
    done === 0
      ? undefined
      : lazily(
          seedResults,
          seeds,
          names[0],
          names[1],
          colours[0],
          colours[1],
          dataName(words, pair.data?.name ?? ''),
          words,
        ),
  ]
}

const seedResults = (
  { results }: SeedsState,
  name: string,
  other: string,
  colour: string,
  otherColour: string,
  data: string,
  words: Words,
): ViewNode => {
  const names = [name, other] as const
  const colours = [colour, otherColour] as const
  return h(
    'div',
    {},
    networkLegend(names, colours),
    bandChart(results, names, colours, words),
    h('p', { class: 'note' }, words.bandHint),
    h(
      'div',
      { class: 'pairs' },
      results.map((each, i) => stuckRuns(each, names[i]!, colours[i]!, words)),
    ),
    h('p', { class: 'note' }, words.stuckHint),
    verdictView(results, names, colours, data, words),
  )
}

const shares = ({ accuracies, n }: TrialResult): readonly number[] =>
  accuracies.map(correct => (100 * correct) / n)

const bandChart = (
  results: SeedsState['results'],
  names: Both<string>,
  colours: Both<string>,
  words: Words,
): ViewNode => {
  const bands: ChartBand[] = []
  const lines: ChartLine[] = []
  results.forEach((each, i) => {
    const runs = each.map(shares)
    const epochs = Math.max(0, ...runs.map(run => run.length))
    const points = Array.from({ length: epochs }, (_, epoch) => {
      const values = runs.flatMap(run => (run[epoch] === undefined ? [] : [run[epoch]]))
      const [low, high] = extent(values)
      return { x: epoch + 1, low, high, y: quantile(values, 0.5) }
    })
    bands.push({ colour: colours[i]!, points })
    for (const run of runs)
      lines.push({
        name: names[i]!,
        colour: colours[i]!,
        isFaint: true,
        points: run.map((y, epoch) => ({ x: epoch + 1, y })),
      })
    lines.push({ name: names[i]!, colour: colours[i]!, points })
  })
  const all = bands.flatMap(({ points }) => points)
  const last = names.map(
    (name, i) => `${name} ${(bands[i]!.points.at(-1) as { y?: number } | undefined)?.y?.toFixed(2) ?? '–'} %`,
  )
  const [low] = all.length === 0 ? [0] : extent(all.map(point => point.low))
  return h(
    'figure',
    { class: 'wide' },
    h('figcaption', {}, words.accuracyTest),
    lineChart({
      label: `${words.accuracyTest}: ${last.join(', ')}`,
      title: words.accuracyTest,
      x: words.epochAxis,
      lines,
      bands,
      xRange: [1, Math.max(2, ...all.map(({ x }) => x))],
      yRange: [Math.max(0, 10 * Math.floor(low / 10)), 100],
      writeY: y => `${y} %`,
    }),
  )
}

const stuckRuns = (results: readonly TrialResult[], name: string, colour: string, words: Words): ViewNode => {
  const stuck = results.filter(isStuck)
  return h(
    'div',
    { class: 'of-network', style: { '--accent': colour } },
    h(
      'h4',
      {},
      words.named(name, stuck.length === 0 ? words.noStuck : words.stuckRuns(stuck.length, results.length)),
    ),
    h(
      'ul',
      { class: 'stuck' },
      stuck.map(result =>
        h(
          'li',
          {},
          words.stuckRun(
            Number(result.id.split('-')[0]),
            unanswered(result).join(', '),
            `${shares(result).at(-1)!.toFixed(2)} %`,
          ),
        ),
      ),
    ),
  )
}

/** Of the ten digits, or of the classes that the data have. */
const classesOf = (results: SeedsState['results']): number => results[0][0]?.perClass?.length ?? 10

const verdictView = (
  [first, second]: SeedsState['results'],
  names: Both<string>,
  colours: Both<string>,
  data: string,
  words: Words,
): ViewNode => {
  const pairs = Math.min(first.length, second.length)
  if (pairs < 2) return h('p', { class: 'note' }, words.needMore)
  const arms = [
    { name: names[0], results: first.slice(0, pairs) },
    { name: names[1], results: second.slice(0, pairs) },
  ] as const
  const classes = classesOf([first, second])
  const verdict = verdictOf(arms, classes)
  const n = arms[0].results[0]!.n
  const differences = arms[1].results.map(
    (result, i) =>
      (100 * (countedCorrect(result, classes) - countedCorrect(arms[0].results[i]!, classes))) / n,
  )
  return h(
    'div',
    { class: 'part' },
    h('h3', {}, words.verdict),
    h('p', { class: 'prose' }, words.verdictSentence(verdict, data, verdictSentence)),
    differenceChart(differences, verdict, words.differences(names[0], names[1])),
    h(
      'div',
      { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': words.verdict },
      h(
        'table',
        {},
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            ['', words.mean, words.lowest, words.highest].map(title => h('th', { scope: 'col' }, title)),
          ),
        ),
        h(
          'tbody',
          {},
          verdict.arms.map((arm, i) =>
            h(
              'tr',
              {},
              h('th', { scope: 'row', style: { color: colours[i]! } }, arm.name),
              [
                `${arm.mean.toFixed(2)} ± ${arm.standardDeviation.toFixed(2)}`,
                arm.min.toFixed(2),
                arm.max.toFixed(2),
              ].map(text => h('td', {}, `${text} %`)),
            ),
          ),
        ),
      ),
    ),
    h('p', { class: 'note' }, words.rule),
  )
}

/** A dot for each seed, and the mean with its interval. */
const differenceChart = (
  differences: readonly number[],
  { difference }: Verdict,
  label: string,
): ViewNode => {
  const [width, height] = [560, 96]
  const ends = [...differences, ...difference.interval, 0].filter(Number.isFinite)
  const [low, high] = extent(ends)
  const x = (value: number): string => (16 + ((value - low) / (high - low || 1)) * (width - 32)).toFixed(1)
  const [from, to] = difference.interval
  return h(
    'figure',
    { class: 'wide' },
    h('figcaption', { class: 'plain' }, label),
    h(
      'svg',
      {
        class: 'chart',
        viewBox: `0 0 ${width} ${height}`,
        role: 'img',
        'aria-label': `${label}: ${difference.mean.toFixed(2)}, 95 %: ${from.toFixed(2)} … ${to.toFixed(2)}`,
      },
      h('line', { x1: x(0), x2: x(0), y1: 4, y2: 70, class: 'marker' }),
      differences.map((value, i) =>
        h('circle', { cx: x(value), cy: 16 + (i % 3) * 7, r: 4, fill: 'var(--ink)', 'fill-opacity': 0.45 }),
      ),
      h('line', { x1: x(from), x2: x(to), y1: 56, y2: 56, stroke: 'var(--ink)', 'stroke-width': 2.5 }),
      h('circle', { cx: x(difference.mean), cy: 56, r: 6, fill: 'var(--ink)' }),
      ticks(low, high, 6).map(tick =>
        h('text', { x: x(tick), y: 90, 'text-anchor': 'middle' }, String(tick)),
      ),
    ),
  )
}

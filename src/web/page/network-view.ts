/**
 * The two networks: the controls of their training, and the curves of the four monitors.
 */
import type { Metrics } from '../../core/evaluate.ts'
import { grouped } from '../../format.ts'
import { h, lazily, type ViewNode } from './dom.ts'
import { lineChart, type ChartPoint } from './line-chart.ts'
import type { Measured, NetworkSettings } from './page-messages.ts'
import { paces } from './page-link.ts'
import type { Both, KnownNetwork, PageState } from './page-state.ts'
import type { PageActions } from './page-actions.ts'
import type { Words } from './words-en.ts'

/** The colour of each cost, as a CSS variable. */
export const costColour = (cost: string): string => `var(--${cost})`

/** The colours of both networks: that of the cost, or another one for the second of two equal costs. */
export const coloursOf = (settings: Both<NetworkSettings> | undefined): Both<string> => {
  const [one, other] = settings ?? [{ cost: 'quadratic' }, { cost: 'xent' }]
  return [costColour(one.cost), one.cost === other.cost ? 'var(--other)' : costColour(other.cost)]
}

/** What both networks are called. */
export const networkNames = (words: Words, settings: Both<NetworkSettings> | undefined): Both<string> => {
  const [one, other] = settings ?? [{ cost: 'quadratic' }, { cost: 'xent' }]
  const name = (cost: string): string => words.costs[cost] ?? cost
  return one.cost === other.cost
    ? [`${name(one.cost)} 1`, `${name(other.cost)} 2`]
    : [name(one.cost), name(other.cost)]
}

export const pageButton = (
  label: string,
  onclick: () => void,
  props: Readonly<Record<string, unknown>> = {},
): ViewNode => h('button', { type: 'button', onclick, ...props }, label)

export const epochLimit = (settings: Both<NetworkSettings> | undefined): number =>
  Number(settings?.[0].config.epochs ?? 30)

export const percentText = ({ correct, n }: Metrics): string => `${((100 * correct) / n).toFixed(2)} %`

export const toolbar = (state: PageState, words: Words, act: PageActions): ViewNode => {
  const { pair, pace } = state
  const isReady = pair.phase === 'ready'
  const isOver = pair.networks.every(({ outcome }) => outcome !== 'training')
  const canTrain = isReady && !isOver && state.trouble === undefined
  return h(
    'div',
    { class: 'toolbar', role: 'group', 'aria-label': words.parts.network },
    pageButton(pair.isRunning ? words.pause : words.run, () => act.run(!pair.isRunning), {
      class: 'primary',
      disabled: !canTrain,
      id: 'run',
    }),
    pageButton(words.stepBatch, () => act.step('mini-batch'), { disabled: !canTrain }),
    pageButton(words.stepEpoch, () => act.step('epoch'), { disabled: !canTrain }),
    pageButton(words.restart, act.restart, { title: words.restartHint }),
    h(
      'label',
      { class: 'field', title: words.paceHint },
      h('span', {}, words.pace),
      h(
        'select',
        {
          id: 'pace',
          onchange: (event: Event) => act.pace((event.target as HTMLSelectElement).value),
          value: pace,
        },
        paces.map(each => h('option', { value: each, selected: each === pace }, words.paces[each])),
      ),
    ),
    h('p', { class: 'progress', role: 'status' }, progressText(state, words)),
  )
}

const progressText = ({ pair }: PageState, words: Words): string => {
  if (pair.phase === 'preparing') return words.preparing
  const at = Math.min(...pair.networks.map(network => network.at))
  const isOver = pair.networks.every(({ outcome }) => outcome !== 'training')
  return [
    words.progress(Number.isInteger(at) ? String(at) : at.toFixed(2), epochLimit(pair.settings)),
    isOver ? words.finished : undefined,
    pair.speed === undefined || !pair.isRunning ? undefined : words.speed(grouped(pair.speed)),
  ]
    .filter(part => part !== undefined)
    .join(' · ')
}

/** A large number for each network: its accuracy of this moment. */
export const scores = (state: PageState, words: Words): ViewNode => {
  const { settings, networks } = state.pair
  const colours = coloursOf(settings)
  const names = networkNames(words, settings)
  return h(
    'div',
    { class: 'scores' },
    networks.map((network, i) => {
      const last = network.measured.findLast(({ evaluation }) => evaluation !== undefined)?.evaluation
      const eta = network.measured.findLast(measured => measured.eta !== undefined)?.eta
      return h(
        'div',
        { class: 'score', style: { '--accent': colours[i]! } },
        h('h3', {}, names[i]),
        h('p', { class: 'number' }, last === undefined ? '–' : percentText(last)),
        h(
          'p',
          { class: 'detail' },
          network.outcome === 'diverged'
            ? words.diverged
            : last === undefined
              ? ' '
              : words.correctOf(grouped(last.correct), grouped(last.n)),
        ),
        h(
          'p',
          { class: 'detail' },
          settings === undefined ? ' ' : `η = ${String(eta ?? settings[i]!.config.eta)}`,
        ),
      )
    }),
  )
}

type Monitor = {
  readonly title: string
  readonly of: (measured: Measured) => Metrics | undefined
  readonly y: (metrics: Metrics) => number
  readonly isShare: boolean
}

/** The four monitors. */
export const monitorsOf = (words: Words): readonly Monitor[] => {
  const share = ({ correct, n }: Metrics): number => (100 * correct) / n
  const cost = (metrics: Metrics): number => metrics.cost
  return [
    { title: words.accuracyTest, of: ({ evaluation }) => evaluation, y: share, isShare: true },
    { title: words.costTest, of: ({ evaluation }) => evaluation, y: cost, isShare: false },
    { title: words.accuracyTraining, of: ({ training }) => training, y: share, isShare: true },
    { title: words.costTraining, of: ({ training }) => training, y: cost, isShare: false },
  ]
}

const pointsOf = ({ of, y }: Monitor, measured: readonly Measured[]): readonly ChartPoint[] =>
  measured.flatMap(each => {
    const metrics = of(each)
    return metrics === undefined ? [] : [{ x: each.at, y: y(metrics) }]
  })

export const networkLegend = (names: Both<string>, colours: Both<string>): ViewNode =>
  h(
    'ul',
    { class: 'legend' },
    names.map((name, i) =>
      h('li', {}, h('span', { class: 'swatch', style: { '--accent': colours[i]! } }), name),
    ),
  )

const costText = (value: number): string => String(Number(value.toPrecision(2)))

const monitorChart = (
  title: string,
  index: number,
  words: Words,
  measured: Both<readonly Measured[]>,
  names: Both<string>,
  colours: Both<string>,
  until: number,
): ViewNode => {
  const monitor = monitorsOf(words)[index]!
  const lines = measured.map((each, i) => ({
    name: names[i]!,
    colour: colours[i]!,
    points: pointsOf(monitor, each),
  }))
  const last = lines
    .map(({ name, points }) => `${name} ${(points.at(-1)?.y ?? NaN).toPrecision(4)}`)
    .join(', ')
  return h(
    'figure',
    {},
    h('figcaption', {}, title),
    lineChart({
      label: `${title}: ${last}`,
      title,
      x: words.epochAxis,
      lines,
      xRange: [0, until],
      yRange: (monitor.isShare ? shareRange : costRange)(lines.flatMap(({ points }) => points)),
      writeY: monitor.isShare ? y => `${String(y)} %` : costText,
    }),
  )
}

/** Accuracies of the later epochs are near each other: the chart shows the upper part once all are there. */
const shareRange = (points: readonly ChartPoint[]): readonly [number, number] => {
  const later = points.filter(({ x }) => x >= 1).map(({ y }) => y)
  if (later.length === 0) return [0, 100]
  const low = Math.min(...later)
  return [low > 88 ? 85 : low > 72 ? 70 : low > 52 ? 50 : 0, 100]
}

/** The cost before the first epoch may be many times as large: the chart shows that of the later ones. */
const costRange = (points: readonly ChartPoint[]): readonly [number, number] => {
  const later = points.filter(({ x, y }) => x >= 1 && Number.isFinite(y))
  const shown = later.length === 0 ? points : later
  return [0, shown.length === 0 ? 1 : Math.max(1e-6, ...shown.map(({ y }) => y))]
}

export const monitorCharts = (state: PageState, words: Words, act: PageActions): ViewNode => {
  const { settings, networks } = state.pair
  const names = networkNames(words, settings)
  const colours = coloursOf(settings)
  const epochs = epochLimit(settings)
  // the first epoch lasts a while where the pace is slow
  const until = networks.every(({ at }) => at <= 1) ? Math.min(1, epochs) : epochs
  return h(
    'div',
    {},
    networkLegend(names, colours),
    h(
      'div',
      { class: 'charts', id: 'curves' },
      monitorsOf(words).map(({ title }, i) =>
        lazily(
          drawMonitor,
          title,
          i,
          words,
          networks[0].measured,
          networks[1].measured,
          ...names,
          ...colours,
          until,
        ),
      ),
    ),
    h(
      'details',
      {
        class: 'values',
        ontoggle: (event: Event) => act.openTable((event.target as HTMLDetailsElement).open),
      },
      h('summary', {}, words.valuesTable),
      state.isTableOpen ? valuesTable(words, names, networks) : undefined,
    ),
  )
}

const drawMonitor = (
  title: string,
  index: number,
  words: Words,
  first: readonly Measured[],
  second: readonly Measured[],
  name: string,
  otherName: string,
  colour: string,
  otherColour: string,
  until: number,
): ViewNode =>
  monitorChart(title, index, words, [first, second], [name, otherName], [colour, otherColour], until)

/** The values after each epoch. */
const valuesTable = (words: Words, names: Both<string>, networks: Both<KnownNetwork>): ViewNode => {
  const monitors = monitorsOf(words)
  const whole = networks.map(({ measured }) =>
    measured.filter(({ at, training }) => Number.isInteger(at) && training !== undefined),
  )
  return h(
    'div',
    { class: 'scroll', tabindex: 0, role: 'group', 'aria-label': words.valuesTable },
    h(
      'table',
      {},
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          h('th', { scope: 'col' }, words.epochAxis),
          names.flatMap(name => monitors.map(({ title }) => h('th', { scope: 'col' }, `${name}: ${title}`))),
        ),
      ),
      h(
        'tbody',
        {},
        whole[0]!.map((row, i) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, row.at),
            [row, whole[1]![i]].flatMap(each =>
              monitors.map(monitor => {
                const metrics = each === undefined ? undefined : monitor.of(each)
                return h(
                  'td',
                  {},
                  metrics === undefined
                    ? ''
                    : monitor.isShare
                      ? percentText(metrics)
                      : metrics.cost.toPrecision(4),
                )
              }),
            ),
          ),
        ),
      ),
    ),
  )
}

/**
 * The files that the page writes: metrics as CSV, curves as SVG.
 */
import type { Metrics } from '../../core/evaluate.ts'
import type { Both, KnownNetwork } from './page-state.ts'
import type { NetworkSettings } from './page-messages.ts'

/** The metrics after each epoch, one line for each network and epoch. */
export const metricsCsv = (settings: Both<NetworkSettings>, networks: Both<KnownNetwork>): string => {
  const of = (metrics: Metrics | undefined): readonly unknown[] =>
    metrics === undefined ? ['', '', ''] : [metrics.cost, metrics.correct, metrics.n]
  const lines = networks.flatMap(({ measured }, i) =>
    measured
      .filter(({ at, training }) => Number.isInteger(at) && training !== undefined)
      .map(({ at, eta, training, evaluation }) =>
        [i + 1, settings[i]!.cost, eta, at, ...of(evaluation), ...of(training)].join(','),
      ),
  )
  const names = ['cost', 'correct', 'n']
  const columns = [
    'network',
    'cost_function',
    'eta',
    'epoch',
    ...names.map(name => `test_${name}`),
    ...names.map(name => `training_${name}`),
  ]
  return `${[columns.join(','), ...lines].join('\r\n')}\r\n`
}

/**
 * One SVG file with several charts below each other.
 *
 * @param charts the markup of each chart, with its title, width and height
 * @param colours the values of the CSS variables in the markup
 */
export const joinedSvg = (
  charts: readonly {
    readonly title: string
    readonly markup: string
    readonly width: number
    readonly height: number
  }[],
  colours: (variable: string) => string,
): string => {
  const title = 24
  const width = Math.max(...charts.map(chart => chart.width))
  const height = charts.reduce((sum, chart) => sum + chart.height + title, 0)
  let top = 0
  const placed = charts.map(chart => {
    const y = top
    top += chart.height + title
    const inner = chart.markup.replace(/^<svg[^>]*>/, '').replace(/<\/svg>$/, '')
    return `<g transform="translate(0 ${y})"><text x="8" y="16" font-weight="600" fill="#1d1c1a">${escapedText(chart.title)}</text><g transform="translate(0 ${title})">${inner}</g></g>`
  })
  const markup = placed
    .join('')
    .replace(/var\((--[\w-]+)\)/g, (_whole, name: string) => colours(name))
    .replaceAll('class="grid"', 'stroke="#ddd8cd"')
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11.5" fill="#605b53"><rect width="100%" height="100%" fill="#ffffff"/>${markup}</svg>\n`
}

const escapedText = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')

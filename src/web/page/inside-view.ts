/**
 * Inside the networks: weights as pictures, how saturated the layers are, and what is read as what.
 */
import { confusionOf } from '../../data/confusion-matrix.ts'
import { h, lazily, type ViewChild, type ViewNode } from './dom.ts'
import { coloursOf, networkNames, pageButton } from './network-view.ts'
import type { PageActions } from './page-actions.ts'
import type { NetworkFrame, PageImages, SlopeHistogram } from './page-messages.ts'
import type { ConfusionCell, KnownNetwork, PageState } from './page-state.ts'
import { drawInk, drawWeights } from './pixels.ts'
import { shortNumber } from './neuron-view.ts'
import type { Words } from './words-en.ts'

/** The most neurons whose weights are drawn, and pictures that a cell shows. */
const MOST_NEURONS = 60
const MOST_IMAGES = 40
const MOST_MISTAKES = 12

export const insideView = (state: PageState, words: Words, act: PageActions): ViewChild => {
  const { settings, networks, data } = state.pair
  const names = networkNames(words, settings)
  const colours = coloursOf(settings)
  const side = Math.sqrt(data?.width ?? 784)
  const isSquare = Number.isInteger(side)
  const both = (view: (network: KnownNetwork, i: 0 | 1) => ViewChild): ViewNode =>
    h(
      'div',
      { class: 'pairs' },
      networks.map((network, i) =>
        h(
          'div',
          { class: 'of-network', style: { '--accent': colours[i]! } },
          h('h4', {}, names[i]),
          view(network, i as 0 | 1),
        ),
      ),
    )
  return h(
    'div',
    { class: 'inside' },
    isSquare
      ? part(
          'weights',
          words.weights,
          words.weightsHint,
          both(({ weights }, i) => weights && lazily(weightSheet, weights, side, names[i], words)),
        )
      : undefined,
    part(
      'slopes',
      words.slopes,
      words.slopesHint,
      both(({ slopes }, i) => slopes && lazily(slopeCharts, slopes, names[i], colours[i], words)),
    ),
    part(
      'confusion',
      words.confusion,
      words.confusionHint,
      both(
        ({ answers }, i) =>
          data && answers && lazily(confusionTable, answers, data.test, i, state.cell, words, act),
      ),
    ),
    cellImages(state, side, words, act),
    isSquare
      ? part(
          'worst',
          words.worst,
          words.worstHint,
          both(({ answers }) => data && answers && lazily(worstMistakes, answers, data.test, side, words)),
        )
      : undefined,
  )
}

const part = (id: string, title: string, hint: string, content: ViewChild): ViewNode =>
  h('div', { class: 'part', id }, h('h3', {}, title), h('p', { class: 'note' }, hint), content)

const weightSheet = (
  { w, outputs }: NonNullable<NetworkFrame['weights']>,
  side: number,
  name: string,
  words: Words,
): ViewNode => {
  const shown = Math.min(outputs, MOST_NEURONS)
  return h(
    'div',
    {},
    h('canvas', {
      class: 'sheet',
      role: 'img',
      'aria-label': words.weightsOf(name, outputs),
      draw: drawWeights(w, shown, side, 10),
      drawn: w,
    }),
    shown < outputs ? h('p', { class: 'note' }, words.more(outputs - shown)) : undefined,
  )
}

const slopeCharts = (
  slopes: readonly SlopeHistogram[],
  name: string,
  colour: string,
  words: Words,
): ViewNode =>
  h(
    'div',
    { class: 'slopes' },
    slopes.map((histogram, l) => {
      const layer = l === slopes.length - 1 ? words.outputLayer : words.hiddenLayer(l + 1)
      return h(
        'figure',
        {},
        slopeChart(histogram, colour, words.slopesOf(name, layer, shortNumber(histogram.median))),
        h('figcaption', { class: 'plain' }, `${layer}, ${words.median} ${shortNumber(histogram.median)}`),
      )
    }),
  )

const slopeChart = ({ shares, largest }: SlopeHistogram, colour: string, label: string): ViewNode => {
  const [width, height] = [240, 84]
  const bar = width / shares.length
  return h(
    'svg',
    { class: 'chart', viewBox: `0 0 ${width} ${height + 16}`, role: 'img', 'aria-label': label },
    shares.map((share, i) =>
      h('rect', {
        x: (i * bar + 0.5).toFixed(1),
        width: (bar - 1).toFixed(1),
        y: (height - height * Math.sqrt(share)).toFixed(1),
        height: (height * Math.sqrt(share)).toFixed(1),
        fill: colour,
      }),
    ),
    h('line', { x1: 0, x2: width, y1: height, y2: height, class: 'grid' }),
    h('text', { x: 0, y: height + 13 }, '0'),
    h('text', { x: width, y: height + 13, 'text-anchor': 'end' }, String(largest)),
  )
}

type Answers = NonNullable<NetworkFrame['answers']>

const confusionTable = (
  answers: Answers,
  test: PageImages,
  network: 0 | 1,
  chosen: ConfusionCell | undefined,
  words: Words,
  act: PageActions,
): ViewNode => {
  const { labels } = test
  const classes = labels.reduce((most, label) => Math.max(most, label), 0) + 1
  const counts = confusionOf(labels, answers.answer, classes)
  const worst = Math.max(1, ...counts.flatMap((row, label) => row.filter((_, answer) => answer !== label)))
  return h(
    'table',
    { class: 'confusion' },
    h('caption', { class: 'unseen' }, words.confusion),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        h('th', { scope: 'col' }, words.shown),
        counts.map((_, answer) => h('th', { scope: 'col' }, answer)),
      ),
    ),
    h(
      'tbody',
      {},
      counts.map((row, label) =>
        h(
          'tr',
          {},
          h('th', { scope: 'row' }, label),
          row.map((count, answer) =>
            h(
              'td',
              {
                class: answer === label ? 'right' : undefined,
                style: { '--share': answer === label ? '0' : (count / worst).toFixed(2) },
              },
              count === 0
                ? ''
                : h(
                    'button',
                    {
                      type: 'button',
                      'aria-label': words.cell(label, answer, count),
                      'aria-pressed':
                        chosen?.network === network && chosen.label === label && chosen.answer === answer
                          ? 'true'
                          : 'false',
                      onclick: () => act.cell({ network, label, answer }),
                    },
                    count,
                  ),
            ),
          ),
        ),
      ),
    ),
  )
}

const inkPicture = ({ pixels }: PageImages, index: number, side: number, label: string): ViewNode => {
  const image = pixels.subarray(index * side * side, (index + 1) * side * side)
  return h('canvas', {
    class: 'ink',
    role: 'img',
    'aria-label': label,
    draw: drawInk(image, side),
    drawn: `${index} ${pixels.length}`,
  })
}

/** The images of the cell that was chosen. */
const cellImages = (
  { cell, pair }: PageState,
  side: number,
  words: Words,
  act: PageActions,
): ViewNode | undefined => {
  const answers = cell && pair.networks[cell.network].answers
  const { data } = pair
  if (cell === undefined || answers === undefined || data === undefined) return undefined
  const found = Array.from(data.test.labels.keys()).filter(
    i => data.test.labels[i] === cell.label && answers.answer[i] === cell.answer,
  )
  return h(
    'div',
    {
      class: 'part chosen',
      role: 'region',
      'aria-label': words.imagesOf(cell.label, cell.answer, found.length),
    },
    h(
      'p',
      {},
      words.imagesOf(cell.label, cell.answer, found.length),
      ' ',
      pageButton(words.close, () => act.cell(undefined)),
    ),
    h(
      'ul',
      { class: 'images' },
      found
        .slice(0, MOST_IMAGES)
        .map(i => h('li', {}, inkPicture(data.test, i, side, words.answered(cell.label, cell.answer)))),
    ),
  )
}

const worstMistakes = (
  { answer, activations }: Answers,
  test: PageImages,
  side: number,
  words: Words,
): ViewNode => {
  const wrong = Array.from(test.labels.keys())
    .filter(i => answer[i] !== test.labels[i])
    .map(i => ({ i, by: activations[2 * i]! - activations[2 * i + 1]! }))
    .sort((one, other) => other.by - one.by)
    .slice(0, MOST_MISTAKES)
  return wrong.length === 0
    ? h('p', {}, words.noMistakes)
    : h(
        'ul',
        { class: 'images' },
        wrong.map(({ i }) =>
          h(
            'li',
            {},
            inkPicture(test, i, side, words.answered(test.labels[i]!, answer[i]!)),
            h('span', { 'aria-hidden': 'true' }, `${test.labels[i]!} → ${answer[i]!}`),
          ),
        ),
      )
}

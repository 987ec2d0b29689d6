/**
 * The report of one run.
 */
import { costNames, costs } from '../../core/costs/index.ts'
import type { Optimizer } from '../../core/optimizer.ts'
import { optimizers } from '../../core/optimizers/index.ts'
import { html, type Html } from '../html.ts'
import { percent, seconds, settingText, significant } from '../numbers.ts'
import { facts, note, page, section } from '../page.ts'
import { accuracy, dataOf, type EpochRecord, type RunRecord } from '../run-record.ts'
import { optimizerState } from '../sections/optimizer-state.ts'
import { provenance } from '../sections/provenance.ts'
import { expandedSection } from '../sections/expanded.ts'
import { confusion } from '../sections/confusion.ts'
import { epochs } from '../sections/epochs.ts'
import { learning } from '../sections/learning.ts'
import { weights } from '../sections/weights.ts'
import { partWords } from '../text/part-words.ts'
import { worst } from '../sections/worst.ts'
import { counted } from '../../format.ts'

/** The HTML of `report.html`. */
export const runReport = (run: RunRecord): string => {
  const part = evaluatedPart(run)
  return page({
    title: titleOf(run),
    state: run,
    lead: lead(run, part),
    sections: [
      learning(run.history, part),
      ...answers(run),
      run.expanded === undefined ? undefined : expandedSection(run.expanded),
      run.layers === undefined
        ? section('Weights', note('The network was not saved, so its weights are not drawn.'))
        : weights(run.layers),
      ...remembered(run),
      epochs(run.history, part, run.best),
      provenance(run),
    ],
  })
}

/** What was trained, such as "cross-entropy cost, [784, 30, 10] neurons, MNIST, seed 0". */
const titleOf = (run: RunRecord): string =>
  [
    costOf(run),
    `${settingText(run.config.sizes)} neurons`,
    dataOf(run),
    `seed ${settingText(run.config.seed)}`,
  ].join(', ')

const evaluatedPart = ({ answers, config }: RunRecord): string =>
  answers?.part ?? (typeof config.evaluateOn === 'string' ? config.evaluateOn : 'evaluation')

const answers = (run: RunRecord): readonly (Html | undefined)[] =>
  run.answers === undefined
    ? [
        section(
          'Confusion matrix',
          note('The predictions of the network were not saved, so its mistakes cannot be shown.'),
        ),
      ]
    : [confusion(run.answers), worst(run.answers)]

const remembered = ({ config, optimizer = [] }: RunRecord): readonly Html[] => {
  const all: Readonly<Record<string, Optimizer>> = optimizers
  const remembers = Object.entries(all).find(([name]) => name === config.optimizer)?.[1].remembers
  return remembers === undefined || optimizer.length === 0 ? [] : [optimizerState(remembers, optimizer)]
}

const costOf = ({ config }: RunRecord): string => {
  const cost = settingText(config.cost)
  const name = costNames.find(name => name === cost)
  return name === undefined ? `cost ${cost}` : `${costs[name].label} cost`
}

const lead = (run: RunRecord, part: string): Html => {
  const { config, history, best } = run
  const words = [
    `eta ${settingText(config.eta)}`,
    `mini-batches of ${settingText(config.miniBatchSize)}`,
    `lmbda ${settingText(config.lmbda)}`,
    ...partWords(config),
    `${settingText(config.init)} start`,
    `run ${run.name}`,
  ]
  return html`<p>${words.join(', ')}.</p>
    ${figures(history, best, `${part} set of ${dataOf(run)}`)}`
}

const figures = (
  history: readonly EpochRecord[],
  best: number | undefined,
  set: string,
): Html | undefined => {
  const last = history.at(-1)
  if (last === undefined) return undefined
  const { epoch, evaluation, training } = last.report
  const highest = history.find(({ report }) => report.epoch === best)?.report.evaluation
  const sum = (of: (record: EpochRecord) => number): number =>
    history.reduce((total, record) => total + of(record), 0)
  return facts([
    ...(highest === undefined
      ? []
      : [[`Best accuracy, ${set}`, percent(accuracy(highest)), `epoch ${best}`] as const]),
    ...(evaluation === undefined
      ? []
      : [
          [`Last accuracy, ${set}`, percent(accuracy(evaluation)), `epoch ${epoch}`] as const,
          [`Last cost, ${set}`, significant(evaluation.cost), `epoch ${epoch}`] as const,
        ]),
    ...(training === undefined
      ? []
      : [['Last accuracy, training set', percent(accuracy(training)), `epoch ${epoch}`] as const]),
    [
      'Training time',
      seconds(sum(record => record.seconds)),
      `${counted(history.length, 'epoch')}; monitors ${seconds(sum(record => record.observing))}`,
    ],
  ])
}

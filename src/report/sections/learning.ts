/**
 * The learning curves of a run: accuracy and cost on the monitored sets after each epoch.
 */
import { html, type Content } from '../html.ts'
import { percent, significant } from '../numbers.ts'
import { note, section } from '../page.ts'
import { accuracy, type EpochRecord, type MetricsRecord } from '../run-record.ts'
import type { Html } from '../html.ts'
import { curveChart, type Curve } from './curves.ts'

/** @param part the name of the evaluated set, such as "test" */
export const learning = (history: readonly EpochRecord[], part: string): Html => {
  if (history.length === 0)
    return section('Learning curves', note('No epoch was completed, so there are no curves.'))
  const evaluation = seen(history, 'evaluation')
  const training = seen(history, 'training')
  if (evaluation.length + training.length === 0)
    return section('Learning curves', note('Nothing was monitored, so there are no curves.'))
  const curves = (of: (observed: MetricsRecord) => number): readonly Curve[] =>
    [
      { name: `${part} set`, all: evaluation },
      { name: 'training set', all: training },
    ]
      .map(({ name, all }) => ({ name, points: all.map(([x, observed]) => ({ x, y: of(observed) })) }))
      .filter(({ points }) => points.length > 0)
  const charts: readonly Content[] = [
    curveChart({
      what: 'Accuracy after each epoch',
      x: 'epoch',
      y: 'accuracy (%)',
      curves: curves(observed => 100 * accuracy(observed)),
      write: y => percent(y / 100),
    }),
    curveChart({
      what: 'Cost after each epoch',
      x: 'epoch',
      y: 'mean cost per example',
      curves: curves(({ cost }) => cost),
      write: significant,
      remark: 'The cost includes the regularization term, if any.',
    }),
  ]
  return section(
    'Learning curves',
    html`<div class="charts">${charts}</div>`,
    evaluation.length === 0
      ? note('No evaluation set was monitored, so these curves do not show overfitting.')
      : undefined,
  )
}

const seen = (
  history: readonly EpochRecord[],
  set: 'evaluation' | 'training',
): readonly (readonly [epoch: number, observed: MetricsRecord])[] =>
  history.flatMap(({ report }) => {
    const observed = report[set]
    return observed === undefined ? [] : [[report.epoch, observed] as const]
  })

/**
 * The table of all epochs.
 */
import type { Html } from '../html.ts'
import { percent, seconds, significant } from '../numbers.ts'
import { section } from '../page.ts'
import { accuracy, type EpochRecord, type MetricsRecord } from '../run-record.ts'
import { table } from '../table.ts'

/** @param part the name of the evaluated set, such as "test" */
export const epochs = (
  history: readonly EpochRecord[],
  part: string,
  best: number | undefined,
): Html | undefined => {
  if (history.length === 0) return undefined
  const sets = (['evaluation', 'training'] as const).filter(set =>
    history.some(({ report }) => report[set] !== undefined),
  )
  const numbers = (observed: MetricsRecord | undefined): readonly string[] =>
    observed === undefined ? ['', ''] : [percent(accuracy(observed)), significant(observed.cost)]
  const marked = best !== undefined && history.some(({ report }) => report.epoch === best)
  return section(
    'All epochs',
    table({
      caption: `Accuracy and cost after each epoch, and the seconds of its training and of its monitors${
        marked ? `. Epoch ${best}, in bold, had the highest accuracy on the ${part} set` : ''
      }`,
      columns: [
        'epoch',
        ...sets.flatMap(set => {
          const name = set === 'evaluation' ? part : 'training'
          return [`accuracy, ${name}`, `cost, ${name}`]
        }),
        'training',
        'monitors',
      ],
      rows: history.map(({ report, seconds: trained, observing }) => [
        report.epoch,
        ...sets.flatMap(set => numbers(report[set])),
        seconds(trained),
        seconds(observing),
      ]),
      best: marked ? history.findIndex(({ report }) => report.epoch === best) : undefined,
    }),
  )
}

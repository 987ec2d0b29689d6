/**
 * What a run knows of its epochs, as numbers: in memory, in history.jsonl beside the checkpoints, and in two logs.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import type { Metrics } from '../core/evaluate.ts'
import { MONITORS, type MonitorName } from '../core/metrics.ts'
import { selectionAccuracy, type EpochMetrics } from '../core/train.ts'
import { parseJson, Real, toJson } from '../io/json.ts'

/** The metrics of an epoch, and how long it took. */
export type TimedEpoch = {
  readonly report: EpochMetrics
  /** Seconds of training, without the monitors. */
  readonly seconds: number
  /** How many examples of the epoch were trained on before `seconds` began, in a run that was resumed there. */
  readonly resumedAt?: number
  /** Seconds of the monitors, without those in which the next epoch was trained beside them. */
  readonly observing: number
}

const Observation = t.type({ cost: Real, correct: Real, n: t.number })

const Epoch = t.intersection([
  t.type({
    report: t.intersection([
      t.type({ epoch: t.Int, eta: Real }),
      t.partial({ training: Observation, evaluation: Observation, selection: Observation }),
    ]),
    seconds: t.number,
    observing: t.number,
  }),
  t.partial({ resumedAt: t.number }),
])

/** A history as a checkpoint of format 1 holds it. */
export const History = t.array(Epoch)

/** Lines of history.jsonl: all that is known of each epoch. */
export const encodeHistory = (epochs: readonly TimedEpoch[]): string =>
  epochs.map(epoch => `${toJson(epoch)}\n`).join('')

/** The epochs in lines of history.jsonl; undefined if a line is not an epoch. */
export const decodeHistory = (text: string): readonly TimedEpoch[] | undefined => {
  const epochs = text
    .split('\n')
    .slice(0, -1)
    .map(line =>
      pipe(
        parseJson(line),
        E.flatMap(json => Epoch.decode(json)),
      ),
    )
  return epochs.every(E.isRight) ? epochs.map(({ right }) => right) : undefined
}

export const monitored = ({
  evaluation,
  training,
}: EpochMetrics): Readonly<Record<MonitorName, number | undefined>> => ({
  evaluationCost: evaluation?.cost,
  evaluationAccuracy: evaluation?.correct,
  trainingCost: training?.cost,
  trainingAccuracy: training?.correct,
})

/** The settings that decide what the logs of a run hold. */
export type Logged = {
  readonly monitor: readonly MonitorName[]
  readonly selectOn?: 'validation' | 'evaluation' | undefined
}

/** The columns of the logs, the times last: two runs of one configuration differ only in the times. */
const columns = (
  { monitor, selectOn }: Logged,
  { report, seconds, observing }: TimedEpoch,
): Readonly<Record<string, number | undefined>> => ({
  epoch: report.epoch,
  eta: report.eta,
  ...Object.fromEntries(monitor.map(name => [name, monitored(report)[name]])),
  ...(selectOn === 'validation'
    ? { selectionAccuracy: report.selection?.correct, selectionSize: report.selection?.n }
    : {}),
  evaluationSize: report.evaluation?.n,
  trainingSize: report.training?.n,
  seconds,
  observingSeconds: observing,
})

/** A line of metrics.jsonl. */
export const jsonLine =
  (logged: Logged) =>
  (timed: TimedEpoch): string =>
    `${toJson(columns(logged, timed))}\n`

/** A line of metrics.csv. */
export const csvLine =
  (logged: Logged) =>
  (timed: TimedEpoch): string =>
    `${Object.values(columns(logged, timed))
      .map(value => value ?? '')
      .join(',')}\n`

/** The first line of metrics.csv. */
export const csvHeader = (logged: Logged): string =>
  `${Object.keys(columns(logged, { report: { epoch: 0, eta: 0 }, seconds: 0, observing: 0 })).join(',')}\n`

/** The first epoch with the highest accuracy on the selection set. */
export const bestEpoch = (reports: readonly EpochMetrics[]): EpochMetrics | undefined =>
  reports.reduce<EpochMetrics | undefined>(
    (best, report) =>
      (selectionAccuracy(report) ?? NaN) > (best === undefined ? -1 : selectionAccuracy(best)!)
        ? report
        : best,
    undefined,
  )

const number = t.union([Real, t.undefined])

const LogLine = t.intersection([
  t.type({ epoch: t.Int, eta: Real, seconds: t.number, observingSeconds: t.number }),
  t.partial({
    ...Object.fromEntries(MONITORS.map(name => [name, number])),
    evaluationSize: t.number,
    trainingSize: t.number,
    selectionAccuracy: number,
    selectionSize: t.number,
  }),
])

/** The history in the text of a metrics.jsonl. Damaged lines are skipped; a missing metric is NaN. */
export const historyOfLog = (text: string): readonly TimedEpoch[] =>
  text.split('\n').flatMap(line => {
    const json = parseJson(line)
    const read = json._tag === 'Right' ? LogLine.decode(json.right) : json
    if (read._tag === 'Left') return []
    const { epoch, eta, seconds, observingSeconds: observing, ...rest } = read.right
    const metrics = (set: 'evaluation' | 'training' | 'selection'): Partial<Record<typeof set, Metrics>> => {
      const n = rest[`${set}Size`]
      const of = rest as Readonly<Partial<Record<string, number>>>
      return n === undefined
        ? {}
        : { [set]: { cost: of[`${set}Cost`] ?? NaN, correct: of[`${set}Accuracy`] ?? NaN, n } }
    }
    const report = { epoch, eta, ...metrics('training'), ...metrics('evaluation'), ...metrics('selection') }
    return [{ report, seconds, observing }]
  })

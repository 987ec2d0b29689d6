/**
 * What a run has to tell of its epochs, as numbers: in memory, in a checkpoint, and as lines of two logs.
 */
import * as t from 'io-ts'
import type { EpochMetrics } from '../core/train.ts'
import { Real, toJson } from '../io/json.ts'

/** An epoch in numbers: the report, and how long it took. */
export type TimedEpoch = {
  readonly report: EpochMetrics
  /** Seconds of training, without the monitors. */
  readonly seconds: number
  /** Seconds of the monitors. */
  readonly observing: number
}

const Observation = t.type({ cost: Real, correct: Real, n: t.number })

/** A history as a checkpoint keeps it. */
export const History = t.array(
  t.type({
    report: t.intersection([
      t.type({ epoch: t.Int, eta: Real }),
      t.partial({ training: Observation, evaluation: Observation }),
    ]),
    seconds: t.number,
    observing: t.number,
  }),
)

/** The four monitors, by network2's names. */
export const MONITORS = ['evaluationCost', 'evaluationAccuracy', 'trainingCost', 'trainingAccuracy'] as const
export type MonitorName = (typeof MONITORS)[number]

export const monitored = ({
  evaluation,
  training,
}: EpochMetrics): Readonly<Record<MonitorName, number | undefined>> => ({
  evaluationCost: evaluation?.cost,
  evaluationAccuracy: evaluation?.correct,
  trainingCost: training?.cost,
  trainingAccuracy: training?.correct,
})

/** The columns of the logs, the times last: two runs of one configuration differ in nothing else. */
const columns = (
  monitors: readonly MonitorName[],
  { report, seconds, observing }: TimedEpoch,
): Readonly<Record<string, number | undefined>> => ({
  epoch: report.epoch,
  eta: report.eta,
  ...Object.fromEntries(monitors.map(name => [name, monitored(report)[name]])),
  evaluationSize: report.evaluation?.n,
  trainingSize: report.training?.n,
  seconds,
  observingSeconds: observing,
})

/** A line of metrics.jsonl. */
export const jsonLine =
  (monitors: readonly MonitorName[]) =>
  (timed: TimedEpoch): string =>
    `${toJson(columns(monitors, timed))}\n`

/** A line of metrics.csv. */
export const csvLine =
  (monitors: readonly MonitorName[]) =>
  (timed: TimedEpoch): string =>
    `${Object.values(columns(monitors, timed))
      .map(value => value ?? '')
      .join(',')}\n`

/** The first line of metrics.csv. */
export const csvHeader = (monitors: readonly MonitorName[]): string =>
  `${Object.keys(columns(monitors, { report: { epoch: 0, eta: 0 }, seconds: 0, observing: 0 })).join(',')}\n`

/** The first report of the highest evaluation accuracy. */
export const bestEpoch = (reports: readonly EpochMetrics[]): EpochMetrics | undefined =>
  reports.reduce<EpochMetrics | undefined>(
    (best, report) =>
      report.evaluation !== undefined && report.evaluation.correct > (best?.evaluation?.correct ?? -1)
        ? report
        : best,
    undefined,
  )

/**
 * What a run has to tell of its epochs, as numbers: in memory, in a checkpoint, and as lines of two logs.
 */
import * as t from 'io-ts'
import type { Report } from '../core/train.ts'
import { Real, toJson } from '../io/json.ts'

/** An epoch in numbers: the report, and how long it took. */
export type Timed = {
  readonly report: Report
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
export type Monitor = (typeof MONITORS)[number]

export const monitored = ({
  evaluation,
  training,
}: Report): Readonly<Record<Monitor, number | undefined>> => ({
  evaluationCost: evaluation?.cost,
  evaluationAccuracy: evaluation?.correct,
  trainingCost: training?.cost,
  trainingAccuracy: training?.correct,
})

/** The columns of the logs, the times last: two runs of one configuration differ in nothing else. */
const columns = (
  monitors: readonly Monitor[],
  { report, seconds, observing }: Timed,
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
  (monitors: readonly Monitor[]) =>
  (timed: Timed): string =>
    `${toJson(columns(monitors, timed))}\n`

/** A line of metrics.csv. */
export const csvLine =
  (monitors: readonly Monitor[]) =>
  (timed: Timed): string =>
    `${Object.values(columns(monitors, timed))
      .map(value => value ?? '')
      .join(',')}\n`

/** The first line of metrics.csv. */
export const csvHeader = (monitors: readonly Monitor[]): string =>
  `${Object.keys(columns(monitors, { report: { epoch: 0, eta: 0 }, seconds: 0, observing: 0 })).join(',')}\n`

/** The first report of the highest evaluation accuracy. */
export const bestOf = (reports: readonly Report[]): Report | undefined =>
  reports.reduce<Report | undefined>(
    (best, report) =>
      report.evaluation !== undefined && report.evaluation.correct > (best?.evaluation?.correct ?? -1)
        ? report
        : best,
    undefined,
  )

/**
 * A figure of the book as its page shows it.
 */
import { seriesOf, type FigureChart } from '../book/figure.ts'
import { claimNumber, claimOutcomes, type FigurePlan } from '../book/figure-plan.ts'
import type { Figure, PublishedRun } from '../book/published.ts'
import { compareCounts, compareFacts, describeComparison, type Comparison } from '../book/replay.ts'
import { published } from '../book/published.ts'
import type { MonitorName } from '../core/metrics.ts'
import type { Trial, TrialResult, TrialResults } from '../study/trial.ts'
import { curveSpread, summarize, type Point } from './summary.ts'

export type ClaimRow = {
  readonly what: string
  readonly unit: string
  readonly book: string
  readonly ours: string
  readonly range: string
  readonly seeds: number
  readonly verdict: string
}

export type FigureChartRecord = {
  readonly what: string
  readonly x: string
  readonly y: string
  readonly digits: number
  readonly curves: readonly { readonly name: string; readonly points: readonly Point[] }[]
}

/** The author's own run, replayed: accuracies in per cent after each epoch. */
export type ReplayRecord = {
  readonly name: string
  readonly ours: readonly number[]
  /** Undefined if the author's data are not available. */
  readonly published: readonly number[] | undefined
  readonly sentence: string
}

export type FigureRecord = {
  readonly name: string
  readonly title: string
  readonly section: string
  readonly says: string
  /** Why these trainings are not compared with the book's numbers; undefined if they are. */
  readonly note: string | undefined
  readonly claims: readonly ClaimRow[]
  readonly charts: readonly FigureChartRecord[]
  readonly replays: readonly ReplayRecord[]
}

/** A replay, and how it differs from the published run; undefined if the author's data are not available. */
export type ReplayOutcome = {
  readonly arm: string
  readonly result: TrialResult
  readonly counts: readonly number[] | undefined
  readonly comparison: Comparison | undefined
  readonly sentence: string
}

/** The replays of a figure that are done. */
export const replayOutcomes = (
  { figure, arms, note }: FigurePlan,
  results: TrialResults,
  authors: Figure | undefined,
): readonly ReplayOutcome[] =>
  arms.flatMap(({ name, replay }, i) => {
    const result = replay === undefined ? undefined : results.get(replay.id)
    if (result === undefined) return []
    const counts = authors?.[i]?.evaluationAccuracy
    const comparison = counts === undefined ? undefined : compareCounts(result.accuracies, counts)
    const facts =
      figure.file === undefined || note !== undefined ? undefined : published[figure.file].facts?.[i]
    return {
      arm: name,
      result,
      counts,
      comparison,
      sentence: [
        ...(comparison === undefined ? [] : [describeComparison(comparison)]),
        ...(facts === undefined ? [] : [compareFacts(result.accuracies, facts)]),
      ].join('. '),
    }
  })

export const figureRecord = (
  plan: FigurePlan,
  results: TrialResults,
  authors: Figure | undefined,
): FigureRecord => {
  const { name, figure, note } = plan
  return {
    name,
    title: figure.title,
    section: figure.section,
    says: figure.says,
    note,
    claims: claimOutcomes(plan, results).map(({ claim, values, spread, verdict }) => {
      const number = (value: number): string => claimNumber(claim, value)
      const spreading = Number.isNaN(spread.standardDeviation) ? '' : ` ± ${number(spread.standardDeviation)}`
      return {
        what: claim.what,
        unit: claim.unit,
        book: claim.book === undefined ? '' : number(claim.book),
        ours: values.length === 0 ? '' : number(spread.mean) + spreading,
        range: values.length === 0 ? '' : `${number(spread.min)} … ${number(spread.max)}`,
        seeds: values.length,
        verdict,
      }
    }),
    charts: figure.charts.map(chart => chartRecord(chart, plan, results, authors)),
    replays: replayOutcomes(plan, results, authors).map(({ arm, result, counts, sentence }) => {
      const share = (count: number): number => (100 * count) / result.n
      return {
        name: arm,
        ours: result.accuracies.map(share),
        published: counts?.slice(0, result.accuracies.length).map(share),
        sentence,
      }
    }),
  }
}

const MONITOR_TITLES: Readonly<Record<MonitorName, (part: string) => string>> = {
  evaluationAccuracy: part => `Accuracy on the ${part} set`,
  evaluationCost: part => `Cost on the ${part} set`,
  trainingAccuracy: () => 'Accuracy on the training set',
  trainingCost: () => 'Cost on the training set',
}

const chartRecord = (
  chart: FigureChart,
  plan: FigurePlan,
  results: TrialResults,
  authors: Figure | undefined,
): FigureChartRecord => {
  const done = (trials: readonly Trial[]): readonly TrialResult[] =>
    trials.flatMap(({ id }) => results.get(id) ?? [])
  const part = plan.arms[0]?.trials[0]?.evaluateOn ?? 'test'
  if (chart.kind === 'arms') {
    const ours = plan.arms.flatMap(({ name, trials }): readonly Point[] => {
      const values = done(trials).map(result => seriesOf(result, 'evaluationAccuracy').at(-1) ?? NaN)
      if (values.length === 0) return []
      const { mean, min, max } = summarize(values)
      return [{ x: chart.at(name), y: mean, low: min, high: max }]
    })
    const book = plan.arms.flatMap(({ name }, i): readonly Point[] => {
      const last = authors?.[i]?.evaluationAccuracy.at(-1)
      return last === undefined ? [] : [{ x: chart.at(name), y: last / 100 }]
    })
    return {
      what: `${MONITOR_TITLES.evaluationAccuracy(part)} at the end`,
      ...{ x: chart.x, y: 'accuracy (%)', digits: 2 },
      curves: [
        { name: 'ours', points: ours },
        ...(book.length > 0 ? [{ name: 'the book', points: book }] : []),
      ],
    }
  }
  const { monitor } = chart
  const isAccuracy = monitor.endsWith('Accuracy')
  const several = plan.arms.length > 1
  return {
    what: MONITOR_TITLES[monitor](part),
    ...{ x: 'epoch', y: isAccuracy ? 'accuracy (%)' : 'cost', digits: isAccuracy ? 2 : 4 },
    curves: plan.arms.flatMap(({ name, trials }, i) => {
      const runs = done(trials).map(result => pointsOf(seriesOf(result, monitor)))
      const [longest = 0] = runs.map(({ length }) => length).toSorted((a, b) => b - a)
      const size = Number(trials[0]?.flags['train-size'] ?? MNIST_TRAINING)
      const book = publishedSeries(authors?.[i], monitor, size).slice(0, longest)
      return [
        { name: several ? name : 'ours', points: curveSpread(runs) },
        ...(book.length > 0
          ? [{ name: several ? `${name}, the book` : 'the book', points: pointsOf(book) }]
          : []),
      ]
    }),
  }
}

const pointsOf = (values: readonly number[]): readonly Point[] => values.map((y, i) => ({ x: i + 1, y }))

/** The size of MNIST's training set, of which the author used all images if he did not choose some. */
const MNIST_TRAINING = 50_000

/** The values of a published run: accuracies in per cent. */
const publishedSeries = (
  run: PublishedRun | undefined,
  monitor: MonitorName,
  trainSize: number,
): readonly number[] => {
  if (run === undefined) return []
  switch (monitor) {
    case 'evaluationAccuracy':
      return run.evaluationAccuracy.map(count => count / 100)
    case 'trainingAccuracy':
      return run.trainingAccuracy.map(count => (100 * count) / trainSize)
    case 'evaluationCost':
      return run.evaluationCost
    case 'trainingCost':
      return run.trainingCost
  }
}

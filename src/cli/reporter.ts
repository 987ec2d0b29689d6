/**
 * How training is told: lines and a bar for a person, JSON lines for a program.
 */
import { join } from 'node:path'
import type { Backend } from '../runtime/backend.ts'
import type { CostName } from '../core/cost.ts'
import type { Dataset } from '../data/dataset.ts'
import { MONITORS, monitored, type TimedEpoch } from '../runs/history.ts'
import { toJson } from '../io/json.ts'
import type { TrainEvent, EpochMetrics } from '../core/train.ts'
import { asSettings, type RunConfig } from '../runs/run-plan.ts'
import { noProgressBar } from '../io/env.ts'
import type { CliEnv } from './cli-env.ts'
import { clock, grouped, percentOf } from '../format.ts'

export type RunOutcome = 'done' | 'diverged' | 'stopped'

/** All that is known when training has ended. */
export type Ending = {
  readonly outcome: RunOutcome
  readonly epochs: number
  readonly seconds: number
  readonly last: EpochMetrics | undefined
  /** The first epoch of the highest evaluation accuracy. */
  readonly best: EpochMetrics | undefined
  readonly saved: string | undefined
  /** The folder of the run. */
  readonly run: string | undefined
  /** Why training ended before the last epoch, if its schedule said so. */
  readonly over: string | undefined
}

export type TrainProgress = Extract<TrainEvent, { kind: 'progress' }>

export type Reporter = {
  /** @param epochs those that were done before, where a run goes on */
  readonly start: (
    dataset: Dataset,
    backend: Backend,
    engine: string,
    run: string | undefined,
    epochs: number,
  ) => void
  readonly progress: (event: TrainProgress, elapsed: number) => void
  readonly epoch: (epoch: TimedEpoch) => void
  /** Takes away what is drawn for the moment. */
  readonly clear: () => void
  readonly end: (ending: Ending) => void
}

const speed = ({ trainSize }: RunConfig, seconds: number): number =>
  Math.round(trainSize / Math.max(seconds, 1e-6))

/** One JSON object per event: `start`, `epoch`, `done`. */
export const jsonReporter = (env: CliEnv, config: RunConfig): Reporter => {
  const tell = (event: Record<string, unknown>): void => env.out(toJson(event))
  const seen = (report: EpochMetrics | undefined): Record<string, number | undefined> => {
    if (report === undefined) return {}
    const all = monitored(report)
    return {
      ...Object.fromEntries(config.monitor.map(name => [name, all[name]])),
      evaluationSize: report.evaluation?.n,
      trainingSize: report.training?.n,
    }
  }
  return {
    start: (_dataset, { name, versions }, engine, run, epochs) =>
      tell({ event: 'start', run, config: asSettings(config), backend: name, engine, versions, epochs }),
    progress: () => undefined,
    epoch: ({ report, seconds, observing }) =>
      tell({
        event: 'epoch',
        epoch: report.epoch,
        eta: report.eta,
        seconds,
        observingSeconds: observing,
        imagesPerSecond: speed(config, seconds),
        ...seen(report),
      }),
    clear: () => undefined,
    end: ({ last, best, ...ending }) =>
      tell({
        event: 'done',
        ...ending,
        ...seen(last),
        bestEpoch: best?.epoch,
        bestEvaluationAccuracy: best?.evaluation?.correct,
      }),
  }
}

const COST_NAMES: Readonly<Record<CostName, string>> = { xent: 'cross-entropy', quadratic: 'quadratic cost' }

/** A line per epoch and a bar within it; `quiet` leaves the result alone. */
export const textReporter = (env: CliEnv, config: RunConfig, quiet: boolean): Reporter => {
  const { epochs, monitor: monitors, trainSize } = config
  const bar = (quiet ? undefined : env.bar) ?? noProgressBar
  let before = 0

  /** The monitors asked for of one set, such as `["9392 / 10000", "cost 0.4127"]`. */
  const columns = (
    set: 'evaluation' | 'training',
    report: EpochMetrics,
    count: (n: number) => string,
  ): string[] => {
    const of = report[set]
    if (of === undefined) return []
    return MONITORS.filter(monitor => monitors.includes(monitor) && monitor.startsWith(set))
      .reverse()
      .map(monitor =>
        monitor.endsWith('Cost') ? `cost ${of.cost.toPrecision(4)}` : `${count(of.correct)} / ${count(of.n)}`,
      )
  }

  return {
    start: (dataset, backend, engine, run, done) => {
      before = done
      if (quiet) return
      env.log(
        `${COST_NAMES[config.cost]}, [${config.sizes.join(', ')}], eta ${config.eta}, mini-batches of ${config.miniBatchSize}, ` +
          `lmbda ${config.lmbda}, ${config.init} start, seed ${config.seed}`,
      )
      env.log(
        `${dataset.name} (${dataset.source}): ${grouped(trainSize)} examples to train on` +
          (config.evaluateOn === 'none' ? '' : `, evaluated on the ${config.evaluateOn} set`) +
          `; backend ${backend.name}, engine ${engine}`,
      )
      if (done > 0) env.log(`going on after epoch ${done} of ${epochs}`)
      if (run !== undefined) env.log(`run: ${run}`)
    },

    progress: ({ epoch, phase, done, of }, elapsed) => {
      const inEpoch = phase === 'training' ? done / of : 1
      const whole = (epoch - 1 + inEpoch - before) / (epochs - before)
      bar.update(
        inEpoch,
        `Epoch ${epoch}/${epochs}`,
        phase === 'observing' ? 'observing' : whole > 0 ? `${clock(elapsed / whole - elapsed)} left` : '',
      )
    },

    epoch: ({ report, seconds }) => {
      bar.clear()
      if (quiet) return
      const [first = 'training complete', ...more] = columns('evaluation', report, String)
      const training = columns('training', report, grouped)
      env.out(
        [
          // as the book's program prints it
          `Epoch ${report.epoch}: ${first}`.padEnd(`Epoch ${epochs}: ${first}`.length),
          ...more,
          ...(training.length > 0 ? [`training ${training.join('  ')}`] : []),
          `${seconds.toFixed(2)} s`,
          `${grouped(speed(config, seconds))} images/s`,
        ].join('   '),
      )
    },

    clear: bar.clear,

    end: ({ outcome, epochs: done, seconds, last, best, saved, run, over }) => {
      bar.clear()
      const accuracy = ({ evaluation }: EpochMetrics): string =>
        evaluation === undefined ? '' : percentOf(evaluation.correct, evaluation.n)
      if (outcome !== 'done') return
      env.out(
        (last !== undefined && best !== undefined
          ? `Accuracy on the ${config.evaluateOn} set: ${accuracy(last)}` +
            (best === last ? '. ' : `; at its best, after epoch ${best.epoch}, ${accuracy(best)}. `)
          : '') +
          `${done} epochs in ${clock(seconds)}${over === undefined ? '' : `; it ended there: ${over}`}.`,
      )
      const kept = saved ?? (run === undefined ? undefined : join(run, 'model.json'))
      if (kept !== undefined && (saved !== undefined || !quiet))
        env.out(`Saved in ${kept}. To evaluate it: npm run evaluate -- --model ${kept}`)
      if (run !== undefined && !quiet) env.out(`To look at it, open ${join(run, 'report.html')}`)
    },
  }
}

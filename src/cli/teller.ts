/**
 * How training is told: lines and a bar for a person, JSON lines for a program.
 */
import type { Backend } from '../backend.ts'
import type { CostName } from '../cost.ts'
import type { Dataset } from '../data/dataset.ts'
import type { Event, Report } from '../train.ts'
import type { Config } from './config.ts'
import type { Env } from './env.ts'
import { MONITORS, type Monitor } from './settings.ts'
import { clock, grouped, percent, progressBar } from './terminal.ts'

export type Outcome = 'done' | 'diverged' | 'stopped'

/** An epoch in numbers: the report, and how long it took. */
export type Timed = {
  readonly report: Report
  /** Seconds of training, without the monitors. */
  readonly seconds: number
  /** Seconds of the monitors. */
  readonly observing: number
}

/** All that is known when training has ended. */
export type Ending = {
  readonly outcome: Outcome
  readonly epochs: number
  readonly seconds: number
  readonly last: Report | undefined
  /** The first epoch of the highest evaluation accuracy. */
  readonly best: Report | undefined
  readonly saved: string | undefined
}

export type Progress = Extract<Event, { kind: 'progress' }>

export type Teller = {
  readonly start: (dataset: Dataset, backend: Backend, engine: string) => void
  readonly progress: (event: Progress, elapsed: number) => void
  readonly epoch: (epoch: Timed) => void
  /** Takes away what is drawn for the moment. */
  readonly clear: () => void
  readonly end: (ending: Ending) => void
}

/** The monitors of a report, by network2's names. */
const seen = ({ evaluation, training }: Report): Readonly<Record<Monitor, number | undefined>> => ({
  evaluationCost: evaluation?.cost,
  evaluationAccuracy: evaluation?.correct,
  trainingCost: training?.cost,
  trainingAccuracy: training?.correct,
})

const speed = ({ trainSize }: Config, seconds: number): number =>
  Math.round(trainSize / Math.max(seconds, 1e-6))

/** One JSON object per event: `start`, `epoch`, `done`. */
export const jsonTeller = (env: Env, config: Config): Teller => {
  const tell = (event: Record<string, unknown>): void =>
    // JSON has no NaN and no infinity: they become words rather than null
    env.out(
      JSON.stringify(event, (_key, value: unknown) =>
        typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
      ),
    )
  const monitored = (report: Report | undefined): Record<string, number | undefined> => {
    if (report === undefined) return {}
    const all = seen(report)
    return {
      ...Object.fromEntries(config.monitors.map(name => [name, all[name]])),
      evaluationSize: report.evaluation?.n,
      trainingSize: report.training?.n,
    }
  }
  return {
    start: (_dataset, { name, versions }, engine) =>
      tell({ event: 'start', config, backend: name, engine, versions }),
    progress: () => undefined,
    epoch: ({ report, seconds, observing }) =>
      tell({
        event: 'epoch',
        epoch: report.epoch,
        seconds,
        observingSeconds: observing,
        imagesPerSecond: speed(config, seconds),
        ...monitored(report),
      }),
    clear: () => undefined,
    end: ({ last, best, ...ending }) =>
      tell({
        event: 'done',
        ...ending,
        ...monitored(last),
        bestEpoch: best?.epoch,
        bestEvaluationAccuracy: best?.evaluation?.correct,
      }),
  }
}

const COST_NAMES: Readonly<Record<CostName, string>> = { xent: 'cross-entropy', quadratic: 'quadratic cost' }

/** A line per epoch and a bar within it; `quiet` leaves the result alone. */
export const personTeller = (env: Env, config: Config, quiet: boolean): Teller => {
  const { epochs, monitors, trainSize } = config
  const bar = progressBar(quiet ? undefined : env.bar)

  /** The monitors asked for of one set, such as `["9392 / 10000", "cost 0.4127"]`. */
  const columns = (
    set: 'evaluation' | 'training',
    report: Report,
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
    start: (dataset, backend, engine) => {
      if (quiet) return
      env.note(
        `${COST_NAMES[config.cost]}, [${config.sizes.join(', ')}], eta ${config.eta}, mini-batches of ${config.miniBatchSize}, ` +
          `lmbda ${config.lmbda}, ${config.init} start, seed ${config.seed}`,
      )
      env.note(
        `${dataset.name} (${dataset.source}): ${grouped(trainSize)} examples to train on` +
          (config.evaluateOn === 'none' ? '' : `, evaluated on the ${config.evaluateOn} set`) +
          `; backend ${backend.name}, engine ${engine}`,
      )
    },

    progress: ({ epoch, phase, done, of }, elapsed) => {
      const inEpoch = phase === 'training' ? done / of : 1
      const whole = (epoch - 1 + inEpoch) / epochs
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

    end: ({ outcome, epochs: done, seconds, last, best, saved }) => {
      bar.clear()
      const accuracy = ({ evaluation }: Report): string =>
        evaluation === undefined ? '' : percent(evaluation.correct, evaluation.n)
      if (outcome !== 'done') return
      env.out(
        (last !== undefined && best !== undefined
          ? `Accuracy on the ${config.evaluateOn} set: ${accuracy(last)}` +
            (best === last ? '. ' : `; at its best, after epoch ${best.epoch}, ${accuracy(best)}. `)
          : '') + `${done} epochs in ${clock(seconds)}.`,
      )
      if (saved !== undefined)
        env.out(`Saved in ${saved}. To evaluate it: npm run evaluate -- --model ${saved}`)
      else if (!quiet) env.note('To keep the network, add --save FILE.json')
    },
  }
}

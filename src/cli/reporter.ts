/**
 * What `train` prints: lines and a progress bar for a person, JSON lines for a program.
 */
import { join } from 'node:path'
import { shellCommand } from '#scripts/package'
import { costs } from '../core/costs/index.ts'
import { bestEpoch, monitored } from '../runs/history.ts'
import { toJson } from '../io/json.ts'
import { selectionAccuracy, type EpochMetrics } from '../core/train.ts'
import type { RunOutcome, SessionListener } from '../runs/session.ts'
import { asSettings, epochSize, type RunConfig } from '../runs/run-plan.ts'
import type { TrainFlags } from '../options/train-options.ts'
import { noProgressBar } from '../io/env.ts'
import type { CliEnv } from './cli-env.ts'
import { clock, counted, grouped, percentOf, shellQuoted, toWidth } from '../format.ts'
import { partWords } from '../report/text/part-words.ts'
import { epochLines, trainingSpeed } from './epoch-line.ts'

/** What is known when a run has ended. */
export type RunEnding = {
  readonly outcome: RunOutcome
  readonly epochs: number
  readonly seconds: number
  readonly last: EpochMetrics | undefined
  /** The first epoch with the highest accuracy on the selection set. */
  readonly best: EpochMetrics | undefined
  readonly saved: string | undefined
  /** The folder of the run. */
  readonly run: string | undefined
  /** Why the schedule ended the training early, if it did. */
  readonly over: string | undefined
}

export type Reporter = SessionListener & { readonly end: (ending: RunEnding) => void }

/** One JSON object per event: `start`, `epoch`, `done`. */
export const jsonReporter = (env: CliEnv, config: RunConfig, data: string): Reporter => {
  const print = (event: Record<string, unknown>): void => env.out(toJson(event))
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
    start: ({ backend: { name, versions }, interpreter: { name: engine } }, run, { epochs, lost }) =>
      print({
        event: 'start',
        run,
        config: asSettings(config),
        data,
        backend: name,
        engine,
        versions,
        epochs,
        lost,
      }),
    progress: () => undefined,
    epoch: timed => {
      const { report, seconds, observing } = timed
      print({
        event: 'epoch',
        epoch: report.epoch,
        eta: report.eta,
        seconds,
        observingSeconds: observing,
        imagesPerSecond: trainingSpeed(config, timed),
        ...seen(report),
      })
    },
    clear: () => undefined,
    end: ({ last, best, ...ending }) =>
      print({
        event: 'done',
        data,
        ...ending,
        ...seen(last),
        bestEpoch: best?.epoch,
        bestEvaluationAccuracy: best?.evaluation?.correct,
      }),
  }
}

/** How the best epoch was chosen: a choice on the test set itself makes its accuracy too good. */
const bestWords = ({ selectOn }: RunConfig): string =>
  selectOn === 'validation' ? 'best by the validation set,' : 'best by this same set,'

/** A line per epoch, and a bar of the whole run; `quiet` leaves the result alone. */
export const textReporter = (
  env: CliEnv,
  config: RunConfig,
  data: string,
  { quiet, logDir }: Pick<TrainFlags, 'quiet' | 'logDir'>,
): Reporter => {
  const { epochs, trainSize } = config
  const bar = (quiet ? undefined : env.bar) ?? noProgressBar
  const lineOf = epochLines(config, env.columns)
  const log = (line: string): void => {
    for (const part of env.columns === undefined ? [line] : toWidth(env.columns)(line)) env.log(part)
  }
  let before = 0
  let best = -1

  return {
    start: ({ dataset, backend, interpreter }, run, { epochs: done, examples, lost, history }) => {
      before = done + examples / epochSize(config)
      const earlier = bestEpoch(history.map(({ report }) => report))
      best = (earlier && selectionAccuracy(earlier)) ?? best
      if (quiet) return
      log(
        [
          `${costs[config.cost].label} cost`,
          `[${config.sizes.join(', ')}]`,
          `eta ${config.eta}`,
          `mini-batches of ${config.miniBatchSize}`,
          `lmbda ${config.lmbda}`,
          ...partWords(asSettings(config)),
          `${config.init} start`,
          `seed ${config.seed}`,
        ].join(', '),
      )
      log(
        `${dataset.name} (${dataset.source}): ${counted(trainSize, 'training example')}` +
          (epochSize(config) === trainSize ? '' : `, ${grouped(epochSize(config))} with their copies`) +
          (config.evaluateOn === 'none' ? '' : `, evaluated on the ${config.evaluateOn} set`) +
          `; backend ${backend.name}, engine ${interpreter.name}`,
      )
      if (lost !== undefined)
        env.log(
          `the run was killed: ${lost === 0 ? '' : `${counted(lost, 'whole epoch')} and `}the epoch in progress ` +
            `${lost === 0 ? 'was' : 'were'} lost`,
        )
      if (done > 0 || examples > 0)
        env.log(
          examples > 0
            ? `resuming in epoch ${done + 1} of ${epochs}, after ${grouped(examples)} of its examples`
            : `resuming after epoch ${done} of ${epochs}`,
        )
      if (run !== undefined) env.log(`run: ${run}`)
      if (logDir !== undefined) env.log(`curves: tensorboard --logdir ${shellQuoted(logDir)}`)
    },

    progress: ({ epoch, phase, done, of }, elapsed) => {
      const complete = epoch - 1 + (phase === 'training' ? done / of : 1)
      const inSession = (complete - before) / (epochs - before)
      bar.update(
        complete / epochs,
        `Epoch ${epoch}/${epochs}`,
        inSession > 0 ? `${clock(elapsed / inSession - elapsed)} left` : '',
      )
    },

    epoch: timed => {
      bar.clear()
      if (quiet) return
      const accuracy = selectionAccuracy(timed.report) ?? -1
      const print = (accuracy > best ? env.highlight : undefined) ?? env.out
      best = Math.max(best, accuracy)
      print(lineOf(timed))
    },

    clear: bar.clear,

    end: ({ outcome, epochs: done, seconds, last, best, saved, run, over }) => {
      bar.clear()
      const accuracy = ({ evaluation }: EpochMetrics): string =>
        evaluation === undefined ? '' : percentOf(evaluation.correct, evaluation.n)
      if (outcome !== 'done') return
      env.out(
        (last !== undefined && best !== undefined
          ? `Accuracy on the ${config.evaluateOn} set of ${data}: ${accuracy(last)}` +
            (best === last ? '. ' : `; ${bestWords(config)} after epoch ${best.epoch}: ${accuracy(best)}. `)
          : '') +
          `${counted(done, 'epoch')} in ${clock(seconds)}${over === undefined ? '' : `; stopped early: ${over}`}.`,
      )
      const kept = saved ?? (run === undefined ? undefined : join(run, 'model.json'))
      if (kept !== undefined && (saved !== undefined || !quiet)) {
        env.out(`Saved: ${kept}`)
        env.out(`To evaluate it: ${shellCommand('evaluate', `--model ${shellQuoted(kept)}`)}`)
      }
      if (run !== undefined && !quiet) env.out(`Report: ${join(run, 'report.html')}`)
    },
  }
}

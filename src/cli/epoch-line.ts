/**
 * The line that `train` prints for an epoch, as wide as the terminal allows.
 */
import { grouped, percentOf } from '../format.ts'
import { MONITORS } from '../core/metrics.ts'
import type { EpochMetrics } from '../core/train.ts'
import type { TimedEpoch } from '../runs/history.ts'
import { epochSize, type RunConfig } from '../runs/run-plan.ts'

/** Images per second, of those that were timed. */
export const trainingSpeed = (config: RunConfig, { seconds, resumedAt = 0 }: TimedEpoch): number =>
  Math.round((epochSize(config) - resumedAt) / Math.max(seconds, 1e-6))

/** The width of a line that is not printed on a terminal. */
const WITHOUT_TERMINAL = 99

/** How a number of correct predictions is written. */
type Share = (correct: number, n: number) => string

/** The monitors of one set that were asked for, such as `["9392 / 10000", "cost 0.4127"]`. */
const monitorsOf = (
  { monitor: asked }: RunConfig,
  set: 'evaluation' | 'training',
  report: EpochMetrics,
  share: Share,
): readonly string[] => {
  const of = report[set]
  if (of === undefined) return []
  return MONITORS.filter(monitor => asked.includes(monitor) && monitor.startsWith(set))
    .reverse()
    .map(monitor => (monitor.endsWith('Cost') ? `cost ${of.cost.toPrecision(4)}` : share(of.correct, of.n)))
}

/** The line with everything, then the same line shorter and shorter. */
const variants = (config: RunConfig, timed: TimedEpoch): readonly string[] => {
  const { report, seconds } = timed
  // as the book's program prints it
  const [first = 'training complete', ...more] = monitorsOf(
    config,
    'evaluation',
    report,
    (correct, n) => `${correct} / ${n}`,
  )
  const head = `Epoch ${report.epoch}: ${first}`.padEnd(`Epoch ${config.epochs}: ${first}`.length)
  const training = (share: Share): readonly string[] => {
    const monitors = monitorsOf(config, 'training', report, share)
    return monitors.length > 0 ? [`training ${monitors.join('  ')}`] : []
  }
  const inFull = training((correct, n) => `${grouped(correct)} / ${grouped(n)}`)
  const inShort = training(percentOf)
  const time = `${seconds.toFixed(2)} s`
  return [
    [head, ...more, ...inFull, time, `${grouped(trainingSpeed(config, timed))} images/s`],
    [head, ...more, ...inFull, time],
    [head, ...more, ...inShort, time],
    [head, ...more, ...inShort],
    [head, ...more],
    [head],
  ].map(parts => parts.join('   '))
}

/**
 * Writes the lines of the epochs of a run. What was left out of one line, because it was too long, is left out of the
 * following lines too, so that they all look alike.
 *
 * @param columns the width of the terminal; undefined without one
 */
export const epochLines = (
  config: RunConfig,
  columns = WITHOUT_TERMINAL,
): ((timed: TimedEpoch) => string) => {
  let shortest = 0
  return timed => {
    const all = variants(config, timed)
    while (shortest < all.length - 1 && all[shortest]!.length > columns) shortest++
    return all[shortest]!
  }
}

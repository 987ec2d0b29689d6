/**
 * The progress of an experiment: a bar on a terminal, elsewhere a line for each result.
 */
import { clock } from '../format.ts'
import { noProgressBar, type Env } from '../io/env.ts'
import { rarely } from './rarely.ts'
import type { Trial, TrialResult, TrialResults } from './trial.ts'

/** A number of trials, and how long they take together, in any unit. */
export type WorkAmount = { readonly trials: number; readonly work: number }

/**
 * The seconds that remain, if every trial has a fixed cost beside its work; NaN if nothing is known. Short trials, which come
 * first, are mostly fixed cost: without it the time of the long ones would be overestimated many times.
 *
 * @param elapsed in seconds
 * @param perWork the seconds of one unit of work within a trial; undefined: the fixed cost is not known, and counts as 0
 * @param atOnce the number of trials that run at a time
 */
export const secondsLeft = (
  elapsed: number,
  done: WorkAmount,
  left: WorkAmount,
  perWork: number | undefined,
  atOnce: number,
): number => {
  if (perWork === undefined) return done.work > 0 ? (elapsed / done.work) * left.work : NaN
  const working = Math.min(elapsed, (perWork / atOnce) * done.work)
  const fixed = done.trials > 0 ? (elapsed - working) / done.trials : 0
  return fixed * left.trials + (perWork / atOnce) * left.work
}

/** What the progress is measured and shown by. */
export type ProgressOptions = {
  /** How long a trial takes, in any unit. */
  readonly workOf: (trial: Trial) => number
  /** The trials that remain, as far as it is known. */
  readonly remaining: (results: TrialResults) => WorkAmount
  /** A trial and its result, in a few words. */
  readonly describe: (trial: Trial, result: TrialResult) => string
}

export type TrialProgress = {
  /** A trial is done to this share, 0 to 1. */
  readonly share: (trial: Trial, share: number) => void
  readonly result: (trial: Trial, result: TrialResult) => void
  readonly clear: () => void
}

/** @param results those so far; the caller adds to them */
export const trialProgress = (
  env: Env,
  { workOf, remaining, describe }: ProgressOptions,
  results: TrialResults,
): TrialProgress => {
  const bar = env.bar ?? noProgressBar
  const began = env.now()
  const whole = remaining(new Map())
  const atFirst = remaining(results)
  const shares = new Map<string, { readonly work: number; readonly at: number }>()
  // within trials, from one report to the next
  const measured = { work: 0, seconds: 0 }
  let atOnce = 1
  let left = atFirst
  const update = rarely(env, () => {
    const known = remaining(results)
    const begun = [...shares.values()].reduce((sum, { work }) => sum + work, 0)
    // a trial that runs has had most of its fixed cost
    left = { trials: Math.max(0, known.trials - shares.size), work: known.work - begun }
  })
  const timeLeft = (): string => {
    const seconds = secondsLeft(
      (env.now() - began) / 1000,
      { trials: atFirst.trials - left.trials, work: atFirst.work - left.work },
      left,
      measured.work > 0 ? measured.seconds / measured.work : undefined,
      atOnce,
    )
    return Number.isFinite(seconds) ? `${clock(seconds)} left` : ''
  }
  return {
    share: (trial, share) => {
      const now = { work: share * workOf(trial), at: env.now() }
      const before = shares.get(trial.id)
      if (before !== undefined && now.work > before.work) {
        measured.work += now.work - before.work
        measured.seconds += (now.at - before.at) / 1000
      }
      shares.set(trial.id, now)
      atOnce = Math.max(atOnce, shares.size)
      update()
      bar.update(1 - left.work / whole.work, 'Trials', timeLeft())
    },
    result: (trial, result) => {
      shares.delete(trial.id)
      update()
      if (env.bar === undefined) env.log(`${describe(trial, result)}   ${timeLeft()}`)
    },
    clear: bar.clear,
  }
}

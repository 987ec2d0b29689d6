/**
 * The progress of an experiment: a bar on a terminal, elsewhere a line for each result.
 */
import { clock } from '../format.ts'
import { noProgressBar, type Env } from '../io/env.ts'
import { rarely } from './rarely.ts'
import type { Trial, TrialResult, TrialResults } from './trial.ts'

/** What the progress is measured and shown by. */
export type ProgressOptions = {
  /** How long a trial takes, in any unit. */
  readonly workOf: (trial: Trial) => number
  /** How long all remaining trials take, as far as it is known, in the same unit. */
  readonly remaining: (results: TrialResults) => number
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
  const shares = new Map<string, number>()
  let left = atFirst
  const update = rarely(env, () => {
    left = remaining(results) - [...shares.values()].reduce((sum, share) => sum + share, 0)
  })
  const timeLeft = (): string => {
    const seconds = ((env.now() - began) / 1000 / (atFirst - left)) * left
    return Number.isFinite(seconds) ? `${clock(seconds)} left` : ''
  }
  return {
    share: (trial, share) => {
      shares.set(trial.id, share * workOf(trial))
      update()
      bar.update(1 - left / whole, 'Trials', timeLeft())
    },
    result: (trial, result) => {
      shares.delete(trial.id)
      update()
      if (env.bar === undefined) env.log(`${describe(trial, result)}   ${timeLeft()}`)
    },
    clear: bar.clear,
  }
}

/**
 * The power of a rule: how often a study would give each answer, if the differences of its searches were normal with a known
 * mean and spread. It is counted in simulated studies, so all looks are in it.
 */
import { fold, key, normalNumbers } from '../core/rng.ts'
import { looksSoFar, type Look, type LookAnswer, type LookRule } from './looks.ts'
import { mean } from './moments.ts'

export type AnswerRates = Readonly<Record<LookAnswer, number>> & {
  /** The mean number of searches of each arm at the end. */
  readonly searches: number
}

/** How often studies that ended with these looks gave each answer. */
export const ratesOf = (ends: readonly Look[]): AnswerRates => {
  const share = (of: LookAnswer): number => ends.filter(({ answer }) => answer === of).length / ends.length
  return {
    better: share('better'),
    equivalent: share('equivalent'),
    undecided: share('undecided'),
    searches: mean(ends.map(({ searches }) => searches)),
  }
}

/** @param truth the mean and the standard deviation of the differences of searches, in points */
export const answerRates = (
  rule: LookRule,
  truth: { readonly effect: number; readonly deviation: number },
  studies = 1000,
): AnswerRates =>
  ratesOf(
    Array.from({ length: studies }, (_, i) => {
      const drawn = normalNumbers(fold(key(0), i), rule.looks.at(-1)!)
      return looksSoFar(
        rule,
        Array.from(drawn, x => truth.effect + truth.deviation * x),
      ).at(-1)!
    }),
  )

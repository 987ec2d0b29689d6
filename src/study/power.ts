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

/**
 * The rates for each true difference.
 *
 * @param effects the means of the differences of searches, in points
 * @param deviation their standard deviation
 */
export const answerRates = (
  rule: LookRule,
  { effects, deviation }: { readonly effects: readonly number[]; readonly deviation: number },
  studies = 1000,
): readonly AnswerRates[] => {
  // each effect has the same draws: so the rows differ by the effect alone
  const draws = Array.from({ length: studies }, (_, i) =>
    Array.from(normalNumbers(fold(key(0), i), rule.looks.at(-1)!), x => deviation * x),
  )
  const endOf = (differences: readonly number[]): Look => looksSoFar(rule, differences).at(-1)!
  return effects.map(effect => ratesOf(draws.map(drawn => endOf(drawn.map(x => effect + x)))))
}

/**
 * Studies with a known truth, to count how often the rule of src/study/looks.ts gives each answer: the differences of searches are
 * drawn, from a mean, the luck of the search and the luck of the seeds.
 */
import { fold, generator, key, normalNumbers, type Key } from '../src/core/rng.ts'
import { mean } from '../src/study/moments.ts'
import { lookAt, looksSoFar, type Look, type LookRule } from '../src/study/looks.ts'
import { ratesOf, type AnswerRates } from '../src/study/power.ts'
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'

/** How the luck of a search is distributed; each has the mean 0 and the standard deviation 1. */
export const lucks = {
  normal: (of: Key): number => normalNumbers(of, 1)[0]!,
  /** Most winners are good, some are poor: an exponential distribution to one side. */
  skewed: (of: Key): number => 1 + Math.log(1 - uniformFloat64(generator(of))),
  /** One winner of ten is much worse. */
  'one of ten': (of: Key): number => (uniformFloat64(generator(of)) < 0.1 ? -3 : 1 / 3),
} as const

export type Truth = {
  /** The true difference, in points. */
  readonly effect: number
  /** The standard deviations of the luck of a search, and of the difference of two runs with one seed, in points. */
  readonly search: number
  readonly seed: number
  /** The seeds of each winner. */
  readonly seeds: number
  readonly luck: keyof typeof lucks
}

/** By the first study of the project, two runs of one seed differ with a standard deviation of 0.26 points. */
export const usualTruth = { search: 0.1, seed: 0.25, seeds: 10, luck: 'normal' } as const satisfies Omit<
  Truth,
  'effect'
>

/** The differences of a number of searches. */
export const drawnDifferences = (
  { effect, search, seed, seeds, luck }: Truth,
  count: number,
  of: Key,
): readonly number[] =>
  Array.from({ length: count }, (_, r) => {
    const here = fold(of, r)
    return (
      effect +
      search * lucks[luck](fold(here, 0)) +
      mean(Array.from(normalNumbers(fold(here, 1), seeds), noise => seed * noise))
    )
  })

/** How often a rule is wrong. */
export type ErrorRates = {
  /** Called better, although the true difference is delta or less, or lies on the other side. */
  readonly wronglyBetter: number
  /** Called equivalent, although the true difference is delta or more. */
  readonly wronglyEquivalent: number
}

/** How often studies that ended with these looks gave a wrong answer. */
export const errorsOf = ({ delta }: LookRule, effect: number, ends: readonly Look[]): ErrorRates => {
  const share = (has: (end: Look) => boolean): number => ends.filter(has).length / ends.length
  // the sign of the mean is the arm that is called better
  const isTrue = (mean: number): boolean => effect * Math.sign(mean) > delta
  return {
    wronglyBetter: share(({ answer, mean }) => answer === 'better' && !isTrue(mean)),
    wronglyEquivalent: share(({ answer }) => answer === 'equivalent' && Math.abs(effect) >= delta),
  }
}

export type Rates = AnswerRates &
  ErrorRates & {
    /** The true difference lies in the interval of every look. */
    readonly covered: number
  }

/** The share of simulated studies with each answer. */
export const rates = (rule: LookRule, truth: Truth, studies: number, seed = 0): Rates => {
  const { effect } = truth
  const ends = Array.from({ length: studies }, (_, i) => {
    const differences = drawnDifferences(truth, rule.looks.at(-1)!, fold(key(seed), i))
    const last = looksSoFar(rule, differences).at(-1)!
    const isCovered = rule.looks.every((_, k) => {
      const [low, high] = lookAt(rule, k, differences).interval
      return low <= effect && effect <= high
    })
    return { ...last, isCovered }
  })
  return {
    ...ratesOf(ends),
    ...errorsOf(rule, effect, ends),
    covered: ends.filter(({ isCovered }) => isCovered).length / studies,
  }
}

/**
 * The rule of a study that repeats its searches: at planned looks, the difference of the arms is better by more than
 * delta, equivalent within delta, or undecided; an undecided study goes on to its next look.
 *
 * The differences are one number for each search, the mean over the seeds of its winners. Searches are independent, so
 * Student's t interval of these means holds, whatever the variance within a search and between searches.
 *
 * Each look has its share of the promised error, and the shares add up to it (Bonferroni), so the promise holds for any
 * number of searches without a table of bounds for a joint distribution. The shares follow a spending function, the square of the
 * information (Kim and DeMets, 1987): the first looks spend little, so that the last one has three quarters or more of the
 * error where the searches double from look to look.
 */
import { meanIntervals, quantileOfT, type Interval } from './statistics.ts'
import { standardDeviation } from './moments.ts'

/** When a study looks at its differences, and what it promises. */
export type LookRule = {
  /** The numbers of searches of each arm at which it looks: each larger than the one before, the first 3 or more. */
  readonly looks: readonly number[]
  /** The smallest difference that matters, in points of test accuracy. */
  readonly delta: number
  /** The highest probability, over all looks, that an arm is wrongly called better; and that both are wrongly called equivalent. */
  readonly error: number
}

/** Looks after 5, 10 and 20 searches; a difference of ten images of ten thousand matters. */
export const lookDefaults: LookRule = { looks: [5, 10, 20], delta: 0.1, error: 0.05 }

/** The most searches of an arm. */
export const MOST_SEARCHES = 1000

/** Whether numbers of searches can be looks. */
export const areLooks = (looks: readonly number[]): boolean =>
  looks.length > 0 &&
  looks.every((n, k) => Number.isSafeInteger(n) && n > (looks[k - 1] ?? 2)) &&
  looks.at(-1)! <= MOST_SEARCHES

export type LookAnswer = 'better' | 'equivalent' | 'undecided'

/** What was seen at a look. Differences are in points, the second arm minus the first. */
export type Look = {
  /** The number of searches of each arm. */
  readonly searches: number
  /** The error that this look may spend. */
  readonly error: number
  readonly mean: number
  /** Contains the true mean at all looks at once, with the probability 1 - the error of the rule. */
  readonly interval: Interval
  /** The interval of the two one-sided tests of equivalence: its ends are one-sided bounds with this look's error each. */
  readonly inner: Interval
  readonly answer: LookAnswer
}

/** The share of the error that is spent when this share of the searches is done. */
const spent = (share: number): number => share ** 2

/** The error that each look may spend; their sum is the error of the rule. */
export const errorsOf = ({ looks, error }: LookRule): readonly number[] => {
  const last = looks.at(-1)!
  return looks.map((n, k) => error * (spent(n / last) - spent((looks[k - 1] ?? 0) / last)))
}

/**
 * One look.
 *
 * @param k the number of the look, from 0
 * @param differences of the searches, in their order, as many as the look needs or more
 */
export const lookAt = (rule: LookRule, k: number, differences: readonly number[]): Look => {
  const seen = differences.slice(0, rule.looks[k])
  const error = errorsOf(rule)[k]!
  const { mean, intervals } = meanIntervals(seen, [error, 2 * error])
  const [interval, inner] = intervals as [Interval, Interval]
  const { delta } = rule
  return {
    ...{ searches: seen.length, error, mean, interval, inner },
    answer:
      interval[0] > delta || interval[1] < -delta
        ? 'better'
        : inner[0] > -delta && inner[1] < delta
          ? 'equivalent'
          : 'undecided',
  }
}

/** The looks that these differences allow: up to the first that decides. */
export const looksSoFar = (rule: LookRule, differences: readonly number[]): readonly Look[] => {
  const all = rule.looks.filter(n => n <= differences.length).map((_, k) => lookAt(rule, k, differences))
  const decided = all.findIndex(({ answer }) => answer !== 'undecided')
  return decided < 0 ? all : all.slice(0, decided + 1)
}

/** The most searches that are proposed for a sharper answer. */
const MOST_PROPOSED = 100_000

/**
 * The searches after which the interval of a new study with one look would have this half-width, if its differences had
 * the same standard deviation; Infinity if more than 100,000.
 *
 * @param differences in points, two or more
 */
export const searchesForWidth = (
  differences: readonly number[],
  halfWidth: number,
  error: number,
): number => {
  const sd = standardDeviation(differences)
  if (sd === 0) return 2
  const widthOf = (n: number): number => (sd / Math.sqrt(n)) * quantileOfT(1 - error / 2, n - 1)
  if (widthOf(MOST_PROPOSED) > halfWidth) return Infinity
  let [low, high] = [1, MOST_PROPOSED]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (widthOf(middle) > halfWidth) low = middle
    else high = middle
  }
  return high
}

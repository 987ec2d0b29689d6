/**
 * The statistics of paired runs: two arms, the same n seeds, one difference per seed.
 *
 * Cases without an answer are defined, instead of NaN: too few differences have an infinite interval and a p-value of
 * 1, so that nothing is concluded from them. A NaN in the data is a programming error.
 */
import jStat from 'jstat'
import { mean, standardDeviation, sum } from './moments.ts'

/**
 * The p-quantile, with linear interpolation between neighbours (as NumPy does by default): 0 is the minimum, ½ the
 * median, 1 the maximum. Infinity is allowed. NaN of an empty list.
 */
export const quantile = (xs: readonly number[], p: number): number => {
  if (xs.length === 0) return NaN
  const sorted = [...xs].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0))
  const at = p * (xs.length - 1)
  const [low, high] = [sorted[Math.floor(at)]!, sorted[Math.ceil(at)]!]
  return low === high ? low : low + (at - Math.floor(at)) * (high - low)
}

export type Interval = readonly [low: number, high: number]

export type PairedT = {
  readonly n: number
  readonly mean: number
  /** The 95 % confidence interval of the mean. */
  readonly interval: Interval
  /** Of the two-sided paired t-test that the mean is 0. */
  readonly p: number
  /** Cohen's d for paired data, d_z: the mean over the standard deviation of the differences. */
  readonly effect: number
}

/**
 * Student's t-test on differences.
 *
 * - all differences equal: the interval is that point, p is 0 and d_z infinite; all 0: p is 1 and d_z is 0
 * - n = 1 or 0: the interval is infinite, p is 1, d_z is NaN; for n = 0 the mean is NaN too
 */
export const pairedT = (differences: readonly number[]): PairedT => {
  demandNumbers(differences)
  const n = differences.length
  const { mean: centre, interval } = meanInterval(differences, 0.05)
  if (n < 2) return { n, mean: centre, interval, p: 1, effect: NaN }
  const effect = centre === 0 ? 0 : centre / standardDeviation(differences)
  const df = n - 1
  // P(|T| ≥ |t|) = I_x(df/2, ½) with x = df / (df + t²), which keeps its digits far out in the tail
  const p = jStat.ibeta(df / (df + n * effect ** 2), df / 2, 0.5)
  return { n, mean: centre, interval, p, effect }
}

/** The quantile p of Student's t distribution. */
export const quantileOfT = (p: number, df: number): number => {
  const x = jStat.ibetainv(2 * Math.min(p, 1 - p), df / 2, 0.5)
  return Math.sign(p - 0.5) * Math.sqrt((df * (1 - x)) / x)
}

/**
 * The mean, and its confidence interval of the level 1 - error by Student's t distribution, for each of some errors. They are
 * infinite for n = 1 or 0; the mean of an empty list is NaN.
 */
export const meanIntervals = (
  differences: readonly number[],
  errors: readonly number[],
): { readonly mean: number; readonly intervals: readonly Interval[] } => {
  demandNumbers(differences)
  const n = differences.length
  if (n < 2) return { mean: mean(differences), intervals: errors.map(() => [-Infinity, Infinity]) }
  const sd = standardDeviation(differences)
  const centre = sd === 0 ? differences[0]! : mean(differences)
  const intervals = errors.map((error): Interval => {
    const half = (quantileOfT(1 - error / 2, n - 1) * sd) / Math.sqrt(n)
    return [centre - half, centre + half]
  })
  return { mean: centre, intervals }
}

/** The mean, and its confidence interval of the level 1 - error. */
export const meanInterval = (
  differences: readonly number[],
  error: number,
): { readonly mean: number; readonly interval: Interval } => {
  const { mean, intervals } = meanIntervals(differences, [error])
  return { mean, interval: intervals[0]! }
}

/**
 * The exact two-sided p-value of Wilcoxon's signed-rank test that the differences are symmetric about 0. It does not
 * assume a normal distribution, and is robust to outliers. Zeros are dropped, ties share their mean rank. 1 for an empty
 * list.
 */
export const wilcoxon = (differences: readonly number[]): number => {
  demandNumbers(differences)
  const nonZero = differences.filter(d => d !== 0)
  const sizes = nonZero.map(Math.abs)
  // twice the rank, so that a shared rank stays whole
  const ranks = sizes.map(
    size => 2 * sizes.filter(s => s < size).length + sizes.filter(s => s === size).length + 1,
  )
  const positive = sum(ranks.filter((_, i) => nonZero[i]! > 0))
  const chances = ranks.reduce<readonly number[]>(addSign, [1])
  return twoSided(chances, positive)
}

/** The exact two-sided p-value of the sign test: of `wins` and `losses`, if both are equally likely. 1 for none. */
export const signTest = (wins: number, losses: number): number =>
  twoSided(Array.from({ length: wins + losses }, () => 1).reduce<readonly number[]>(addSign, [1]), wins)

/** The quantile 0.975 of the normal distribution. */
const Z = 1.959963984540054

/** Wilson's 95 % interval of a rate, of which `count` of n cases were seen; n is 1 or more. */
export const wilsonInterval = (count: number, n: number): Interval => {
  const rate = count / n
  const shrinkage = 1 + Z ** 2 / n
  const centre = (rate + Z ** 2 / (2 * n)) / shrinkage
  const half = (Z / shrinkage) * Math.sqrt((rate * (1 - rate)) / n + (Z / (2 * n)) ** 2)
  // at its ends the interval ends exactly, whatever the rounding
  return [count === 0 ? 0 : centre - half, count === n ? 1 : centre + half]
}

/** Holm's correction of p-values for multiple tests, in the order of the list. */
export const holm = (ps: readonly number[]): readonly number[] => {
  const adjusted = [...ps]
  const order = ps.map((_, i) => i).sort((i, j) => ps[i]! - ps[j]!)
  order.reduce((largest, i, k) => (adjusted[i] = Math.max(largest, Math.min(1, (ps.length - k) * ps[i]!))), 0)
  return adjusted
}

/** The distribution of a sum, after one more term, which is `rank` or 0 with equal probability. */
const addSign = (chances: readonly number[], rank: number): readonly number[] =>
  Array.from({ length: chances.length + rank }, (_, s) => ((chances[s] ?? 0) + (chances[s - rank] ?? 0)) / 2)

/** Twice the smaller tail; `seen` is part of both tails. */
const twoSided = (chances: readonly number[], seen: number): number =>
  Math.min(1, 2 * Math.min(sum(chances.slice(0, seen + 1)), sum(chances.slice(seen))))

const demandNumbers = (xs: readonly number[]): void => {
  if (!xs.every(Number.isFinite))
    throw new Error(`statistics of ${String(xs)}: every difference must be a finite number`)
}

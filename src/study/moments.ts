/**
 * The mean and the standard deviation of a list of numbers. They are apart from the tests in statistics.ts, whose library a
 * report does not load.
 */

export const sum = (xs: readonly number[]): number => xs.reduce((total, x) => total + x, 0)

export const mean = (xs: readonly number[]): number => sum(xs) / xs.length

/** The sample standard deviation, with n - 1. NaN for n < 2. */
export const standardDeviation = (xs: readonly number[]): number => {
  if (xs.length < 2) return NaN
  // of equal numbers it is exactly 0, although their mean may be rounded
  if (xs.every(x => x === xs[0])) return 0
  const centre = mean(xs)
  return Math.sqrt(sum(xs.map(x => (x - centre) ** 2)) / (xs.length - 1))
}

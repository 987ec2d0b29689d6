/**
 * The range of a list of numbers.
 */

/** The smallest and the largest of a list of any length; of an empty one, Infinity and -Infinity. NaN if one is. */
export const extent = (xs: Iterable<number>): readonly [min: number, max: number] => {
  let [min, max] = [Infinity, -Infinity]
  // not Math.max(...xs): a call takes some 100,000 arguments at most
  for (const x of xs) [min, max] = [Math.min(min, x), Math.max(max, x)]
  return [min, max]
}

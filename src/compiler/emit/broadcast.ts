/**
 * How an input of an element-wise kernel is read for each vector of the result.
 */

export type Broadcast = 'full' | 'row' | 'column' | 'scalar'

/** The way to read one shape for another; undefined where a loop of rows and vectors has none. */
export const broadcastOf = (from: readonly number[], to: readonly number[]): Broadcast | undefined => {
  const shape = [...to.map(() => 1), ...from].slice(-Math.max(to.length, 1))
  const front = shape.slice(0, -1)
  const last = shape.at(-1) === (to.at(-1) ?? 1)
  if (from.every(size => size === 1)) return 'scalar'
  if (last && front.every((size, i) => size === to[i])) return 'full'
  if (last && front.every(size => size === 1)) return 'row'
  return shape.at(-1) === 1 && front.every((size, i) => size === to[i]) ? 'column' : undefined
}

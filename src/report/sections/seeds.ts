/**
 * Accuracies over several seeds, as the cells of a table.
 */
import { percent } from '../numbers.ts'
import { summarize } from '../summary.ts'

/** Three cells: the mean with its standard deviation, the minimum and the maximum; empty without runs. */
export const overSeeds = (accuracies: readonly number[]): readonly string[] => {
  if (accuracies.length === 0) return ['', '', '']
  const { mean, deviation, min, max } = summarize(accuracies)
  const spreading = deviation === undefined ? '' : ` ± ${(100 * deviation).toFixed(2)}`
  return [percent(mean) + spreading, percent(min), percent(max)]
}

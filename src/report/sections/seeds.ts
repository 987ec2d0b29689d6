/**
 * Accuracies over several seeds, as the cells of a table.
 */
import { percent } from '../numbers.ts'
import { summarize } from '../summary.ts'

/** The mean with its standard deviation, the lowest and the highest: three cells, empty when there is no run. */
export const overSeeds = (accuracies: readonly number[]): readonly string[] => {
  if (accuracies.length === 0) return ['', '', '']
  const { mean, deviation, min, max } = summarize(accuracies)
  const spreading = deviation === undefined ? '' : ` ± ${(100 * deviation).toFixed(2)}`
  return [percent(mean) + spreading, percent(min), percent(max)]
}

/**
 * The author's own runs, replayed from his seed, and compared with the counts that he published.
 *
 * The replay computes in float32 and his program in float64: close to a tie, an image may be classified differently.
 */
import type { KeyFigures } from './published.ts'
import { extent } from '../extent.ts'
import { counted } from '../format.ts'

/** How the counts of a replay differ from the published ones. */
export type Comparison = {
  readonly epochs: number
  /** The number of epochs with exactly the published count. */
  readonly equal: number
  readonly largest: number
  /** The first epoch with the largest difference, from 1. */
  readonly at: number
}

/** Compares epoch by epoch, up to the end of the shorter list. */
export const compareCounts = (ours: readonly number[], theirs: readonly number[]): Comparison => {
  const epochs = Math.min(ours.length, theirs.length)
  const differences = Array.from({ length: epochs }, (_, i) => Math.abs(ours[i]! - theirs[i]!))
  const largest = Math.max(0, extent(differences)[1])
  return {
    epochs,
    equal: differences.filter(difference => difference === 0).length,
    largest,
    at: differences.indexOf(largest) + 1,
  }
}

/** How a replay differs from the key figures alone. The book counts epochs from 0, this program from 1. */
export const compareFacts = (ours: readonly number[], { first, best }: KeyFigures): string => {
  const [, found] = extent(ours)
  return (
    `After the first epoch ${ours[0] ?? 'none'} (published ${first.evaluationAccuracy}); ` +
    `at best ${found} after epoch ${ours.indexOf(found) + 1} (published ${best.evaluationAccuracy} after epoch ${best.epoch + 1})`
  )
}

/** Such as `400 of 400 epochs have the published count`. */
export const describeComparison = ({ epochs, equal, largest, at }: Comparison): string =>
  `${equal} of ${counted(epochs, 'epoch')} have the published count` +
  (largest === 0 ? '' : `; the largest difference is ${largest}, after epoch ${at}`)

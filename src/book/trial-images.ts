/**
 * How many images a trial trains on, those of an expanded training set included.
 */
import { DEFAULT_COPIES, expandedSize } from '../data/expand.ts'
import type { Expansion } from '../data/expansion.ts'
import { expansions } from '../data/expansions/index.ts'
import type { Trial } from '../study/trial.ts'

export type TrialImages = {
  /** The images that each epoch trains on. */
  readonly epoch: number
  /** The distorted copies that are made for all epochs together. */
  readonly copies: number
}

/** @param available the number of training images of the data */
export const trialImages = ({ flags, epochs }: Trial, available: number): TrialImages => {
  const size = Math.min(Number(flags['train-size'] ?? available), available)
  const { expand } = flags
  if (expand === undefined || !(expand in expansions)) return { epoch: size, copies: 0 }
  if (flags['expand-each-epoch'] === 'true') return { epoch: size, copies: size * epochs }
  const { fixedCopies }: Expansion = expansions[expand as keyof typeof expansions]
  const copies = Number(flags['expand-copies'] ?? fixedCopies ?? DEFAULT_COPIES)
  return { epoch: expandedSize(size, copies), copies: size * copies }
}

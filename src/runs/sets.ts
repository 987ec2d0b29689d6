/**
 * The sets of a run as tensors, which the caller owns.
 */
import type { Batch } from '../core/network.ts'
import { dispose } from '../core/scope.ts'
import type { TrainSets } from '../core/train.ts'
import { toBatch } from '../data/batch.ts'
import type { Examples } from '../data/dataset.ts'
import type { PlannedRun } from './run-plan.ts'

/** The sets of a run: the one to train on, and those that the monitors need. */
export const toSets = (
  { config: { sizes, monitor }, training, evaluation, selection }: PlannedRun,
  batchOf = (examples: Examples): Batch => toBatch(examples, sizes.at(-1)!),
): TrainSets => {
  const observes = (set: string): boolean => monitor.some(name => name.startsWith(set))
  const batch = batchOf(training)
  return {
    training: batch,
    observed: {
      training: observes('training') ? batch : undefined,
      evaluation: evaluation !== undefined && observes('evaluation') ? batchOf(evaluation) : undefined,
      selection: selection === undefined ? undefined : batchOf(selection),
    },
  }
}

/** The same sets with another training set. */
export const withTraining = ({ observed }: TrainSets, training: Batch): TrainSets => ({
  training,
  observed: { ...observed, training: observed.training === undefined ? undefined : training },
})

export const disposeSets = ({ training, observed: { evaluation, selection } }: TrainSets): void =>
  dispose([training, evaluation ?? [], selection ?? []])

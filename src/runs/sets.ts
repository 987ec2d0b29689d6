/**
 * Examples as tensors, which the caller owns.
 */
import { tensor2d } from '@tensorflow/tfjs-core'
import { targets, inputValues, type Examples } from '../data/dataset.ts'
import type { Batch } from '../core/network.ts'
import { dispose } from '../core/scope.ts'
import type { TrainSets } from '../core/train.ts'
import type { PlannedRun } from './run-plan.ts'

/** A batch for a network with this number of outputs. */
export const toBatch = ({ size, inputs, desired: desired }: Examples, outputs: number): Batch => ({
  x: tensor2d(inputValues(inputs), [size, inputs.width]),
  y: tensor2d(targets(desired, outputs), [size, outputs]),
})

/** The sets of a run: the one to train on, and those that the monitors need. */
export const toSets = ({
  config: { sizes, monitor },
  training,
  evaluation,
  selection,
}: PlannedRun): TrainSets => {
  const outputs = sizes.at(-1)!
  const observes = (set: string): boolean => monitor.some(name => name.startsWith(set))
  const batch = toBatch(training, outputs)
  return {
    training: batch,
    observed: {
      training: observes('training') ? batch : undefined,
      evaluation:
        evaluation !== undefined && observes('evaluation') ? toBatch(evaluation, outputs) : undefined,
      selection: selection === undefined ? undefined : toBatch(selection, outputs),
    },
  }
}

export const disposeSets = ({ training, observed: { evaluation, selection } }: TrainSets): void =>
  dispose([training, evaluation ?? [], selection ?? []])

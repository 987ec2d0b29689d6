/**
 * Examples as tensors, which the caller owns.
 */
import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import { targets, PIXEL_DIVISOR, type Examples } from '../data/dataset.ts'
import { byteTensor } from '../core/byte-tensor.ts'
import type { Batch } from '../core/network.ts'
import { dispose } from '../core/scope.ts'
import type { TrainSets } from '../core/train.ts'
import type { PlannedRun } from './run-plan.ts'

/** Numbers as a tensor; bytes stay bytes. */
const matrix = (numbers: Uint8Array | Float32Array, shape: [number, number], divisor: number): Tensor2D =>
  numbers instanceof Uint8Array ? byteTensor(numbers, shape, divisor) : tensor2d(numbers, shape)

/** A batch for a network with this number of outputs. */
export const toBatch = ({ size, inputs, desired }: Examples, outputs: number): Batch => ({
  x: matrix(inputs.kind === 'bytes' ? inputs.bytes : inputs.floats, [size, inputs.width], PIXEL_DIVISOR),
  y: matrix(targets(desired, outputs), [size, outputs], 1),
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

/** The same sets with another training set. */
export const withTraining = ({ observed }: TrainSets, training: Batch): TrainSets => ({
  training,
  observed: { ...observed, training: observed.training === undefined ? undefined : training },
})

export const disposeSets = ({ training, observed: { evaluation, selection } }: TrainSets): void =>
  dispose([training, evaluation ?? [], selection ?? []])

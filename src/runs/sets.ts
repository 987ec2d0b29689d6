/**
 * Examples as tensors. Who makes them owns them.
 */
import { tensor2d } from '@tensorflow/tfjs-core'
import { targets, values, type Examples } from '../data/dataset.ts'
import type { Batch } from '../core/network.ts'
import { free } from '../core/scope.ts'
import type { Sets } from '../core/train.ts'
import type { Run } from './run-plan.ts'

/** A batch for a network with so many outputs. */
export const toBatch = ({ size, inputs, answers }: Examples, outputs: number): Batch => ({
  x: tensor2d(values(inputs), [size, inputs.width]),
  y: tensor2d(targets(answers, outputs), [size, outputs]),
})

/** The sets of a run: the one to train on, and those that a monitor asks for. */
export const toSets = ({ config: { sizes, monitor }, training, evaluation }: Run): Sets => {
  const outputs = sizes.at(-1)!
  const observes = (set: string): boolean => monitor.some(name => name.startsWith(set))
  const batch = toBatch(training, outputs)
  return {
    training: batch,
    observed: {
      training: observes('training') ? batch : undefined,
      evaluation:
        evaluation !== undefined && observes('evaluation') ? toBatch(evaluation, outputs) : undefined,
    },
  }
}

export const freeSets = ({ training, observed: { evaluation } }: Sets): void =>
  free([training, evaluation ?? []])

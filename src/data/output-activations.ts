/**
 * What a network answers to inputs in memory.
 */
import { tensor2d } from '@tensorflow/tfjs-core'
import { feedforward, type Network } from '../core/network.ts'
import { toParams, type LayerValues } from '../core/params.ts'
import { dispose, withTensors } from '../core/scope.ts'
import { inputValues, sliceExamples, type Inputs } from './dataset.ts'

/** Memory does not grow with the set. */
const AT_ONCE = 1000

const NONE = new Uint8Array()

/** The activations of the output neurons for n inputs, [n, j_L], computed chunk by chunk. */
export const outputActivations = (
  network: Network,
  layers: readonly LayerValues[],
  inputs: Inputs,
  size: number,
): Float32Array => {
  const outputs = layers.at(-1)!.outputs
  const all = new Float32Array(size * outputs)
  const params = toParams(layers)
  try {
    for (let from = 0; from < size; from += AT_ONCE) {
      const some = sliceExamples(
        from,
        from + AT_ONCE,
      )({ size, inputs, desired: { kind: 'labels', labels: NONE } })
      const x = tensor2d(inputValues(some.inputs), [some.size, inputs.width])
      all.set(
        withTensors(
          () => feedforward(network)(params, x),
          a => a.dataSync<'float32'>(),
        ),
        from * outputs,
      )
      dispose(x)
    }
    return all
  } finally {
    dispose(params)
  }
}

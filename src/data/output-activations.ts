/**
 * What a network answers to inputs in memory.
 */
import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import { jit } from '../compiler/jit.ts'
import { feedforward, type Network } from '../core/network.ts'
import { toParams, type LayerValues, type Params } from '../core/params.ts'
import type { Interpreter } from '../core/scan.ts'
import { dispose, withTensors } from '../core/scope.ts'
import { inputValues, sliceExamples, type Inputs } from './dataset.ts'

/** Memory does not grow with the set. */
const AT_ONCE = 250

const NONE = new Uint8Array()

/** The activations of the output neurons for n inputs, [n, j_L], computed chunk by chunk. */
export const outputActivations = (
  interpreter: Interpreter,
  network: Network,
  layers: readonly LayerValues[],
  inputs: Inputs,
  size: number,
): Float32Array => {
  const outputs = layers.at(-1)!.outputs
  const all = new Float32Array(size * outputs)
  const params = toParams(layers)
  const activations = jit(interpreter)((given: { readonly params: Params; readonly x: Tensor2D }) =>
    feedforward(network)(given.params, given.x),
  )
  try {
    for (let from = 0; from < size; from += AT_ONCE) {
      const some = sliceExamples(
        from,
        from + AT_ONCE,
      )({ size, inputs, desired: { kind: 'labels', labels: NONE } })
      const x = tensor2d(inputValues(some.inputs), [some.size, inputs.width])
      all.set(
        withTensors(
          () => activations({ params, x }),
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

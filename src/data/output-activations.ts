/**
 * What a network answers to inputs in memory.
 */
import { gather, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { rowsInOrder } from '../core/chunked-scan.ts'
import { feedforward, type Network } from '../core/network.ts'
import { toParams, type LayerValues, type Params } from '../core/params.ts'
import type { Interpreter } from '../core/scan.ts'
import { dispose, using } from '../core/scope.ts'
import { inputTensor } from './batch.ts'
import type { Inputs } from './dataset.ts'

type Given = { readonly params: Params; readonly x: Tensor2D }

/** The activations of the output neurons for n inputs, [n, j_L]. */
export const outputActivations = (
  { stackedScan }: Interpreter,
  network: Network,
  layers: readonly LayerValues[],
  inputs: Inputs,
  size: number,
): Float32Array => {
  const outputs = layers.at(-1)!.outputs
  const all = new Float32Array(size * outputs)
  const activations = stackedScan<readonly [], Given, Tensor1D, Tensor2D>((_, { params, x }, rows) => [
    [],
    feedforward(network)(params, gather(x, rows)),
  ])
  const batches = rowsInOrder(size)
  const given: Given = { params: toParams(layers), x: inputTensor(inputs, size) }
  try {
    let from = 0
    for (const rows of batches)
      using(activations([], given, rows, [0, rows.shape[0]]), ({ ys }) => {
        const some = ys.dataSync<'float32'>()
        all.set(some, from)
        from += some.length
      })
    return all
  } finally {
    dispose([given, batches])
  }
}

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

/** The activations of the output neurons, [n, j_L], for inputs [n, j_0]; both arguments are borrowed. */
export type Answers = (params: Params, x: Tensor2D) => Float32Array

/** What any parameters of a network answer. It compiles once. */
export const answersOf = ({ stackedScan }: Interpreter, network: Network): Answers => {
  type Given = { readonly params: Params; readonly x: Tensor2D }
  const activations = stackedScan<readonly [], Given, Tensor1D, Tensor2D>((_, { params, x }, rows) => [
    [],
    feedforward(network)(params, gather(x, rows)),
  ])
  return (params, x) => {
    const all = new Float32Array(x.shape[0] * params.at(-1)!.b.shape[0])
    const batches = rowsInOrder(x.shape[0])
    try {
      let from = 0
      for (const rows of batches)
        using(activations([], { params, x }, rows, [0, rows.shape[0]]), ({ ys }) => {
          const some = ys.dataSync<'float32'>()
          all.set(some, from)
          from += some.length
        })
      return all
    } finally {
      dispose(batches)
    }
  }
}

/** The activations of the output neurons for n inputs, [n, j_L]. */
export const outputActivations = (
  interpreter: Interpreter,
  network: Network,
  layers: readonly LayerValues[],
  inputs: Inputs,
  size: number,
): Float32Array => {
  const given = { params: toParams(layers), x: inputTensor(inputs, size) }
  try {
    return answersOf(interpreter, network)(given.params, given.x)
  } finally {
    dispose(given)
  }
}

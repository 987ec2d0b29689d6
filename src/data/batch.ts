/**
 * Examples as tensors, which the caller owns.
 */
import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import { byteTensor } from '../core/byte-tensor.ts'
import type { Batch } from '../core/network.ts'
import { PIXEL_DIVISOR, targets, type Examples, type Inputs } from './dataset.ts'

/** Numbers as a tensor; bytes stay bytes. */
const matrix = (numbers: Uint8Array | Float32Array, shape: [number, number], divisor: number): Tensor2D =>
  numbers instanceof Uint8Array ? byteTensor(numbers, shape, divisor) : tensor2d(numbers, shape)

/** The inputs of n examples, [n, j_0]. */
export const inputTensor = (inputs: Inputs, n: number): Tensor2D =>
  matrix(inputs.kind === 'bytes' ? inputs.bytes : inputs.floats, [n, inputs.width], PIXEL_DIVISOR)

/** A batch for a network with this number of outputs. */
export const toBatch = ({ size, inputs, desired }: Examples, outputs: number): Batch => ({
  x: inputTensor(inputs, size),
  y: matrix(targets(desired, outputs), [size, outputs], 1),
})

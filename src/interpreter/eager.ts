/**
 * The plain interpreter: TensorFlow.js runs each operation as it is met, on any backend.
 */
import { tensor, type Tensor } from '@tensorflow/tfjs-core'
import { foldScoped } from '../scope.ts'
import type { Interpreter, Range } from './index.ts'

/** The rows of a tensor as tensors of their own, each made when its turn comes; the receiver frees them. */
function* rows(xs: Tensor, [from, to]: Range): Generator<() => Tensor> {
  const shape = xs.shape.slice(1)
  const length = shape.reduce((a, b) => a * b, 1)
  const values = xs.dataSync()
  for (let i = from; i < to; i++)
    yield () => tensor(values.subarray(i * length, (i + 1) * length), shape, xs.dtype)
}

export const eager: Interpreter = {
  name: 'eager',
  scan: f => {
    type State = Parameters<typeof f>[0]
    type Row = Parameters<typeof f>[2]
    return (s0, constants, xs, range) =>
      foldScoped((state: State, row: () => Tensor) => f(state, constants, row() as Row))(s0, rows(xs, range))
  },
  dispose: () => undefined,
}

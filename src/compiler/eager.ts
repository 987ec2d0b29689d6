/**
 * The plain interpreter: TensorFlow.js runs each operation as it is met, on any backend.
 */
import type { Tensor } from '@tensorflow/tfjs-core'
import { foldScoped } from '../core/scope.ts'
import type { Interpreter } from '../core/scan.ts'
import { rows } from './rows.ts'

export const eager: Interpreter = {
  name: 'eager',
  scan: f => {
    type State = Parameters<typeof f>[0]
    type Row = Parameters<typeof f>[2]
    return (s0, constants, xs, range) =>
      foldScoped((state: State, row: () => Tensor) => f(state, constants, row() as Row))(s0, rows(xs, range))
  },
  compilations: () => 0,
  dispose: () => undefined,
}

/**
 * The rows of stacked tensors, and the program of a step that is given one.
 */
import { tensor, type Tensor } from '@tensorflow/tfjs-core'
import { withTensors } from '../core/scope.ts'
import type { Tree } from '../core/tree.ts'
import type { StepRange } from '../core/scan.ts'
import type { Program } from './program.ts'
import { trace } from './trace.ts'

/** The rows in a range as tensors of their own, each made when its turn comes; the receiver frees them. */
export function* rows(xs: Tensor, [from, to]: StepRange): Generator<() => Tensor> {
  const shape = xs.shape.slice(1)
  const length = shape.reduce((a, b) => a * b, 1)
  const values = xs.dataSync()
  for (let i = from; i < to; i++)
    yield () => tensor(values.subarray(i * length, (i + 1) * length), shape, xs.dtype)
}

/** The program of a step, (state, constants, x) -> state, traced on the first row. */
export const traceStep = (
  f: (state: never, constants: never, x: never) => Tree,
  s0: Tree,
  constants: Tree,
  xs: Tensor,
): Program => {
  const [first] = rows(xs, [0, 1])
  if (first === undefined) throw new Error('a scan needs a row to be traced on')
  return withTensors(first, row =>
    trace(f, [
      ['', s0],
      ['', constants],
      ['x', row],
    ]),
  )
}

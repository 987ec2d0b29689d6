/**
 * The eager engine: TensorFlow.js runs each operation when it is called, on any backend. It defines the result that
 * the other engines must agree with.
 */
import { expandDims } from '@tensorflow/tfjs-core'
import type { Interpreter, StackedScan } from '../core/scan.ts'
import { map, type Tree } from '../core/tree.ts'
import { rows, type StackedStep } from './rows.ts'
import { checkedScan, foldStacked, scanOf } from './stacked-scan.ts'

const openScan =
  <S extends Tree, C extends Tree, X extends Tree, Y extends Tree>(
    f: StackedStep<S, C, X, Y>,
  ): StackedScan<S, C, X, Y> =>
  (s0, constants, xs, range) => {
    return foldStacked<S, () => X, Y>((before, row) => {
      const [state, y] = f(before, constants, row())
      return [state, map<Tree>(y, leaf => expandDims(leaf, 0))]
    })(s0, rows<X>(xs, range))
  }

const stackedScan = checkedScan(openScan)

/** The engine that compiles nothing: a step can be any function of tensors. */
export const eager: Interpreter = {
  name: 'eager',
  scan: scanOf(stackedScan),
  stackedScan,
  compilations: () => 0,
  dispose: () => undefined,
}

/**
 * The eager engine: TensorFlow.js runs each operation when it is called, on any backend. It defines the result that
 * the other engines must agree with.
 */
import { foldScoped } from '../core/scope.ts'
import type { Interpreter, Scan } from '../core/scan.ts'
import type { Tree } from '../core/tree.ts'
import { rows } from './rows.ts'

/** The engine that compiles nothing: a step can be any function of tensors. */
export const eager: Interpreter = {
  name: 'eager',
  scan:
    <S extends Tree, C extends Tree, X extends Tree>(f: (state: S, constants: C, x: X) => S): Scan<S, C, X> =>
    (s0, constants, xs, range) =>
      foldScoped((state: S, row: () => X) => f(state, constants, row()))(s0, rows<X>(xs, range)),
  compilations: () => 0,
  dispose: () => undefined,
}

/**
 * A pure function of tensors, compiled.
 */
import { reshape } from '@tensorflow/tfjs-core'
import { scoped, using } from '../core/scope.ts'
import { map, type Tree } from '../core/tree.ts'
import type { Interpreter } from '../core/scan.ts'
import { isTracing } from './trace.ts'

/**
 * Compiles any pure function of a tree of tensors: it is the output of the only step of a scan without a state.
 *
 * @param f a pure function
 * @returns a function that borrows its input; the caller owns its result. Called in a function that is being compiled, it becomes
 *          part of that program. It throws a CompileError if the function cannot be compiled
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { sqrt, square, sum, tensor1d, type Scalar, type Tensor1D } from '@tensorflow/tfjs-core'
 * import { jit, wasm } from 'network2/compiler'
 *
 * const norm = jit(wasm())((x: Tensor1D): Scalar => sqrt(sum<Scalar>(square(x))))
 * console.log(norm(tensor1d([3, 4])).dataSync()[0]) // 5
 * ```
 */
export const jit =
  ({ stackedScan }: Interpreter) =>
  <I extends Tree, O extends Tree>(f: (input: I) => O): ((input: I) => O) => {
    const once = stackedScan<readonly [], I, readonly [], O>((_state, input) => [[], f(input)])
    return input => {
      // part of the function that is traced
      if (isTracing()) return f(input)
      return using(once([], input, [], [0, 1]).ys, ys =>
        scoped(() => map(ys, leaf => reshape(leaf, leaf.shape.slice(1))))(),
      ) as O // the form of its stacks is that of the result
    }
  }

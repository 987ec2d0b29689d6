/**
 * A pure function of tensors, compiled.
 */
import { zeros } from '@tensorflow/tfjs-core'
import { using, scoped } from '../core/scope.ts'
import { leaves, map, signature, unflatten, type Tree } from '../core/tree.ts'
import type { Interpreter } from '../core/scan.ts'

/**
 * Compiles any pure function of a tree of tensors: it is the single step of a scan that ignores its state.
 *
 * @param f a pure function. It runs eagerly once for each kind of input, to find the form of its result
 * @returns a function that borrows its input; the caller owns its result. It throws a CompileError if the function
 *          cannot be compiled
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
  ({ scan }: Interpreter) =>
  <I extends Tree, O extends Tree>(f: (input: I) => O): ((input: I) => O) => {
    const once = scan((_ignored: O, input: I, _none: readonly []) => f(input))
    const zerosOf = new Map<string, () => O>()
    const zerosFor = (input: I): (() => O) => {
      const specs = using(scoped(f)(input), result => ({
        form: map(result, leaf => leaf),
        kinds: leaves(result).map(({ shape, dtype }) => ({ shape, dtype })),
      }))
      return () =>
        unflatten(
          specs.form,
          specs.kinds.map(({ shape, dtype }) => zeros(shape, dtype)),
        )
    }
    return input => {
      const kind = signature(input)
      const zeroState = zerosOf.get(kind) ?? zerosFor(input)
      zerosOf.set(kind, zeroState)
      return using(scoped(zeroState)(), state => once(state, input, [], [0, 1]))
    }
  }

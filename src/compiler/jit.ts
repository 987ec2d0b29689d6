/**
 * A pure function of tensors, compiled.
 */
import { zeros, type Rank, type Scalar } from '@tensorflow/tfjs-core'
import { using, scoped } from '../core/scope.ts'
import { leaves, map, signature, unflatten, type Tree } from '../core/tree.ts'
import type { Interpreter } from '../core/scan.ts'

/**
 * Compiles any pure function of a tree of tensors: it is the single step of a scan that forgets its state.
 *
 * @param f a pure function. It is run eagerly once for each kind of input, to learn the kind of its result
 * @returns a function that borrows its input and whose result the caller owns
 * @throws Uncompilable, when it is called, where the interpreter has no way to compile it
 */
export const jit =
  ({ scan }: Interpreter) =>
  <I extends Tree, O extends Tree>(f: (input: I) => O): ((input: I) => O) => {
    const once = scan((_forgotten: O, input: I, _only: Scalar) => f(input))
    const blanks = new Map<string, () => O>()
    const blankFor = (input: I): (() => O) => {
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
      const blank = blanks.get(kind) ?? blankFor(input)
      blanks.set(kind, blank)
      return using(
        scoped(() => ({ state: blank(), row: zeros<Rank.R1>([1], 'int32') }))(),
        ({ state, row }) => once(state, input, row, [0, 1]),
      )
    }
  }

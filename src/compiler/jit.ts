/**
 * A pure function of tensors, compiled.
 */
import { zeros } from '@tensorflow/tfjs-core'
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
    const once = scan((_forgotten: O, input: I, _none: readonly []) => f(input))
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
      return using(scoped(blank)(), state => once(state, input, [], [0, 1]))
    }
  }

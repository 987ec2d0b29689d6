/**
 * Who owns a tensor. This is the only file that may say `tidy`, `keep` or `dispose`.
 *
 * The rule: a function borrows its arguments and hands its result to its caller. Whoever receives a result
 * frees it. Only a fold frees its accumulator, and never the caller's.
 */
import { tidy, type TensorContainer } from '@tensorflow/tfjs-core'
import { leaves, map, type Tree } from './tree.ts'

/** `f`, leaving nothing behind but its result, also when it throws. */
export const scoped =
  <A extends readonly unknown[], T extends Tree>(f: (...args: A) => T) =>
  (...args: A): T =>
    // tidy's type refuses readonly arrays, though it never writes
    tidy(() => f(...args) as TensorContainer) as T

/** A second handle on the same numbers, for a caller who wants to keep what he only borrowed. */
export const clone = <T extends Tree>(tree: T): T => map(tree, leaf => leaf.clone())

/** Gives back what this caller owns. */
export const dispose = (tree: Tree): void => {
  for (const leaf of leaves(tree)) leaf.dispose()
}

/** Frees what stands in `previous` and not in `next`: what a step has passed through lives on. */
const replace = (previous: Tree, next: Tree): void => {
  const kept = new Set(leaves(next))
  for (const leaf of leaves(previous)) if (!kept.has(leaf)) leaf.dispose()
}

/**
 * The left fold whose accumulator is a tree: each state is freed as soon as the next one stands.
 *
 * @param f a pure step. It may return leaves of its state, but no other tensor that it did not make
 * @returns a fold that borrows `s0` and whose result the caller owns. When `f` throws, nothing is left behind
 */
export const foldScoped =
  <S extends Tree, X>(f: (state: S, x: X) => S) =>
  (s0: S, xs: Iterable<X>): S => {
    const step = scoped(f)
    let state = clone(s0)
    try {
      for (const x of xs) {
        const next = step(state, x)
        replace(state, next)
        state = next
      }
      return state
    } catch (error) {
      dispose(state)
      throw error
    }
  }

/** Reads plain values out of tensors that the caller owns, and frees them. */
export const using = <T extends Tree, R>(tree: T, read: (tree: T) => R): R => {
  try {
    return read(tree)
  } finally {
    dispose(tree)
  }
}

/** Makes tensors, reads plain values out of them, and leaves no tensor behind. */
export const withTensors = <T extends Tree, R>(make: () => T, read: (tree: T) => R): R =>
  using(scoped(make)(), read)

/**
 * Who owns a tensor. This is the only file that may call TensorFlow.js's `tidy`, `keep` or `dispose`.
 *
 * The rule: a function borrows its arguments, and its caller owns the result and disposes of it. A fold disposes of its
 * accumulator, and never of the caller's.
 */
import { engine, keep, tidy, type Tensor, type TensorContainer } from '@tensorflow/tfjs-core'
import { leaves, map, type Tree } from './tree.ts'

/** `f`, disposing of every tensor that it makes except its result, also when it throws. */
export const scoped =
  <A extends readonly unknown[], T extends Tree>(f: (...args: A) => T) =>
  (...args: A): T =>
    // tidy's type refuses readonly arrays, though it never writes
    tidy(() => f(...args) as TensorContainer) as T

/** A tensor that outlives the scope in which it was made, without being its result: {@link takenUp} gives it an owner again. */
export const keptAside = <T extends Tensor>(tensor: T): T => keep(tensor)

/** A tensor that may have been kept aside, as one of this scope. */
export const takenUp = <T extends Tensor>(tensor: T): T => {
  if (!tensor.kept) return tensor
  const own = tensor.clone()
  tensor.dispose()
  return own
}

/** A second handle on the same numbers, for a caller that needs to keep what it borrowed. */
export const clone = <T extends Tree>(tree: T): T => map(tree, leaf => leaf.clone())

/** Disposes of every tensor in a tree. */
export const dispose = (tree: Tree): void => {
  for (const leaf of leaves(tree)) leaf.dispose()
}

/** Disposes of the tensors of `previous` that are not in `next`: what a step has passed through stays. */
const replace = (previous: Tree, next: Tree): void => {
  const kept = new Set(leaves(next))
  for (const leaf of leaves(previous)) if (!kept.has(leaf)) leaf.dispose()
}

/**
 * The left fold whose accumulator is a tree: each state is disposed of as soon as the next one exists.
 *
 * @param f a pure step. It may return leaves of its state, but no other tensor that it did not make
 * @returns a fold that borrows `s0` and whose result the caller owns. When `f` throws, no tensor is left
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

/** Reads plain values out of tensors that the caller owns, and disposes of them. */
export const using = <T extends Tree, R>(tree: T, read: (tree: T) => R): R => {
  try {
    return read(tree)
  } finally {
    dispose(tree)
  }
}

/** Makes tensors, reads plain values out of them, and leaves no tensor. */
export const withTensors = <T extends Tree, R>(make: () => T, read: (tree: T) => R): R =>
  using(scoped(make)(), read)

/** `using` for a generator: runs `body` on a tree, and disposes of the tree at the end, also when it is left early. */
export function* usingLazily<T extends Tree, Y, R, N>(
  tree: T,
  body: (tree: T) => Generator<Y, R, N>,
): Generator<Y, R, N> {
  try {
    return yield* body(tree)
  } finally {
    dispose(tree)
  }
}

/** Leaves a generator early: its `finally` blocks run. */
export const leave = (generator: Iterator<unknown, unknown, never>): void => void generator.return?.()

/**
 * Closes the scopes of a computation that was terminated, as Ctrl-C does in a REPL, and disposes of their tensors: its
 * `finally` blocks have not run.
 */
export const closeScopes = (): void => {
  const { state } = engine()
  // the type does not say that there may be none
  while ((state.activeScope as unknown) != null) engine().endScope()
  Object.assign(state, { kernelDepth: 0, gradientDepth: 0, activeTape: null })
}

/** Disposes of what TensorFlow.js keeps for a gradient, of which the function has thrown an error: it does not do so itself. */
export const dropTape = (): void => {
  const { state } = engine()
  // an outer gradient still needs it
  if (state.gradientDepth > 0) return
  // the type does not say that there may be none
  for (const { saved = [] } of (state.activeTape as typeof state.activeTape | null) ?? [])
    for (const tensor of saved) tensor.dispose()
  Object.assign(state, { activeTape: null })
}

/** A place that owns one tree at a time: the accumulator of a fold that is a generator. */
export type Holder<T extends Tree> = {
  /** The tree, borrowed until the next `put`. */
  readonly get: () => T
  /** Takes over a tree, and disposes of what only the one before held. */
  readonly put: (next: T) => void
}

/**
 * A fold that is a generator: `body` moves a tree that it holds from state to state.
 *
 * @param s0 borrowed
 * @returns the last tree, which the caller owns. A generator that is left early, or throws, leaves no tensor
 */
export function* foldLazily<T extends Tree, Y, N>(
  s0: T,
  body: (held: Holder<T>) => Generator<Y, void, N>,
): Generator<Y, T, N> {
  let tree = clone(s0)
  let done = false
  const put = (next: T): void => {
    replace(tree, next)
    tree = next
  }
  try {
    yield* body({ get: () => tree, put })
    done = true
    return tree
  } finally {
    if (!done) dispose(tree)
  }
}

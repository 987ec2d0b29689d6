/**
 * How a pure function of tensors is run. Every interpreter runs the same functions, and its results agree with those of
 * `eager`, which defines them; interpreters differ in speed.
 */
import type { Rank, Tensor } from '@tensorflow/tfjs-core'
import type { Tree } from './tree.ts'

/** N trees of one kind in one tree: each leaf is stacked along a new first axis of length N, […] to [N, …]. */
export type Stacked<X> = Tree extends X
  ? Tree
  : X extends Tensor<Rank.R0>
    ? Tensor<Rank.R1>
    : X extends Tensor<Rank.R1>
      ? Tensor<Rank.R2>
      : X extends Tensor<Rank.R2>
        ? Tensor<Rank.R3>
        : X extends Tensor
          ? Tensor
          : { readonly [K in keyof X]: Stacked<X[K]> }

/** The steps of a scan to run: from step `from`, which counts from 0, to `to`, exclusive. */
export type StepRange = readonly [from: number, to: number]

/**
 * A function made into a scan. It compiles once for each kind of arguments that it is given; the numbers, N and the
 * range do not matter.
 */
export type Scan<S extends Tree, C extends Tree, X extends Tree> = Beginning<
  [s0: S, constants: C, xs: Stacked<X>, range: StepRange],
  S
>

/** A function whose work can also run beside what its caller does next. */
export type Beginning<A extends readonly unknown[], R> = {
  (...args: A): R
  /**
   * Begins the same work on another core, where the engine can: the arguments stay borrowed until the function that it returns has
   * waited for the result. That must be called once.
   */
  readonly begin?: ((...args: A) => () => R) | undefined
}

/** What a scan with outputs returns. */
export type Scanned<S extends Tree, Y extends Tree> = {
  /** The state after the last step. */
  readonly state: S
  /** The outputs of the steps in their order, stacked: each leaf [N, …], for N steps. */
  readonly ys: Stacked<Y>
}

/** A function made into a scan with outputs. It compiles as a {@link Scan} does. */
export type StackedScan<S extends Tree, C extends Tree, X extends Tree, Y extends Tree> = Beginning<
  [s0: S, constants: C, xs: Stacked<X>, range: StepRange],
  Scanned<S, Y>
>

/** A function cannot be compiled: the message says why. */
export class CompileError extends Error {
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options)
    this.name = 'CompileError'
  }
}

/** The name of an engine, as `--engine` takes it. */
export type EngineName = 'eager' | 'wasm' | 'c' | 'xla'

/** An engine: it makes scans of pure functions. */
export type Interpreter = {
  /** Its name, as `--engine` takes it. */
  readonly name: EngineName

  /**
   * A scan, as `jax.lax.scan`: s_i+1 = f(s_i, constants, x_i), for the rows x_i of xs in a range.
   *
   * @param f a pure function. The values that it closes over are fixed when it is compiled; pass as an argument what
   *          varies
   * @returns a function that borrows its arguments; the caller owns its result. xs is a tree of leaves [N, …], and f
   *          is given the tree of their rows, […]
   */
  readonly scan: <S extends Tree, C extends Tree, X extends Tree>(
    f: (state: S, constants: C, x: X) => S,
  ) => Scan<S, C, X>

  /**
   * A scan whose steps also have an output: [s_i+1, y_i] = f(s_i, constants, x_i). See `scan` of `network2/compiler`.
   *
   * @param f as that of `scan`. What it returns has the same dtypes and shapes in each step
   * @returns a function that borrows its arguments; the caller owns its result
   */
  readonly stackedScan: <S extends Tree, C extends Tree, X extends Tree, Y extends Tree>(
    f: (state: S, constants: C, x: X) => readonly [state: S, y: Y],
  ) => StackedScan<S, C, X, Y>

  /** How many programs were compiled so far. A program that is compiled again after `dispose` counts again. */
  readonly compilations: () => number

  /** Releases the memory and sessions that are kept from call to call. A scan that is called afterwards compiles again. */
  readonly dispose: () => void
}

/**
 * What an optimizer is: how a gradient changes the parameters. Each one has a file in `optimizers/` and a line in its
 * registry.
 */
import type { Scalar } from '@tensorflow/tfjs-core'
import type { Gradients } from './network.ts'
import type { Params } from './params.ts'
import type { Regularizer } from './regularizer.ts'
import type { Tree } from './tree.ts'

/** What training carries from step to step: the parameters, and what the optimizer remembers. */
export type TrainState<S extends Tree = Tree> = {
  /** The parameters that are trained. */
  readonly params: Params
  /** What the optimizer remembers. */
  readonly optimizer: S
}

/** The numbers that a step depends on. */
export type HyperParameters = {
  /** The learning rate η of this epoch. */
  readonly eta: number
  /** The regularization parameter λ. */
  readonly lmbda: number
  /** The momentum coefficient μ; 0 for an optimizer without momentum. */
  readonly mu: number
  /** The examples in this mini-batch. */
  readonly m: number
  /** The examples in the whole training set. */
  readonly n: number
}

/**
 * An optimizer.
 *
 * @typeParam S what the optimizer remembers
 * @typeParam K the names of the numbers that its update depends on
 */
export type Optimizer<S extends Tree = Tree, K extends string = string> = {
  /** The name on the command line and in settings. */
  readonly name: string
  /** The default momentum coefficient μ, if the optimizer has one. */
  readonly mu?: number
  /** What it remembers for each weight and bias, in a word, if anything. */
  readonly remembers?: string
  /** The state before the first step, in tensors that the caller owns; an empty tree if nothing is remembered. */
  readonly init: (params: Params) => S
  /** The inputs of `update`, such as ηλ/n, computed in float64. As inputs, their values can change without a new program. */
  readonly scale: (hyper: HyperParameters, regularizer: Regularizer) => Readonly<Record<K, number>>
  /**
   * The equation of each tensor of the new state, as `trace` prints it, by its path without indices: of weights (`params.w`),
   * of biases (`params.b`), and of what is remembered.
   */
  readonly equations: (regularizer: Regularizer) => Readonly<Record<string, string>>
  /**
   * One step. (A method, so that a registry can hold optimizers with different states.)
   *
   * @param gradients of the cost summed over the mini-batch, without the regularizer's part
   */
  update(
    gradients: Gradients,
    state: TrainState<S>,
    scale: Readonly<Record<K, Scalar>>,
    regularizer: Regularizer,
  ): TrainState<S>
}

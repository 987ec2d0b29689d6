/**
 * What a cost function is: a pair `(fn, delta)`, how wrong an output is and the error that it sends back. It knows no
 * network. Each cost has a file in `costs/` and a line in its registry.
 *
 * Shapes: m examples, j output neurons. z is the weighted input of the output layer, a its activation, y the desired
 * output; all are [m, j].
 */
import type { Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import type { Activation } from './activation.ts'

/** A cost function. */
export type Cost = {
  /** The name on the command line and in settings. */
  readonly name: string
  /** The name in a sentence, such as "cross-entropy". */
  readonly label: string
  /** Other names that the command line accepts. */
  readonly aliases: readonly string[]
  /** The name in network2.py's files. Costs of one such name differ in their `output`, which the file then names too. */
  readonly savedAs: string
  /** The default learning rate η. */
  readonly eta: number
  /** The activation function of the output layer. */
  readonly output: Activation
  /**
   * What the desired outputs of an example must be: any numbers, or a distribution over two or more outputs (none below 0,
   * and their sum is 1).
   */
  readonly targets: 'any' | 'distribution'
  /** The cost of each example, summed over the output neurons: [m]. */
  readonly fn: (z: Tensor2D, a: Tensor2D, y: Tensor2D) => Tensor1D
  /** The equation of `delta`, as `trace` prints it. */
  readonly equation: string
  /** BP1, the output error δ^L = ∂C/∂z^L of each example: [m, j]. */
  readonly delta: (z: Tensor2D, a: Tensor2D, y: Tensor2D) => Tensor2D
}

/**
 * The network: what it computes, and how its cost changes with each weight and bias. Pure functions: they borrow their
 * arguments and dispose of nothing.
 *
 * Shapes: m examples (rows), j_l neurons in layer l, layers 0 (the input) to L (the output).
 */
import { add, matMul, mul, sum, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import type { HiddenActivation } from './activation.ts'
import type { Cost } from './cost.ts'
import type { LayerParams, Params } from './params.ts'

/** What a network is made of beside its parameters: the neurons of its hidden layers, and its cost and output layer. */
export type Network = { readonly hidden: HiddenActivation; readonly cost: Cost }

/** Examples and their desired outputs: x [m, j_0], y [m, j_L]. */
export type Batch = {
  /** The inputs, [m, j_0]. */
  readonly x: Tensor2D
  /** The desired outputs, [m, j_L]. */
  readonly y: Tensor2D
}

/** The gradient of the cost, in the form of the parameters: ∂C/∂w and ∂C/∂b of each layer. */
export type Gradients = Params

/** z^l = a^(l-1) (w^l)ᵀ + b^l, the weighted input of a layer. a [m, j_l-1] -> z [m, j_l] */
export const weightedInput = ({ w, b }: LayerParams, a: Tensor2D): Tensor2D =>
  add(matMul(a, w, false, true), b)

/** What {@link output} returns. */
export type Output = {
  /** The weighted input z^L, [m, j_L]. */
  readonly z: Tensor2D
  /** The activation a^L, [m, j_L]. */
  readonly a: Tensor2D
}

/** The weighted input z^L and the activation a^L of the output layer, both [m, j_L]. x [m, j_0] */
export const output =
  (network: Network) =>
  (params: Params, x: Tensor2D): Output => {
    const [layer, ...above] = params
    const z = weightedInput(layer, x)
    return isParams(above)
      ? output(network)(above, network.hidden.fn(z))
      : { z, a: network.cost.output.fn(z) }
  }

/** Equation (25): a^l = σ(w^l a^(l-1) + b^l), layer after layer. x [m, j_0] -> a^L [m, j_L] */
export const feedforward =
  (network: Network) =>
  (params: Params, x: Tensor2D): Tensor2D =>
    output(network)(params, x).a

/**
 * Backpropagation: the gradient of the cost summed over the examples, Σ_x ∂C_x/∂w and Σ_x ∂C_x/∂b.
 *
 * The recursion is the algorithm: on its way in, a^l goes forward, layer by layer; on its way out, δ^l comes back.
 *
 * With dropout, a mask r^l of zeros and ones deletes neurons of hidden layer l: a^l = r^l ⊙ σ(z^l). By the chain rule, where
 * BP2 has σ'(z^l) = ∂a^l/∂z^l, there is now r^l ⊙ σ'(z^l):
 *
 *     δ^l = ((w^(l+1))ᵀ δ^(l+1)) ⊙ σ'(z^l) ⊙ r^l
 *
 * So the weights and the bias of a deleted neuron have no gradient (BP3, BP4), and neither have the weights that leave it,
 * since its a^l is 0. The slope is computed from a^l, which is the right one wherever r^l is 1; where r^l is 0, r^l must be a
 * factor of its own, because for a = 0 the slope of tanh, for example, is 1.
 *
 * @param masks r^l [j_l] of each hidden layer, the same for all examples; none without dropout
 * @returns one entry for each layer: w [j_l, j_l-1], b [j_l]
 */
export const backprop =
  ({ hidden, cost }: Network) =>
  (params: Params, { x, y }: Batch, masks: readonly Tensor1D[] = []): Gradients => {
    const descend = (
      [layer, ...above]: Params,
      a: Tensor2D,
      [mask, ...masksAbove]: readonly Tensor1D[],
    ): { readonly nabla: Gradients; readonly delta: Tensor2D } => {
      const z = weightedInput(layer, a)
      if (!isParams(above)) {
        const delta = cost.delta(z, cost.output.fn(z), y) // BP1
        return { nabla: [gradient(delta, a)], delta }
      }
      const activation = masked(hidden.fn(z), mask)
      const next = descend(above, activation, masksAbove)
      const delta = masked(mul(matMul(next.delta, above[0].w), hidden.prime(activation)), mask) // BP2
      return { nabla: [gradient(delta, a), ...next.nabla], delta }
    }
    return descend(params, x, masks).nabla
  }

/** The neurons [m, j_l] without those that a mask [j_l] deletes. */
const masked = (neurons: Tensor2D, mask: Tensor1D | undefined): Tensor2D =>
  mask === undefined ? neurons : mul(neurons, mask)

/** The gradient of one layer, from its error δ [m, j_l] and the activation below it, a [m, j_l-1]. */
const gradient = (delta: Tensor2D, a: Tensor2D): LayerParams => ({
  w: matMul(delta, a, true, false), // BP4: ∂C/∂w_jk = δ_j a_k, summed over the examples
  b: sum<Tensor1D>(delta, 0), // BP3: ∂C/∂b_j = δ_j
})

const isParams = (layers: readonly LayerParams[]): layers is Params => layers.length > 0

/**
 * The network: what it answers, and how its cost changes with each weight and bias. Pure: everything is
 * borrowed, nothing is freed.
 *
 * Shapes: m examples (rows), j_l neurons in layer l, layers 0 (the input) to L (the output).
 */
import { add, matMul, mul, sum, type Tensor1D, type Tensor2D } from '@tensorflow/tfjs-core'
import { sigmoid, sigmoidPrime } from './activation.ts'
import type { Cost } from './cost.ts'
import type { LayerParams, Params } from './params.ts'

/** Examples and their desired outputs: x [m, j_0], y [m, j_L]. */
export type Batch = { readonly x: Tensor2D; readonly y: Tensor2D }

/** The gradient of the cost, in the form of the parameters: ∂C/∂w and ∂C/∂b of each layer. */
export type Gradients = Params

/** z^l = a^(l-1) (w^l)ᵀ + b^l, the weighted input of a layer. a [m, j_l-1] -> z [m, j_l] */
const weightedInput = ({ w, b }: LayerParams, a: Tensor2D): Tensor2D => add(matMul(a, w, false, true), b)

/** The weighted input and the activation of the output layer: z^L and a^L = σ(z^L), both [m, j_L]. */
export const output = (params: Params, x: Tensor2D): { readonly z: Tensor2D; readonly a: Tensor2D } => {
  const [layer, ...above] = params
  const z = weightedInput(layer, x)
  const a = sigmoid(z)
  return isParams(above) ? output(above, a) : { z, a }
}

/** Equation (25): a^l = σ(w^l a^(l-1) + b^l), layer after layer. x [m, j_0] -> a^L [m, j_L] */
export const feedforward = (params: Params, x: Tensor2D): Tensor2D => output(params, x).a

/**
 * Backpropagation: the gradient of the cost summed over the examples, Σ_x ∂C_x/∂w and Σ_x ∂C_x/∂b.
 *
 * The recursion is the algorithm: on its way in, a^l goes forward, layer by layer; on its way out, δ^l comes back.
 *
 * @returns one entry for each layer: w [j_l, j_l-1], b [j_l]
 */
export const backprop =
  (cost: Cost) =>
  (params: Params, { x, y }: Batch): Gradients => {
    const descend = (
      [layer, ...above]: Params,
      a: Tensor2D,
    ): { readonly nabla: Gradients; readonly delta: Tensor2D } => {
      const z = weightedInput(layer, a)
      const activation = sigmoid(z)
      if (!isParams(above)) {
        const delta = cost.delta(z, activation, y) // BP1
        return { nabla: [gradient(delta, a)], delta }
      }
      const next = descend(above, activation)
      const delta: Tensor2D = mul(matMul(next.delta, above[0].w), sigmoidPrime(activation)) // BP2
      return { nabla: [gradient(delta, a), ...next.nabla], delta }
    }
    return descend(params, x).nabla
  }

/** The gradient of one layer, from its error δ [m, j_l] and the activation below it, a [m, j_l-1]. */
const gradient = (delta: Tensor2D, a: Tensor2D): LayerParams => ({
  w: matMul(delta, a, true, false), // BP4: ∂C/∂w_jk = δ_j a_k, summed over the examples
  b: sum<Tensor1D>(delta, 0), // BP3: ∂C/∂b_j = δ_j
})

const isParams = (layers: readonly LayerParams[]): layers is Params => layers.length > 0

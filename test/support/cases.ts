/**
 * The bridge between the float64 twin and the project: random networks with a batch, and both as tensors.
 */
import {
  add,
  matMul,
  mul,
  sum,
  tensor1d,
  tensor2d,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
} from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import type { CostName as Name } from '../../src/core/costs/index.ts'
import type { Activation } from '../../src/core/activation.ts'
import { activations, type ActivationName } from '../../src/core/activations/index.ts'
import { costNames, costs } from '../../src/core/costs/index.ts'
import type { Batch, Network as Parts } from '../../src/core/network.ts'
import { toParams, type Params } from '../../src/core/params.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'
import { withTensors } from '../../src/core/scope.ts'
import {
  asDistribution,
  examplesOf,
  networkOf,
  sigmoid,
  type CostName,
  type Example,
  type HiddenName,
  type Matrix,
  type Network,
  type Vector,
  type Weighted,
} from './float64.ts'

/** From the project's name of each cost to the twin's: a new cost needs its line here. */
export const twinCosts: Readonly<Record<Name, CostName>> = {
  quadratic: 'QuadraticCost',
  xent: 'CrossEntropyCost',
  'log-likelihood': 'LogLikelihoodCost',
  'quadratic-linear': 'LinearQuadraticCost',
}

/** The project's name of the twin's cost. */
export const nameOf = (cost: CostName): Name => costNames.find(name => twinCosts[name] === cost)!

/** The project's network of the twin's. */
export const partsOf = ({ cost, hidden = 'sigmoid' }: Pick<Network, 'cost' | 'hidden'>): Parts => ({
  hidden: activations[hidden],
  cost: costs[nameOf(cost)],
})

export const hiddenNames = Object.keys(activations) as readonly ActivationName[]

export type Case = { readonly net: Network; readonly batch: readonly Example[] }

/** `fn` or `delta` of a cost, or another function of the same arguments. */
export type CostPart = (z: Tensor2D, a: Tensor2D, y: Tensor2D) => Tensor

/** A part of a cost with these outputs for one example, from its weighted inputs and desired outputs. */
export const costPartAt =
  ({ fn: output }: Activation) =>
  (part: CostPart, zs: readonly number[], ys: readonly number[]): number[] =>
    withTensors(
      () => {
        const z = tensor2d([...zs], [1, zs.length])
        return part(z, output(z), tensor2d([...ys], [1, ys.length]))
      },
      result => [...result.dataSync()],
    )

/** A network of these parts with m examples, whose desired outputs are what the cost needs. */
export const caseOf = ({ sizes, m, cost, hidden, seed }: CaseSettings): Case => {
  const numbers = normalNumbers(key(seed), 1000).values()
  // tanh saturates sooner, and rectified linear neurons have no bound: smaller weights keep slopes and outputs moderate
  const scale = hidden === 'sigmoid' ? 1 : 0.5
  const next = (): number => scale * (numbers.next().value ?? NaN)
  const net = networkOf(sizes, cost, next, hidden)
  const batch = examplesOf(m, sizes, next, () => Math.fround(sigmoid(next())))
  return { net, batch: costs[nameOf(cost)].targets === 'distribution' ? batch.map(asDistribution) : batch }
}

export type CaseSettings = {
  readonly sizes: readonly number[]
  readonly m: number
  readonly cost: CostName
  readonly hidden: HiddenName
  readonly seed: number
}

/**
 * Networks of every cost and activation function, of up to three hidden layers of up to eight neurons, each with a batch of
 * up to seven examples. The numbers are exact in float32.
 */
export const networkAndBatch: fc.Arbitrary<Case> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 5 }),
    m: fc.integer({ min: 1, max: 7 }),
    cost: fc.constantFrom(...costNames.map(name => twinCosts[name])),
    hidden: fc.constantFrom(...hiddenNames),
    seed: fc.nat(),
  })
  .map(caseOf)

/** The same, with a random part of each hidden layer deleted; at times all of it, or nothing. */
export const thinnedAndBatch: fc.Arbitrary<Case> = networkAndBatch.chain(({ net, batch }) =>
  fc
    .tuple(
      ...net.biases
        .slice(0, -1)
        .map(({ length }) => fc.array(fc.constantFrom(0, 1), { minLength: length, maxLength: length })),
    )
    .map(masks => ({ net: { ...net, masks }, batch })),
)

/** The masks as tensors; none if the network has none. */
export const maskTensors = ({ masks = [] }: Network): readonly Tensor1D[] =>
  masks.map(mask => tensor1d([...mask]))

/** The summed cost of a batch, with the masks of the network in its forward pass: what `backprop` is the gradient of. */
export const summedCost = (net: Network, params: Params, { x, y }: Batch): Scalar => {
  const { hidden, cost } = partsOf(net)
  const masks = maskTensors(net)
  const [z, a] = params.reduce<readonly [z: Tensor2D, a: Tensor2D]>(
    ([, below], { w, b }, l) => {
      const z: Tensor2D = add(matMul(below, w, false, true), b)
      if (l === params.length - 1) return [z, cost.output.fn(z)]
      return [z, masks[l] === undefined ? hidden.fn(z) : mul(hidden.fn(z), masks[l])]
    },
    [x, x],
  )
  return sum(cost.fn(z, a, y))
}

export const rowsOf = (rows: Matrix): Tensor2D => tensor2d(rows.map(row => [...row]))

export const paramsOf = ({ weights, biases }: Weighted): Params =>
  toParams(
    weights.map((w, l) => ({
      inputs: w[0]?.length ?? 0,
      outputs: w.length,
      w: Float32Array.from(w.flat()),
      b: Float32Array.from(biases[l] ?? []),
    })),
  )

export const batchOf = (batch: readonly Example[]): Batch => ({
  x: rowsOf(batch.map(({ x }) => x)),
  y: rowsOf(batch.map(({ y }) => y)),
})

/** The numbers of parameters or of a gradient, in the order of the twin's `leaves`. */
export const numbersOf = (params: Params): Vector[] =>
  params.flatMap(({ w, b }) => [Array.from(w.dataSync()), Array.from(b.dataSync())])

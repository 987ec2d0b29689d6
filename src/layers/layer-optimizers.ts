/**
 * TensorFlow.js's optimizers as pure functions: from the gradients, the state and the weights to the new state and weights. The
 * formulas are those of its own classes, which keep both in variables.
 */
import {
  add,
  div,
  mul,
  scalar,
  sqrt,
  square,
  sub,
  zerosLike,
  type Scalar,
  type Tensor,
} from '@tensorflow/tfjs-core'
import type { Optimizer } from '@tensorflow/tfjs-core'

/** What an optimizer remembers: lists of tensors like the weights, and numbers. */
export type OptimizerState = {
  readonly lists: readonly (readonly Tensor[])[]
  readonly numbers: readonly Scalar[]
}

export type PureOptimizer = {
  /** The state before the first step; the caller owns it. */
  readonly init: (weights: readonly Tensor[]) => OptimizerState
  readonly update: (
    gradients: readonly Tensor[],
    state: OptimizerState,
    weights: readonly Tensor[],
    rate: Scalar,
  ) => { readonly weights: readonly Tensor[]; readonly state: OptimizerState }
}

/** The settings of an optimizer, by the names of TensorFlow.js's `getConfig`. */
type Config = Readonly<Record<string, unknown>>

const like = (weights: readonly Tensor[], value = 0): readonly Tensor[] =>
  weights.map(w => (value === 0 ? zerosLike(w) : add(zerosLike(w), value)))

/** λ a + (1 - λ) b */
const blend = (share: number, a: Tensor, b: Tensor): Tensor => add(mul(a, share), mul(b, 1 - share))

const sgd: PureOptimizer = {
  init: () => ({ lists: [], numbers: [] }),
  update: (gradients, state, weights, rate) => ({
    weights: weights.map((w, i) => sub(w, mul(rate, gradients[i]!))),
    state,
  }),
}

const momentum = ({ momentum: mu, useNesterov }: Config): PureOptimizer => ({
  init: weights => ({ lists: [like(weights)], numbers: [] }),
  update: (gradients, { lists: [before = []] }, weights, rate) => {
    const sums = gradients.map((g, i) => add(mul(Number(mu), before[i]!), g))
    const steps = sums.map((sum, i) =>
      useNesterov === true ? add(gradients[i]!, mul(sum, Number(mu))) : sum,
    )
    return {
      weights: weights.map((w, i) => sub(w, mul(rate, steps[i]!))),
      state: { lists: [sums], numbers: [] },
    }
  },
})

const adagrad = ({ initialAccumulatorValue }: Config, epsilon: number): PureOptimizer => ({
  init: weights => ({ lists: [like(weights, Number(initialAccumulatorValue))], numbers: [] }),
  update: (gradients, { lists: [before = []] }, weights, rate) => {
    const sums = gradients.map((g, i) => add(before[i]!, square(g)))
    return {
      weights: weights.map((w, i) => sub(w, mul(rate, div(gradients[i]!, sqrt(add(sums[i]!, epsilon)))))),
      state: { lists: [sums], numbers: [] },
    }
  },
})

const rmsprop = ({ decay, momentum: mu, epsilon, centered }: Config): PureOptimizer => ({
  init: weights => ({
    lists: [like(weights), like(weights), ...(centered === true ? [like(weights)] : [])],
    numbers: [],
  }),
  update: (gradients, { lists: [squares = [], velocities = [], means] }, weights, rate) => {
    const newSquares = gradients.map((g, i) => blend(Number(decay), squares[i]!, square(g)))
    const newMeans =
      means === undefined ? undefined : gradients.map((g, i) => blend(Number(decay), means[i]!, g))
    const spread = (i: number): Tensor =>
      newMeans === undefined ? newSquares[i]! : sub(newSquares[i]!, square(newMeans[i]!))
    const newVelocities = gradients.map((g, i) =>
      add(mul(velocities[i]!, Number(mu)), div(mul(g, rate), sqrt(add(spread(i), Number(epsilon))))),
    )
    return {
      weights: weights.map((w, i) => sub(w, newVelocities[i]!)),
      state: {
        lists: [newSquares, newVelocities, ...(newMeans === undefined ? [] : [newMeans])],
        numbers: [],
      },
    }
  },
})

/** The numbers are β1 and β2 to the power of the step. */
const adam = ({ beta1, beta2, epsilon }: Config): PureOptimizer => {
  const [b1, b2] = [Number(beta1), Number(beta2)]
  return {
    init: weights => ({ lists: [like(weights), like(weights)], numbers: [scalar(b1), scalar(b2)] }),
    update: (gradients, { lists: [first = [], second = []], numbers: [power1, power2] }, weights, rate) => {
      const newFirst = gradients.map((g, i) => blend(b1, first[i]!, g))
      const newSecond = gradients.map((g, i) => blend(b2, second[i]!, square(g)))
      const step = (i: number): Tensor =>
        div(
          div(newFirst[i]!, sub(1, power1!)),
          add(sqrt(div(newSecond[i]!, sub(1, power2!))), Number(epsilon)),
        )
      return {
        weights: weights.map((w, i) => sub(w, mul(rate, step(i)))),
        state: { lists: [newFirst, newSecond], numbers: [mul(power1!, b1), mul(power2!, b2)] },
      }
    },
  }
}

/** What TensorFlow.js adds below a root where no other number is given: it depends on the backend. */
const EPSILON = 1e-7

/**
 * The pure function of an optimizer of TensorFlow.js.
 *
 * @throws TypeError for an optimizer that is not supported
 */
export const pureOptimizer = (optimizer: Optimizer): PureOptimizer => {
  const name = optimizer.getClassName()
  const config = optimizer.getConfig() as Config
  switch (name) {
    case 'SGD':
      return sgd
    case 'Momentum':
      return momentum(config)
    case 'Adagrad':
      return adagrad(config, EPSILON)
    case 'RMSProp':
      return rmsprop(config)
    case 'Adam':
      return adam(config)
    default:
      throw new TypeError(
        `fit: the optimizer ${name} is not supported; use sgd, momentum, adagrad, rmsprop or adam`,
      )
  }
}

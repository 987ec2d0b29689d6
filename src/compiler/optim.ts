/**
 * The usual optimizers as pure functions: from the gradients, what is remembered and the parameters to what is remembered and the
 * parameters of the next step. The formulas are those of TensorFlow.js's classes (`tf.train`), which keep both in variables. Those of
 * `adamw`, which it does not have, are optax's; and centered `rmsprop` adds ε, as TensorFlow does, where TensorFlow.js subtracts it and so
 * takes the root of a negative number where gradients are small.
 *
 * The optimizers of the book (`optimizers`) are other ones: their rates are divided by the size of the mini-batch, their velocities
 * contain the rate, and they have the regularizer's part. That is why these are the entries of one record.
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
import { scoped } from '../core/scope.ts'
import { leaves, map, signature, unflatten, type Tree } from '../core/tree.ts'

/** What an optimizer remembers about parameters that are a tree P. */
export type OptimState<P extends Tree> = {
  /** Trees like that of the parameters, with the same shapes, such as velocities; none for `sgd`. */
  readonly slots: readonly P[]
  /** Of `adam` and `adamw`: β1 and β2 to the power of the step, which counts from 1. */
  readonly powers: readonly Scalar[]
}

/** What an optimizer returns after a step. */
export type OptimStep<P extends Tree> = {
  /** The new parameters: a tree like those before, with the same shapes. */
  readonly params: P
  /** What is remembered for the next step. */
  readonly state: OptimState<P>
}

/** An optimizer for parameters that are any tree of float32 tensors. It borrows what it is given; the caller owns what it returns. */
export type PureOptimizer = {
  /** What is remembered before the first step. */
  readonly init: <P extends Tree>(params: P) => OptimState<P>
  /**
   * One step.
   *
   * @throws TypeError for gradients that are no tree like the parameters, with the same shapes
   */
  readonly update: <P extends Tree>(grads: P, state: OptimState<P>, params: P) => OptimStep<P>
}

/** A learning rate. As a tensor it can be an argument of the compiled function, and change from step to step. */
export type Rate = number | Scalar

/** How one tensor of the parameters changes, and the tensors that are remembered about it. */
type Changed = readonly [by: Tensor, ...slots: Tensor[]]

/** The initial numbers of each slot; the bases of the powers; and a step of one tensor: from its gradient to what is subtracted. */
type Rule = {
  readonly slots: readonly number[]
  readonly bases?: readonly number[]
  readonly step: (powers: readonly Scalar[]) => (g: Tensor, slots: readonly Tensor[], w: Tensor) => Changed
}

const optimizerOf = ({ slots, bases = [], step }: Rule): PureOptimizer => ({
  init: scoped(<P extends Tree>(params: P): OptimState<P> => ({
    slots: slots.map(value => map(params, w => (value === 0 ? zerosLike(w) : add(zerosLike(w), value)))),
    powers: bases.map(base => scalar(base)),
  })),
  update: scoped(<P extends Tree>(grads: P, state: OptimState<P>, params: P) => {
    const [given, wanted] = [signature(grads), signature(params)]
    if (given !== wanted)
      throw new TypeError(`optim: the gradients are ${given}, which is not like the parameters: ${wanted}`)
    const changeOf = step(state.powers)
    const before = state.slots.map(leaves)
    const weights = leaves(params)
    const changed = leaves(grads).map((g, i) =>
      changeOf(
        g,
        before.map(slot => slot[i]!),
        weights[i]!,
      ),
    )
    return {
      params: unflatten(
        params,
        changed.map(([by], i) => sub(weights[i]!, by)),
      ),
      state: {
        slots: slots.map((_, k) =>
          unflatten(
            params,
            changed.map(([, ...now]) => now[k]!),
          ),
        ),
        powers: state.powers.map((power, k) => mul<Scalar>(power, bases[k]!)),
      },
    }
  }),
})

/** λ a + (1 - λ) b */
const blend = (share: number, a: Tensor, b: Tensor): Tensor => add(mul(a, share), mul(b, 1 - share))

/** What is added below a root, so that nothing is divided by 0: TensorFlow.js's number. */
const EPSILON = 1e-7

/** The settings of the optimizers, by the names of `tf.train`. */
export type OptimSettings = {
  /** The momentum coefficient μ. */
  readonly momentum?: number
  /** The share of the running mean that stays, ρ. */
  readonly decay?: number
  /** The share of the running mean of the gradients that stays, β1. */
  readonly beta1?: number
  /** The share of the running mean of the squares that stays, β2. */
  readonly beta2?: number
  /** What is added so that nothing is divided by 0: a share of the size of the gradients, ε. */
  readonly epsilon?: number
  /** Whether the square of the mean gradient is subtracted from the mean square. */
  readonly centered?: boolean
  /** The sum of squares before the first step. */
  readonly initialAccumulatorValue?: number
  /** The share of each parameter, times the learning rate, that a step subtracts, λ. */
  readonly weightDecay?: number
}

type AdamName = 'beta1' | 'beta2' | 'epsilon'
type Settings<K extends keyof OptimSettings> = Pick<OptimSettings, K>

const velocity =
  (direction: (g: Tensor, v: Tensor, mu: number) => Tensor) =>
  (rate: Rate, { momentum = 0.9 }: Settings<'momentum'> = {}): PureOptimizer =>
    optimizerOf({
      slots: [0],
      step:
        () =>
        (g, [before]) => {
          const v = add(mul(before!, momentum), g)
          return [mul(direction(g, v, momentum), rate), v]
        },
    })

const adamWith = (
  rate: Rate,
  { beta1 = 0.9, beta2 = 0.999, epsilon = EPSILON }: Settings<AdamName>,
  decay: number,
): PureOptimizer =>
  optimizerOf({
    slots: [0, 0],
    bases: [beta1, beta2],
    step: powers => {
      const [rest1, rest2] = powers.map(power => sub(1, power))
      return (g, [m, v], w) => {
        const first = blend(beta1, m!, g)
        const second = blend(beta2, v!, square(g))
        const direction = div(div(first, rest1!), add(sqrt(div(second, rest2!)), epsilon))
        return [mul(decay === 0 ? direction : add(direction, mul(w, decay)), rate), first, second]
      }
    },
  })

/**
 * The optimizers, each a pair of pure functions: `init` and `update`. The first argument is the learning rate η, the second has the
 * settings, by the names of `tf.train`; what is left out has the value in brackets. In the formulas g is the gradient, w a parameter.
 *
 * - `sgd`: w - η g
 * - `momentum` ({ momentum: 0.9 }): v → μ v + g; w - η v
 * - `nesterov` ({ momentum: 0.9 }): the same v; w - η (g + μ v)
 * - `adagrad` ({ initialAccumulatorValue: 0.1 }): s → s + g²; w - η g / √(s + ε)
 * - `rmsprop` ({ decay: 0.9, momentum: 0, epsilon: 1e-7, centered: false }): s → ρ s + (1 - ρ) g²; v → μ v + η g / √(s + ε); w - v
 * - `adam` ({ beta1: 0.9, beta2: 0.999, epsilon: 1e-7 }): the running means m of g and s of g², divided by 1 - β^t; w - η m / (√s + ε)
 * - `adamw` (as `adam`, { weightDecay: 1e-4 }): w - η (m / (√s + ε) + λ w)
 *
 * An optimizer costs nothing to make: where the rate is an argument of a compiled step, call `optim.adam(rate)` inside the step.
 *
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { mul, scalar, sub, type Scalar } from '@tensorflow/tfjs-core'
 * import { jit, optim, wasm } from 'network2/compiler'
 *
 * const { init, update } = optim.momentum(0.1)
 * // the gradient of (w - 3)²
 * const step = jit(wasm())(({ params, state }: { params: Scalar; state: ReturnType<typeof init<Scalar>> }) =>
 *   update(mul<Scalar>(2, sub(params, 3)), state, params),
 * )
 * let now = { params: scalar(0), state: init(scalar(0)) }
 * for (let i = 0; i < 200; i++) now = step(now)
 * console.log(now.params.dataSync()[0]!.toFixed(3)) // 3.000
 * ```
 */
export const optim = {
  sgd: (rate: Rate): PureOptimizer => optimizerOf({ slots: [], step: () => g => [mul(g, rate)] }),

  momentum: velocity((_g, v) => v),

  nesterov: velocity((g, v, mu) => add(g, mul(v, mu))),

  adagrad: (
    rate: Rate,
    { initialAccumulatorValue = 0.1 }: Settings<'initialAccumulatorValue'> = {},
  ): PureOptimizer =>
    optimizerOf({
      slots: [initialAccumulatorValue],
      step:
        () =>
        (g, [before]) => {
          const squares = add(before!, square(g))
          return [mul(div(g, sqrt(add(squares, EPSILON))), rate), squares]
        },
    }),

  rmsprop: (
    rate: Rate,
    {
      decay = 0.9,
      momentum = 0,
      epsilon = EPSILON,
      centered = false,
    }: Settings<'momentum' | 'decay' | 'epsilon' | 'centered'> = {},
  ): PureOptimizer =>
    optimizerOf({
      slots: centered ? [0, 0, 0] : [0, 0],
      step:
        () =>
        (g, [s, v, m]) => {
          const squares = blend(decay, s!, square(g))
          const means = m === undefined ? [] : [blend(decay, m, g)]
          const spread = means.reduce((rest, mean) => sub(rest, square(mean)), squares)
          const by = add(mul(v!, momentum), div(mul(g, rate), sqrt(add(spread, epsilon))))
          return [by, squares, by, ...means]
        },
    }),

  adam: (rate: Rate, settings: Settings<AdamName> = {}): PureOptimizer => adamWith(rate, settings, 0),

  adamw: (
    rate: Rate,
    { weightDecay = 1e-4, ...settings }: Settings<AdamName | 'weightDecay'> = {},
  ): PureOptimizer => adamWith(rate, settings, weightDecay),
} as const

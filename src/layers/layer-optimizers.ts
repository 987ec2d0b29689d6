/**
 * The optimizers of TensorFlow.js as pure ones: the function, and what they remember, which is read from the optimizer of a model and
 * written to it, so that `fit` and `model.fit` continue from each other.
 */
import { pow, scalar, type Optimizer, type Tensor } from '@tensorflow/tfjs-core'
import { optim, type OptimState, type PureOptimizer, type Rate } from '../compiler/optim.ts'
import { clone, dispose, scoped } from '../core/scope.ts'
import { signature } from '../core/tree.ts'

/** Settings of an optimizer, by the names of TensorFlow.js's `getConfig`, which are those of {@link optim}. */
type Config = Readonly<Record<string, unknown>>

type Kind = {
  readonly of: (rate: Rate, config: Config) => PureOptimizer
  /** How TensorFlow.js names the variables of each slot, after the name of the weight. */
  readonly slots: readonly string[]
}

const kinds: Readonly<Record<string, Kind>> = {
  SGD: { of: rate => optim.sgd(rate), slots: [] },
  Momentum: {
    of: (rate, config) => (config.useNesterov === true ? optim.nesterov : optim.momentum)(rate, config),
    slots: ['momentum'],
  },
  Adagrad: { of: optim.adagrad, slots: ['accumulator'] },
  RMSProp: { of: optim.rmsprop, slots: ['rms', 'momentum', 'mg'] },
  Adam: { of: optim.adam, slots: ['m', 'v'] },
}

type Weights = readonly Tensor[]

/** The optimizer of a model, as a pure one. */
export type ModelOptimizer = {
  /** A step with this learning rate. */
  readonly at: (rate: Rate) => PureOptimizer
  /** The learning rate η that it has now. */
  readonly rate: () => number
  /** How many steps it has made. */
  readonly iterations: () => number
  /**
   * What it remembers about these weights; the caller owns it.
   *
   * @throws TypeError where it is about other weights
   */
  readonly read: (weights: Weights) => Promise<OptimState<Weights>>
  /**
   * Sets what it remembers, after some more steps.
   *
   * @param names of the weights
   */
  readonly write: (state: OptimState<Weights>, steps: number, names: readonly string[]) => Promise<void>
}

/**
 * The optimizer of a model, as a pure one.
 *
 * @throws TypeError for an optimizer that is not supported
 */
export const modelOptimizer = (optimizer: Optimizer): ModelOptimizer => {
  const name = optimizer.getClassName()
  const kind = kinds[name]
  if (kind === undefined)
    throw new TypeError(
      `fit: the optimizer ${name} is not supported; use sgd, momentum, adagrad, rmsprop or adam, or train with model.fit`,
    )
  const config = optimizer.getConfig() as Config
  const at = (rate: Rate): PureOptimizer => kind.of(rate, config)
  return {
    at,
    rate: () => (optimizer as unknown as { readonly learningRate: number }).learningRate,
    iterations: () => optimizer.iterations,
    read: async weights => {
      const { init } = at(0)
      const [count, ...remembered] = (await optimizer.getWeights()).map(({ tensor }) => tensor)
      try {
        return scoped(() => {
          const fresh = init(weights)
          if (remembered.length === 0) return fresh
          const slots = fresh.slots.map((slot, k) => remembered.slice(k * slot.length, (k + 1) * slot.length))
          if (signature(slots) !== signature(fresh.slots))
            throw new TypeError(
              `fit: the state of the optimizer belongs to other weights: ${signature(slots)}, not ${signature(fresh.slots)}; call model.compile again, with a new optimizer`,
            )
          return {
            slots: clone(slots),
            powers: fresh.powers.map(base => pow<typeof base>(base, optimizer.iterations + 1)),
          }
        })()
      } finally {
        dispose(count!)
      }
    },
    write: async ({ slots }, steps, names) => {
      const before = await optimizer.getWeights()
      const count = scalar(optimizer.iterations + steps, 'int32')
      const named = slots.flatMap((slot, k) =>
        slot.map((tensor, i) => ({ name: `${names[i]!}/${kind.slots[k]!}`, tensor })),
      )
      await optimizer.setWeights([{ name: 'iter', tensor: count }, ...named])
      // setWeights makes new variables
      dispose([count, ...before.map(({ tensor }) => tensor)])
    },
  }
}

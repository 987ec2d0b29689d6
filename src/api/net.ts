/**
 * A network as a plain value, and its text in network2.py's format.
 */
import type { HiddenActivation } from '../core/activation.ts'
import { activations, type ActivationName } from '../core/activations/index.ts'
import type { Cost } from '../core/cost.ts'
import { costs, costWords, type CostName } from '../core/costs/index.ts'
import type { Metrics } from '../core/evaluate.ts'
import type { Network } from '../core/network.ts'
import {
  canBeTrained,
  initializers,
  MOST_LAYERS,
  MOST_WEIGHTS,
  type Initializer,
  type LayerValues,
  type Sizes,
} from '../core/params.ts'
import { networkNamed } from '../core/parts.ts'
import { seededLayers, type Rng } from '../core/seeded.ts'
import { decodeModel, encodeModel, type DataIdentity } from '../io/model.ts'
import { checkKeys, checkNumber, checkPart, checkTensor, checkWord, rules, shownValue } from './arguments.ts'
import { Network2Error, orThrow, refuseArgument } from './network2-error.ts'

/**
 * A network: plain numbers, and the parts that it computes with. It is a value: no function of this library changes it,
 * and there is nothing to dispose of.
 */
export type Net = {
  /** The number of neurons in each layer, [j_0, …, j_L]. */
  readonly sizes: Sizes
  /** The cost function, which has the activation function of the output layer. */
  readonly cost: Cost
  /** The activation function of the hidden layers. */
  readonly activation: HiddenActivation
  /** The weights [j_l, j_l-1] and biases [j_l] of each layer above the input. */
  readonly layers: readonly LayerValues[]
  /** Whether the numbers are a drawn start: with dropout, those that are trained, not those of a network for use. */
  readonly isInitial: boolean
}

/** The options of {@link network}. */
export type NetworkOptions = {
  /** A cost, or its name; `crossEntropy`, if it is left out. */
  readonly cost?: Cost | CostName
  /** The activation function of the hidden layers, or its name; `sigmoid`, if it is left out. */
  readonly activation?: HiddenActivation | ActivationName
  /**
   * How the initial weights are drawn: `default` from N(0, 1/n_in), `large` from N(0, 1), as the book's
   * large_weight_initializer does, `he` from N(0, 2/n_in).
   */
  readonly init?: Initializer
  /** The same seed gives the same numbers; 0, if it is left out. */
  readonly seed?: number
  /** `book`: the random numbers of the author's program, from the same seed. */
  readonly rng?: Exclude<Rng, `book+${number}`>
}

/** A cost, from its record or one of its names. */
export const costOf = (where: string, cost: unknown): Cost =>
  checkPart<Cost>(
    where,
    typeof cost === 'string' && Object.hasOwn(costWords, cost) ? costWords[cost] : cost,
    costs,
    ['fn', 'delta'],
    'crossEntropy',
  )

const activationOf = (where: string, activation: unknown): HiddenActivation =>
  checkPart<HiddenActivation>(where, activation, activations, ['fn', 'prime'], 'sigmoid')

const sizesOf = (where: string, sizes: unknown): Sizes => {
  if (!Array.isArray(sizes))
    return refuseArgument(
      where,
      `is ${shownValue(sizes)}`,
      'give the neurons in each layer, such as [784, 30, 10]',
    )
  if (sizes.length < 2)
    refuseArgument(
      where,
      `is ${shownValue(sizes)}, and a network has at least an input and an output layer`,
      'give the neurons in each layer, such as [784, 30, 10]',
    )
  sizes.forEach((size, l) => checkNumber(`${where}[${l}]`, size, rules.count))
  if (!canBeTrained(sizes as number[]))
    refuseArgument(
      where,
      `has more than ${MOST_LAYERS} layers, or ${MOST_WEIGHTS / 1e6} million weights`,
      'give smaller sizes',
    )
  return sizes as unknown as Sizes
}

/**
 * A network with random weights and biases: the book's `Network(sizes, cost)`.
 *
 * @param sizes the number of neurons in each layer
 * @returns a new value with float32 numbers, which are a function of the sizes, the seed and `init`
 * @throws Network2Error for sizes or options that are none
 * @example
 * ```ts
 * import { crossEntropy, network } from 'network2'
 *
 * const net = network([784, 30, 10], { cost: crossEntropy, init: 'large', seed: 1 })
 * console.log(net.layers.map(({ w, b }) => [w.length, b.length])) // [ [ 23520, 30 ], [ 300, 10 ] ]
 * ```
 */
export const network = (sizes: readonly number[], options: NetworkOptions = {}): Net => {
  const where = 'network, options'
  checkKeys(where, options, ['cost', 'activation', 'init', 'seed', 'rng'])
  const { cost = 'xent', activation = 'sigmoid', init = 'default', seed = 0, rng = 'default' } = options
  const checked = sizesOf('network, sizes', sizes)
  const start = {
    init: checkWord(`${where}.init`, init, Object.keys(initializers) as Initializer[]),
    seed: checkSeed(`${where}.seed`, seed, rng),
    rng: checkWord(`${where}.rng`, rng, ['default', 'book']),
  }
  return {
    sizes: [...checked],
    cost: costOf(`${where}.cost`, cost),
    activation: activationOf(`${where}.activation`, activation),
    layers: seededLayers(start, checked),
    isInitial: true,
  }
}

/** Accuracy compares outputs: a network with one has none. */
export const metricsFor = <M extends Metrics | undefined>({ sizes }: Net, metrics: M): M =>
  metrics !== undefined && sizes.at(-1) === 1 ? { ...metrics, correct: NaN } : metrics

/** The network of the maths. */
export const networkOf = ({ cost, activation }: Net): Network => ({ cost, hidden: activation })

/** A seed that the generator takes. */
export const checkSeed = (where: string, seed: unknown, rng: Rng): number => {
  const checked = checkNumber(where, seed, rules.countOrZero)
  return rng === 'default' || checked < 2 ** 32
    ? checked
    : refuseArgument(where, `is ${checked}`, "give one below 2^32: the book's generators take no other")
}

/** Refuses what is not a network whose arrays have the lengths of its sizes. */
export const checkNet = (where: string, value: unknown): Net => {
  checkTensor(where, value)
  const net = value as Net
  if (typeof value !== 'object' || value === null || !Array.isArray(net.layers) || !Array.isArray(net.sizes))
    return refuseArgument(
      where,
      `is ${shownValue(value)}, not a network`,
      'give one that network(…), sgd(…) or deserialize(…) made',
    )
  sizesOf(`${where}.sizes`, net.sizes)
  costOf(`${where}.cost`, net.cost)
  activationOf(`${where}.activation`, net.activation)
  if (net.layers.length !== net.sizes.length - 1)
    refuseArgument(
      `${where}.layers`,
      `has ${net.layers.length} layers for the sizes [${net.sizes.join(', ')}]`,
      'give one layer of weights less than sizes has numbers',
    )
  net.layers.forEach(({ w, b }, l) => {
    const [inputs, outputs] = [net.sizes[l]!, net.sizes[l + 1]!]
    checkNumbers(`${where}.layers[${l}].w`, w, inputs * outputs, `[${outputs}, ${inputs}]`)
    checkNumbers(`${where}.layers[${l}].b`, b, outputs, `[${outputs}]`)
  })
  return net
}

const checkNumbers = (where: string, values: unknown, length: number, shape: string): void => {
  checkTensor(where, values)
  if (!(values instanceof Float32Array) || values.length !== length)
    refuseArgument(
      where,
      `is ${shownValue(values)}${values instanceof Float32Array ? ` with ${values.length} numbers` : ''}`,
      `give a Float32Array with ${length} numbers, ${shape}, row after row (of a tensor: await tensor.data())`,
    )
  const bad = (values as Float32Array).findIndex(value => !Number.isFinite(value))
  if (bad >= 0)
    refuseArgument(
      `${where}[${bad}]`,
      `is ${(values as Float32Array)[bad]!}`,
      'the network has diverged, or was made from such numbers: train it again with a smaller eta',
    )
}

/** Whether two costs have one name in files. */
const isSavedAlike = (one: Cost, other: Cost): boolean =>
  one.savedAs === other.savedAs && one.output.name === other.output.name

/**
 * The text of a network, in the format of network2.py: JSON with `sizes`, `weights`, `biases` and `cost`.
 *
 * @param trainedOn the identity of the data that it was trained on, which is part of the text if it is given
 * @returns JSON, the same that `network2 train --save` writes
 * @throws Network2Error for what is not a network, or has a cost or an activation function without a name of its own
 * @example
 * ```ts
 * import { deserialize, network, serialize } from 'network2'
 *
 * const net = network([2, 3, 1], { seed: 7 })
 * const again = deserialize(serialize(net))
 * console.log(again.layers[0]!.w.every((w, i) => w === net.layers[0]!.w[i])) // true
 * ```
 */
export const serialize = (net: Net, trainedOn?: DataIdentity): string => {
  const where = 'serialize, net'
  const { sizes, cost, activation, layers } = checkNet(where, net)
  const name = (Object.keys(costs) as CostName[]).find(key => costs[key] === cost)
  const hidden = (Object.keys(activations) as ActivationName[]).find(key => activations[key] === activation)
  if (hidden === undefined)
    return refuseArgument(
      `${where}.activation`,
      `is ${shownValue(activation.name)}, for which the file format has no name`,
      `use one of ${Object.keys(activations).join(', ')} in a network that is saved`,
    )
  const text = encodeModel({
    sizes,
    cost: name,
    activation: hidden,
    layers,
    ...(trainedOn === undefined ? {} : { trainedOn }),
  })
  if (name !== undefined) return text
  const taken = Object.values<Cost>(costs).find(known => isSavedAlike(known, cost))
  if (taken !== undefined)
    refuseArgument(
      `${where}.cost.savedAs`,
      `is ${shownValue(cost.savedAs)}, which is the ${taken.label} cost`,
      'give your cost a name of its own in files: { …, savedAs: "MyCost" }',
    )
  return JSON.stringify({ ...(JSON.parse(text) as object), cost: cost.savedAs })
}

/** The options of {@link deserialize}, and of `load` of `network2/node`. */
export type ModelOptions = {
  /** Your own cost, for a network that was trained with it. */
  readonly cost?: Cost
}

/**
 * The network in a text: the reverse of {@link serialize}, also for files of network2.py.
 *
 * @param model the JSON text, or the object in it
 * @throws Network2Error that names the first wrong parts of the model
 */
export const deserialize = (model: unknown, options: ModelOptions = {}): Net => {
  const where = 'deserialize, model'
  if (typeof model !== 'string' && (typeof model !== 'object' || model === null || model instanceof Promise))
    return refuseArgument(
      where,
      `is ${shownValue(model)}`,
      model instanceof Promise
        ? 'write await before it'
        : "give the text of a model's file, or the object in it",
    )
  return netOfText(
    'deserialize',
    'the model',
    typeof model === 'string' ? model : JSON.stringify(model),
    options,
  )
}

/**
 * The network in a text.
 *
 * @param name what to call the text in errors
 * @param options those of {@link deserialize}
 */
export const netOfText = (where: string, name: string, text: string, options: ModelOptions = {}): Net => {
  checkKeys(`${where}, options`, options, ['cost'])
  const cost = options.cost === undefined ? undefined : costOf(`${where}, options.cost`, options.cost)
  const named = cost === undefined ? undefined : namedCost(text)
  if (named !== undefined && named !== cost?.savedAs)
    throw new Network2Error(
      'data',
      where,
      `${name} names the cost ${shownValue(named)}, and options.cost is saved as ${shownValue(cost?.savedAs)}`,
      'give the cost that the network was trained with, or leave options.cost out',
    )
  const known =
    named === undefined ? text : JSON.stringify({ ...(JSON.parse(text) as object), cost: undefined })
  const { sizes, layers, ...names } = orThrow(where)(decodeModel(name, known))
  const parts = networkNamed(names)
  return { sizes, layers, cost: cost ?? parts.cost, activation: parts.hidden, isInitial: false }
}

/** The cost that a text names; undefined if it is no JSON or names none. */
const namedCost = (text: string): unknown => {
  try {
    return (JSON.parse(text) as { readonly cost?: unknown } | null)?.cost
  } catch {
    return undefined
  }
}

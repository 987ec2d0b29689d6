/**
 * Records the golden cases: small trainings, computed in float64 by the twin of test/support/float64.ts.
 *
 *     npm run golden
 *
 * A case holds all that a trainer needs to repeat it (a start in network2's form, a JSON data set, the options)
 * and the expected results. Starts and inputs are exact in float32, so that only the arithmetic differs there.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import process from 'node:process'
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import type { CostName } from '../src/core/costs/index.ts'
import { dropoutOf } from '../src/core/dropout.ts'
import { fold, generator, key, normalNumbers, type Key } from '../src/core/rng.ts'
import { twinCosts } from '../test/support/cases.ts'
import {
  argmax,
  epochs,
  examples,
  feedforward,
  fullNetwork,
  load,
  save,
  sgd,
  type Example,
  type HiddenName,
  type Matrix,
  type Monitored,
  type Network,
  type Options,
  type Saved,
  type Split,
  type Vector,
} from '../test/support/float64.ts'
import { root } from './package.mjs'

export type Golden = {
  readonly name: string
  readonly about: string
  readonly start: Saved
  readonly data: { readonly training: Split; readonly test: Split }
  readonly options: Omit<Options, 'dropout'> & {
    readonly cost: CostName
    /** The hidden neurons; sigmoid, if it is left out. */
    readonly activation?: HiddenName
    /** The share of the hidden neurons that a mini-batch deletes, and its masks. */
    readonly dropout?: { readonly rate: number } & Options['dropout']
  }
  readonly expected: Pick<Saved, 'weights' | 'biases'> & Monitored
}

/** The settings of a case; the rest is drawn from its seed. */
type Plan = {
  readonly name: string
  readonly about: string
  readonly seed: number
  readonly sizes: readonly number[]
  readonly n: number
  readonly options: Omit<Golden['options'], 'dropout'>
  /** The share of the hidden neurons that a mini-batch deletes. */
  readonly dropout?: number
  /** The standard deviation of a weight with this number of inputs; by default network2's. */
  readonly spread?: (inputs: number) => number
  readonly pixels?: boolean
  readonly desired?: 'digits' | 'soft' | 'one bit'
}

const large = (): number => 1

/** What network2.py can train. */
export const network2Plans: readonly Plan[] = [
  {
    name: 'quadratic',
    about: 'the quadratic cost, pixels, large start',
    seed: 1,
    sizes: [12, 8, 5],
    n: 40,
    options: { cost: 'quadratic', eta: 3, lmbda: 0, miniBatchSize: 10, epochs: 5 },
    spread: large,
    pixels: true,
  },
  {
    name: 'quadratic-decay',
    about: 'the quadratic cost with weight decay',
    seed: 2,
    sizes: [10, 7, 4],
    n: 60,
    options: { cost: 'quadratic', eta: 1, lmbda: 5, miniBatchSize: 10, epochs: 5 },
  },
  {
    name: 'xent',
    about: 'the cross-entropy cost, pixels, large start',
    seed: 3,
    sizes: [12, 8, 5],
    n: 40,
    options: { cost: 'xent', eta: 0.5, lmbda: 0, miniBatchSize: 10, epochs: 5 },
    spread: large,
    pixels: true,
  },
  {
    name: 'xent-decay',
    about: 'the cross-entropy cost with weight decay',
    seed: 4,
    sizes: [10, 7, 4],
    n: 60,
    options: { cost: 'xent', eta: 0.5, lmbda: 5, miniBatchSize: 10, epochs: 5 },
  },
  {
    name: 'quadratic-short-batch',
    about: 'a last batch of 3 where the others have 10, no decay',
    seed: 5,
    sizes: [9, 6, 4],
    n: 23,
    options: { cost: 'quadratic', eta: 3, lmbda: 0, miniBatchSize: 10, epochs: 4 },
  },
  {
    name: 'xent-short-batch-decay',
    about: 'a last batch of 3 where the others have 5, with decay; more test than training examples',
    seed: 6,
    sizes: [9, 6, 4],
    n: 23,
    options: { cost: 'xent', eta: 0.2, lmbda: 5, miniBatchSize: 5, epochs: 4 },
    pixels: true,
  },
  {
    name: 'xent-batch-1',
    about: 'one example a step, with decay',
    seed: 7,
    sizes: [8, 6, 4],
    n: 23,
    options: { cost: 'xent', eta: 0.1, lmbda: 5, miniBatchSize: 1, epochs: 3 },
  },
  {
    name: 'quadratic-batch-1',
    about: 'one example a step, no decay',
    seed: 8,
    sizes: [8, 6, 4],
    n: 23,
    options: { cost: 'quadratic', eta: 1, lmbda: 0, miniBatchSize: 1, epochs: 3 },
  },
  {
    name: 'xent-batch-over-n',
    about: 'a batch size over n is one batch',
    seed: 9,
    sizes: [8, 6, 4],
    n: 23,
    options: { cost: 'xent', eta: 0.5, lmbda: 5, miniBatchSize: 50, epochs: 6 },
  },
  {
    name: 'xent-no-hidden',
    about: 'no hidden layer',
    seed: 10,
    sizes: [12, 5],
    n: 33,
    options: { cost: 'xent', eta: 0.5, lmbda: 5, miniBatchSize: 10, epochs: 5 },
    pixels: true,
  },
  {
    name: 'quadratic-no-hidden',
    about: 'no hidden layer',
    seed: 11,
    sizes: [12, 5],
    n: 33,
    options: { cost: 'quadratic', eta: 3, lmbda: 0, miniBatchSize: 10, epochs: 5 },
  },
  {
    name: 'xent-three-hidden',
    about: 'three hidden layers, with decay',
    seed: 12,
    sizes: [8, 7, 6, 5, 4],
    n: 40,
    options: { cost: 'xent', eta: 0.5, lmbda: 5, miniBatchSize: 8, epochs: 6 },
  },
  {
    name: 'quadratic-three-hidden',
    about: 'three hidden layers, large start',
    seed: 13,
    sizes: [8, 7, 6, 5, 4],
    n: 40,
    options: { cost: 'quadratic', eta: 3, lmbda: 0, miniBatchSize: 8, epochs: 6 },
    spread: large,
  },
  {
    name: 'xent-soft-targets',
    about: 'desired outputs between 0 and 1, where the cost has a minimum above 0: (64)',
    seed: 14,
    sizes: [7, 6, 5],
    n: 30,
    options: { cost: 'xent', eta: 0.5, lmbda: 5, miniBatchSize: 7, epochs: 5 },
    desired: 'soft',
  },
  {
    name: 'quadratic-soft-targets',
    about: 'desired outputs between 0 and 1',
    seed: 15,
    sizes: [7, 6, 5],
    n: 30,
    options: { cost: 'quadratic', eta: 2, lmbda: 5, miniBatchSize: 7, epochs: 5 },
    desired: 'soft',
  },
  {
    name: 'xent-one-output',
    about:
      'one output neuron: argmax is always 0, so every accuracy is the size of its data set and means nothing',
    seed: 16,
    sizes: [6, 5, 1],
    n: 26,
    options: { cost: 'xent', eta: 0.5, lmbda: 0, miniBatchSize: 6, epochs: 4 },
    desired: 'one bit',
  },
  {
    name: 'xent-saturated',
    about:
      'weighted inputs beyond 17, where a float32 activation is exactly 0 or 1 and its logarithm is lost',
    seed: 17,
    sizes: [10, 8, 5],
    n: 30,
    options: { cost: 'xent', eta: 0.05, lmbda: 0, miniBatchSize: 10, epochs: 3 },
    spread: () => 4.5,
  },
  {
    name: 'zero-epochs',
    about: 'no epoch: empty lists, and the start as it was',
    seed: 18,
    sizes: [6, 5, 3],
    n: 24,
    options: { cost: 'xent', eta: 0.5, lmbda: 5, miniBatchSize: 10, epochs: 0 },
  },
]

/** What network2.py has not. */
const otherPlans: readonly Plan[] = [
  {
    name: 'log-likelihood',
    about: 'softmax outputs with the log-likelihood cost: (78), (80), (84)',
    seed: 19,
    sizes: [12, 8, 5],
    n: 40,
    options: { cost: 'log-likelihood', eta: 0.5, lmbda: 5, miniBatchSize: 10, epochs: 5 },
    pixels: true,
  },
  {
    name: 'quadratic-linear',
    about: 'linear outputs with the quadratic cost: (68) to (70)',
    seed: 20,
    sizes: [10, 7, 4],
    n: 40,
    options: { cost: 'quadratic-linear', eta: 0.1, lmbda: 0, miniBatchSize: 10, epochs: 5 },
  },
  {
    name: 'l1',
    about: 'L1 regularization: (95) to (97); a last batch of 3',
    seed: 21,
    sizes: [9, 6, 4],
    n: 23,
    options: { cost: 'xent', eta: 0.3, lmbda: 0.5, miniBatchSize: 5, epochs: 4, regularizer: 'l1' },
  },
  {
    name: 'momentum',
    about: 'momentum with weight decay: (107), (108); a last batch of 3',
    seed: 22,
    sizes: [9, 6, 4],
    n: 23,
    options: { cost: 'xent', eta: 0.1, lmbda: 2, miniBatchSize: 5, epochs: 4, mu: 0.8 },
  },
  {
    name: 'tanh',
    about: 'two hidden layers of tanh neurons: (109) to (111)',
    seed: 23,
    sizes: [10, 7, 6, 4],
    n: 40,
    options: { cost: 'xent', eta: 0.2, lmbda: 1, miniBatchSize: 8, epochs: 5, activation: 'tanh' },
  },
  {
    name: 'relu',
    about: 'two hidden layers of rectified linear neurons: (112)',
    seed: 24,
    sizes: [10, 7, 6, 4],
    n: 40,
    options: { cost: 'xent', eta: 0.1, lmbda: 1, miniBatchSize: 8, epochs: 5, activation: 'relu' },
  },
  {
    name: 'dropout',
    about: 'dropout in two hidden layers, of 8 and 7 neurons; a last batch of 3',
    seed: 25,
    sizes: [10, 8, 7, 4],
    n: 43,
    options: { cost: 'xent', eta: 0.5, lmbda: 2, miniBatchSize: 10, epochs: 4 },
    dropout: 0.4,
  },
  {
    name: 'all-parts',
    about: 'softmax, tanh, L1, momentum and dropout together',
    seed: 26,
    sizes: [10, 8, 6, 4],
    n: 43,
    options: {
      ...{ cost: 'log-likelihood', eta: 0.1, lmbda: 0.2, miniBatchSize: 10, epochs: 4 },
      ...{ activation: 'tanh', regularizer: 'l1', mu: 0.5 },
    },
    dropout: 0.25,
  },
]

export const plans: readonly Plan[] = [...network2Plans, ...otherPlans]

/** `count` rows of `width` numbers. */
const rows = (numbers: Vector, width: number): Matrix =>
  Array.from({ length: numbers.length / width }, (_, i) => numbers.slice(i * width, (i + 1) * width))

const byteOver256 = (
  of: Key,
  count: number,
  isInk: (random: ReturnType<typeof generator>) => boolean,
): Vector => {
  const random = generator(of)
  return Array.from({ length: count }, () => (isInk(random) ? uniformInt(random, 1, 255) / 256 : 0))
}

const drawStart = (of: Key, { sizes, spread = inputs => 1 / Math.sqrt(inputs), options }: Plan): Network => {
  const layers = sizes.slice(1).map((outputs, l) => ({ outputs, inputs: sizes[l] ?? 0, of: fold(of, l) }))
  return {
    cost: twinCosts[options.cost],
    ...(options.activation === undefined ? {} : { hidden: options.activation }),
    weights: layers.map(layer =>
      rows(
        Array.from(normalNumbers(fold(layer.of, 0), layer.outputs * layer.inputs), w =>
          Math.fround(w * spread(layer.inputs)),
        ),
        layer.inputs,
      ),
    ),
    biases: layers.map(layer => [...normalNumbers(fold(layer.of, 1), layer.outputs)]),
  }
}

/** Examples that can be learned: a random linear map of the inputs, the same for both parts, says the digit. */
const drawSplit = (of: Key, teacher: Matrix, plan: Plan, length: number): Split => {
  const inputs = plan.sizes.at(0) ?? 0
  const outputs = plan.sizes.at(-1) ?? 0
  const x = rows(
    byteOver256(
      fold(of, 0),
      length * inputs,
      random => plan.pixels !== true || uniformInt(random, 0, 3) === 0,
    ),
    inputs,
  )
  const centre = plan.pixels === true ? 1 / 8 : 1 / 2
  const scores = x.map(pixels =>
    teacher.map(row => row.reduce((score, t, k) => score + t * ((pixels[k] ?? 0) - centre), 0)),
  )
  switch (plan.desired ?? 'digits') {
    case 'digits':
      return { inputs: x, labels: scores.map(argmax) }
    case 'soft':
      return {
        inputs: x,
        targets: rows(
          byteOver256(fold(of, 1), length * outputs, () => true),
          outputs,
        ),
      }
    case 'one bit':
      return { inputs: x, targets: scores.map(row => row.map(score => (score > 0 ? 1 : 0))) }
  }
}

/** The network that a case starts from. */
export const startOf = ({ start, options: { activation } }: Golden): Network => ({
  ...load(start),
  ...(activation === undefined ? {} : { hidden: activation }),
})

/** The masks of every mini-batch, for each hidden layer. */
const drawMasks = (
  of: Key,
  { sizes, n, options: { epochs, miniBatchSize } }: Plan,
  rate: number,
): NonNullable<Golden['options']['dropout']> => {
  const { masks } = dropoutOf(rate, of)
  return {
    rate,
    masks: Array.from({ length: epochs }, (_, epoch) =>
      Array.from({ length: Math.ceil(n / miniBatchSize) }, (_, step) =>
        sizes.slice(1, -1).map((neurons, layer) => [...masks(epoch + 1, layer, neurons)(step)]),
      ),
    ),
  }
}

/** The smallest margin of the argmax over the next output, over all examples. */
const closestCall = (net: Network, data: readonly Example[]): number =>
  Math.min(
    ...data.map(({ x }) => {
      const [first = 1, second = 0] = feedforward(net, x).toSorted((a, b) => b - a)
      return first - second
    }),
  )

/** A plan's case, computed. */
export const record = (plan: Plan): Golden => {
  const seed = key(plan.seed)
  const outputs = plan.sizes.at(-1) ?? 0
  const start = drawStart(fold(seed, 0), plan)
  const teacher = rows([...normalNumbers(fold(seed, 1), outputs * (plan.sizes[0] ?? 0))], plan.sizes[0] ?? 0)
  const data = {
    training: drawSplit(fold(seed, 2), teacher, plan, plan.n),
    test: drawSplit(fold(seed, 3), teacher, plan, 30),
  }
  const training = examples(data.training, outputs)
  const test = examples(data.test, outputs)
  const options: Golden['options'] =
    plan.dropout === undefined
      ? plan.options
      : { ...plan.options, dropout: drawMasks(fold(seed, 4), plan, plan.dropout) }
  for (const net of epochs(start, training, options)) {
    // A near tie could be decided differently in float32, and a correct trainer would fail the case.
    if (outputs > 1 && closestCall(fullNetwork(net), [...training, ...test]) < 1e-5)
      throw new Error(`${plan.name}: a tie; take another seed`)
  }
  const { net, monitored } = sgd(start, training, test, options)
  const { weights, biases } = save(net)
  return {
    name: plan.name,
    about: plan.about,
    start: save(start),
    data,
    options,
    expected: { weights, biases, ...monitored },
  }
}

/** A case's file: JSON with a row of numbers on a line, so that a change is readable as a difference. */
export const text = (golden: Golden): string =>
  JSON.stringify(golden, null, 1).replace(/\[[^[\]{}]*\]/g, row => row.replace(/\s+/g, '')) + '\n'

const folder = join(root, 'test', 'golden')

export const fileOf = (plan: Pick<Plan, 'name'>): string => join(folder, `${plan.name}.json`)

/** The recorded case, as it is on disk. */
export const recorded = (plan: Pick<Plan, 'name'>): Golden =>
  JSON.parse(readFileSync(fileOf(plan), 'utf8')) as Golden

if (process.argv[1]?.endsWith(basename(import.meta.filename)) === true)
  for (const plan of plans) writeFileSync(fileOf(plan), text(record(plan)))

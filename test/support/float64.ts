/**
 * The float64 twin: network2.py's arithmetic in plain loops over arrays of numbers.
 *
 * It is the independent oracle of the tests, so it imports nothing of the project, knows no tensor, and takes
 * the book's formulas as they stand, one example at a time, where the project has a batch form and a stable
 * cost. A reader of network2.py should find every function of it here, under its own name.
 *
 * A column vector is a `Vector`; a weight matrix is [out][in], as in the book and in network2's file.
 */

export type Vector = readonly number[]
export type Matrix = readonly Vector[]

/** One example: the input x and the desired output y. A digit's y is one-hot. */
export type Example = { readonly x: Vector; readonly y: Vector }

/** The costs, each with its output neurons: network2.py has the first two, with sigmoid outputs. */
export type CostName = 'QuadraticCost' | 'CrossEntropyCost' | 'LogLikelihoodCost' | 'LinearQuadraticCost'

/** The neurons of the hidden layers: network2.py has the first. */
export type HiddenName = 'sigmoid' | 'tanh' | 'relu'

export type RegularizerName = 'l2' | 'l1'

/** A network, or the gradient of a cost in a network's shape. */
export type Weighted = { readonly weights: readonly Matrix[]; readonly biases: readonly Vector[] }
export type Network = Weighted & {
  readonly cost: CostName
  readonly hidden?: HiddenName
  /** With dropout: for each hidden layer, 0 for a neuron that is deleted, else 1. */
  readonly masks?: readonly Vector[]
}

export type Options = {
  readonly eta: number
  readonly lmbda: number
  readonly miniBatchSize: number
  readonly epochs: number
  readonly regularizer?: RegularizerName
  /** With momentum. */
  readonly mu?: number
  /** With dropout: the masks of the hidden layers, [epoch][mini-batch][layer][neuron]. */
  readonly dropout?: { readonly masks: readonly (readonly (readonly Vector[])[])[] }
}

/** What network2's SGD returns: one number an epoch. Accuracies are counts. */
export type Monitored = {
  readonly evaluationCost: readonly number[]
  readonly evaluationAccuracy: readonly number[]
  readonly trainingCost: readonly number[]
  readonly trainingAccuracy: readonly number[]
}

/** Python's indexing: from the end when negative, and never undefined. */
const at = <A>(xs: readonly A[], i: number): A => {
  const x = xs.at(i)
  if (x === undefined) throw new RangeError(`no element ${i} among ${xs.length}`)
  return x
}

const zipWith =
  <A, B, C>(f: (a: A, b: B) => C) =>
  (as: readonly A[], bs: readonly B[]): C[] => {
    if (as.length !== bs.length) throw new RangeError(`${as.length} against ${bs.length} elements`)
    return as.map((a, i) => f(a, at(bs, i)))
  }

const sum = (xs: Vector): number => xs.reduce((s, x) => s + x, 0)
const add = zipWith((a: number, b: number) => a + b)
const subtract = zipWith((a: number, b: number) => a - b)
const hadamard = zipWith((a: number, b: number) => a * b)
const addMatrices = zipWith(add)

const inner = (a: Vector, b: Vector): number => sum(hadamard(a, b))

/** w a: a matrix times a column. */
const dot = (w: Matrix, a: Vector): Vector => w.map(row => inner(row, a))

const transpose = (w: Matrix): Matrix => at(w, 0).map((_, k) => w.map(row => at(row, k)))

/** delta aᵀ: a column times a row. */
const outer = (delta: Vector, a: Vector): Matrix => delta.map(d => a.map(x => d * x))

const vectorOf = (length: number, next: () => number): Vector => Array.from({ length }, next)

const matrixOf = (rows: number, columns: number, next: () => number): Matrix =>
  Array.from({ length: rows }, () => vectorOf(columns, next))

export const zeros = (like: Weighted): Weighted => ({
  weights: like.weights.map(w => w.map(row => row.map(() => 0))),
  biases: like.biases.map(b => b.map(() => 0)),
})

/** σ(z), equation (3). */
export const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

/** σ'(z) = σ(z)(1 - σ(z)). */
export const sigmoidPrime = (z: number): number => sigmoid(z) * (1 - sigmoid(z))

type Neuron = { readonly fn: (z: number) => number; readonly prime: (z: number) => number }

/** The hidden neurons: (3), (109) and (112), with their slopes in z. */
export const neurons: Readonly<Record<HiddenName, Neuron>> = {
  sigmoid: { fn: sigmoid, prime: sigmoidPrime },
  tanh: {
    fn: z => (Math.exp(z) - Math.exp(-z)) / (Math.exp(z) + Math.exp(-z)),
    prime: z => 4 / (Math.exp(z) + Math.exp(-z)) ** 2,
  },
  relu: { fn: z => Math.max(0, z), prime: z => (z > 0 ? 1 : 0) },
}

/** (78). */
const softmax = (zs: Vector): Vector => {
  const powers = zs.map(Math.exp)
  return powers.map(power => power / sum(powers))
}

/** NumPy's: not a number becomes 0, an infinity the largest number there is. */
const nanToNum = (x: number): number =>
  Number.isNaN(x) ? 0 : Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, x))

type Cost = {
  readonly output: (z: Vector) => Vector
  readonly fn: (a: Vector, y: Vector) => number
  readonly delta: (z: Vector, a: Vector, y: Vector) => Vector
}

export const costs: Readonly<Record<CostName, Cost>> = {
  /** ½‖a - y‖², (6); its delta by BP1, (30). */
  QuadraticCost: {
    output: z => z.map(sigmoid),
    fn: (a, y) => 0.5 * sum(subtract(a, y).map(d => d * d)),
    delta: (z, a, y) => hadamard(subtract(a, y), z.map(sigmoidPrime)),
  },
  /** -Σ_j [y_j ln a_j + (1 - y_j) ln(1 - a_j)], (63); σ' cancels in its delta, (66). */
  CrossEntropyCost: {
    output: z => z.map(sigmoid),
    fn: (a, y) =>
      sum(zipWith((p: number, t: number) => nanToNum(-t * Math.log(p) - (1 - t) * Math.log(1 - p)))(a, y)),
    delta: (_, a, y) => subtract(a, y),
  },
  /** -Σ_j y_j ln a_j of softmax outputs, (80); (84). */
  LogLikelihoodCost: {
    output: softmax,
    fn: (a, y) => -sum(zipWith((p: number, t: number) => (t === 0 ? 0 : t * Math.log(p)))(a, y)),
    delta: (_, a, y) => subtract(a, y),
  },
  /** (6) of linear outputs, a = z; (68). */
  LinearQuadraticCost: {
    output: z => z,
    fn: (a, y) => 0.5 * sum(subtract(a, y).map(d => d * d)),
    delta: (_, a, y) => subtract(a, y),
  },
}

/** The neurons of the hidden layer l, from 0, that are not deleted. */
const thin = ({ masks }: Network, l: number, a: Vector): Vector =>
  masks === undefined ? a : hadamard(a, at(masks, l))

/** w a + b of every layer and the activations between, x first: (25). */
const forward = (net: Network, x: Vector): { readonly zs: Vector[]; readonly activations: Vector[] } => {
  const zs: Vector[] = []
  const activations: Vector[] = [x]
  const { fn } = neurons[net.hidden ?? 'sigmoid']
  for (const [l, w] of net.weights.entries()) {
    const z = add(dot(w, at(activations, -1)), at(net.biases, l))
    zs.push(z)
    activations.push(l + 1 < net.weights.length ? thin(net, l, z.map(fn)) : costs[net.cost].output(z))
  }
  return { zs, activations }
}

/** The network's output for the input x: (25). */
export const feedforward = (net: Network, x: Vector): Vector => at(forward(net, x).activations, -1)

/** How far the weighted inputs of the hidden neurons are from 0, where the slope of a rectified linear neuron jumps. */
export const distanceFromKink = (net: Network, batch: readonly Example[]): number =>
  Math.min(...batch.flatMap(({ x }) => forward(net, x).zs.slice(0, -1).flat()).map(Math.abs))

/**
 * The gradient of one example's cost, by BP1-BP4. A deleted neuron passes nothing on and gets no error: da/dz is 0 there.
 */
export const backprop = (net: Network, { x, y }: Example): Weighted => {
  const { zs, activations } = forward(net, x)
  const { prime } = neurons[net.hidden ?? 'sigmoid']
  let delta = costs[net.cost].delta(at(zs, -1), at(activations, -1), y)
  const biases = [delta]
  const weights = [outer(delta, at(activations, -2))]
  for (let l = 2; l <= net.weights.length; l++) {
    const slope = thin(net, net.weights.length - l, at(zs, -l).map(prime))
    delta = hadamard(dot(transpose(at(net.weights, -l + 1)), delta), slope)
    biases.unshift(delta)
    weights.unshift(outer(delta, at(activations, -l - 1)))
  }
  return { weights, biases }
}

/** The gradient of the summed cost of a batch: example by example, then added. */
export const summedGradient = (net: Network, batch: readonly Example[]): Weighted =>
  batch
    .map(example => backprop(net, example))
    .reduce(
      (nabla, one) => ({
        weights: zipWith(addMatrices)(nabla.weights, one.weights),
        biases: zipWith(add)(nabla.biases, one.biases),
      }),
      zeros(net),
    )

/** The slope of each penalty in a weight, without λ/n: (88), and (96) with sgn(0) = 0. */
const penaltySlope: Readonly<Record<RegularizerName, (w: number) => number>> = { l2: w => w, l1: Math.sign }

type StepOptions = {
  readonly eta: number
  readonly lmbda: number
  readonly n: number
  readonly regularizer?: RegularizerName
}

/** ∇C of a mini-batch, with the regularization term: (88) or (96) for the weights, (89) for the biases. */
export const regularizedGradient = (
  net: Network,
  miniBatch: readonly Example[],
  { lmbda, n, regularizer = 'l2' }: Omit<StepOptions, 'eta'>,
): Weighted => {
  const nabla = summedGradient(net, miniBatch)
  const m = miniBatch.length
  const inWeight = (w: number, nw: number): number => nw / m + (lmbda / n) * penaltySlope[regularizer](w)
  return {
    weights: zipWith(zipWith(zipWith(inWeight)))(net.weights, nabla.weights),
    biases: nabla.biases.map(b => b.map(nb => nb / m)),
  }
}

/** One step with momentum: v → μ v - η ∇C, (107), then w → w + v, (108); biases likewise. */
export const momentumStep = (
  net: Network,
  velocity: Weighted,
  miniBatch: readonly Example[],
  { mu, ...options }: StepOptions & { readonly mu: number },
): { readonly net: Network; readonly velocity: Weighted } => {
  const nabla = regularizedGradient(net, miniBatch, options)
  const faster = zipWith((v: number, g: number) => mu * v - options.eta * g)
  const weights = zipWith(zipWith(faster))(velocity.weights, nabla.weights)
  const biases = zipWith(faster)(velocity.biases, nabla.biases)
  return {
    net: {
      ...net,
      weights: zipWith(addMatrices)(net.weights, weights),
      biases: zipWith(add)(net.biases, biases),
    },
    velocity: { weights, biases },
  }
}

/**
 * One step of gradient descent with weight decay, (93) and (94); with L1, (97).
 *
 * @param n the size of the whole training set, by which decay is measured; the gradient is by the batch's own
 */
export const updateMiniBatch = (
  net: Network,
  miniBatch: readonly Example[],
  { eta, lmbda, n, regularizer = 'l2' }: StepOptions,
): Network => {
  const nabla = summedGradient(net, miniBatch)
  const m = miniBatch.length
  const shrunk = (w: number): number =>
    regularizer === 'l2' ? (1 - eta * (lmbda / n)) * w : w - eta * (lmbda / n) * Math.sign(w)
  const moved = zipWith((w: number, nw: number) => shrunk(w) - (eta / m) * nw)
  const movedBias = zipWith((b: number, nb: number) => b - (eta / m) * nb)
  return {
    ...net,
    weights: zipWith(zipWith(moved))(net.weights, nabla.weights),
    biases: zipWith(movedBias)(net.biases, nabla.biases),
  }
}

/** The penalty on the weights, without λ/n: (85) and (95). */
export const penalty = ({ weights }: Weighted, regularizer: RegularizerName): number =>
  regularizer === 'l2'
    ? 0.5 * sum(weights.map(w => sum(w.map(row => inner(row, row)))))
    : sum(weights.map(w => sum(w.map(row => sum(row.map(Math.abs))))))

/** The mean cost over a data set plus the penalty, lmbda over the length of that data set: (85), (87), (95). */
export const totalCost = (
  net: Network,
  data: readonly Example[],
  lmbda: number,
  regularizer: RegularizerName = 'l2',
): number => {
  const mean = data.reduce(
    (cost, { x, y }) => cost + costs[net.cost].fn(feedforward(net, x), y) / data.length,
    0,
  )
  return mean + (lmbda / data.length) * penalty(net, regularizer)
}

/** NumPy's: the first of equal maxima. */
export const argmax = (a: Vector): number => a.indexOf(Math.max(...a))

/** How many examples the network gets right. */
export const accuracy = (net: Network, data: readonly Example[]): number =>
  data.filter(({ x, y }) => argmax(feedforward(net, x)) === argmax(y)).length

/**
 * The network after each epoch of stochastic gradient descent, (20) and (21), in the given order. With dropout, it has the
 * masks of the last mini-batch.
 */
export const epochs = function* (
  net: Network,
  training: readonly Example[],
  options: Options,
): Generator<Network> {
  const n = training.length
  let velocity = zeros(net)
  for (let epoch = 0; epoch < options.epochs; epoch++) {
    for (let k = 0; k < n; k += options.miniBatchSize) {
      const miniBatch = training.slice(k, k + options.miniBatchSize)
      const { mu, dropout } = options
      const thinned =
        dropout === undefined
          ? net
          : { ...net, masks: at(at(dropout.masks, epoch), k / options.miniBatchSize) }
      if (mu === undefined) net = updateMiniBatch(thinned, miniBatch, { ...options, n })
      else ({ net, velocity } = momentumStep(thinned, velocity, miniBatch, { ...options, mu, n }))
    }
    yield net
  }
}

/** With dropout, all neurons are used, and the weights that leave a hidden layer are scaled by the share that was kept. */
export const fullNetwork = ({ masks, ...net }: Network): Network =>
  masks === undefined
    ? net
    : {
        ...net,
        weights: net.weights.map((w, l) => {
          const share = l === 0 ? 1 : sum(at(masks, l - 1)) / at(masks, l - 1).length
          return w.map(row => row.map(x => share * x))
        }),
      }

/** network2's SGD without the shuffle: the trained network, and what the monitors saw after every epoch. */
export const sgd = (
  start: Network,
  training: readonly Example[],
  evaluation: readonly Example[],
  options: Options,
): { readonly net: Network; readonly monitored: Monitored } => {
  const after = [...epochs(start, training, options)]
  const full = after.map(fullNetwork)
  return {
    net: after.at(-1) ?? start,
    monitored: {
      evaluationCost: full.map(net => totalCost(net, evaluation, options.lmbda, options.regularizer)),
      evaluationAccuracy: full.map(net => accuracy(net, evaluation)),
      trainingCost: full.map(net => totalCost(net, training, options.lmbda, options.regularizer)),
      trainingAccuracy: full.map(net => accuracy(net, training)),
    },
  }
}

/** The summed cost of a batch: what `summedGradient` is the gradient of. */
export const summedCost = (net: Network, batch: readonly Example[]): number =>
  sum(batch.map(({ x, y }) => costs[net.cost].fn(feedforward(net, x), y)))

/**
 * The gradient of `summedCost`, or of another cost, by central differences, one weight at a time.
 *
 * The four-point difference, whose error goes with h⁴, allows a step so long that rounding stays harmless too.
 */
export const centralDifferences = (
  net: Network,
  batch: readonly Example[],
  h = 3e-3,
  cost = summedCost,
): Weighted => {
  const slope = (moved: (by: number) => Network): number => {
    const across = (by: number): number => cost(moved(by), batch) - cost(moved(-by), batch)
    return (8 * across(h) - across(2 * h)) / (12 * h)
  }
  const nudge = (xs: Vector, i: number, by: number): Vector => xs.with(i, at(xs, i) + by)
  return {
    weights: net.weights.map((w, l) =>
      w.map((row, j) =>
        row.map((_, k) =>
          slope(by => ({ ...net, weights: net.weights.with(l, w.with(j, nudge(row, k, by))) })),
        ),
      ),
    ),
    biases: net.biases.map((b, l) =>
      b.map((_, j) => slope(by => ({ ...net, biases: net.biases.with(l, nudge(b, j, by)) }))),
    ),
  }
}

const largest = (xs: Vector): number => xs.reduce((m, x) => Math.max(m, Math.abs(x)), 0)

/**
 * The worst error among arrays of numbers, each array measured by its own largest element, so that a mistake in
 * an early layer's small gradient is not hidden by the last layer's large one.
 *
 * @param floor below this size an array counts as zero: there only rounding is left to compare
 */
export const relativeError = (
  found: readonly Vector[],
  expected: readonly Vector[],
  floor: number = Number.MIN_VALUE,
): number =>
  largest(
    zipWith((f: Vector, e: Vector) => largest(subtract(f, e)) / Math.max(largest(e), floor))(found, expected),
  )

/** A network's numbers, or a gradient's, as one flat array for each layer's weights and biases: w, b, w, b … */
export const leaves = ({ weights, biases }: Weighted): Vector[] =>
  zipWith((w: Matrix, b: Vector) => [w.flat(), b])(weights, biases).flat()

/** What network2.py saves: biases are columns. */
export type Saved = {
  readonly sizes: readonly number[]
  readonly weights: readonly Matrix[]
  readonly biases: readonly Matrix[]
  readonly cost: CostName
}

/** network2's save, before it becomes text. */
export const save = ({ weights, biases, cost }: Network): Saved => ({
  sizes: [at(at(weights, 0), 0).length, ...biases.map(b => b.length)],
  weights,
  biases: biases.map(b => b.map(x => [x])),
  cost,
})

/** network2's load. */
export const load = ({ weights, biases, cost }: Saved): Network => ({
  cost,
  weights,
  biases: biases.map(b => b.flat()),
})

/** One part of a JSON data set: the desired outputs, or for each input its digit. */
export type Split = { readonly inputs: Matrix } & (
  { readonly targets: Matrix } | { readonly labels: readonly number[] }
)

/** network2's vectorized_result: 1 at the digit, 0 elsewhere. */
export const vectorizedResult = (digit: number, outputs: number): Vector =>
  Array.from({ length: outputs }, (_, j) => (j === digit ? 1 : 0))

/** The examples of a JSON data set's part, for a network with this number of outputs. */
export const examples = (split: Split, outputs: number): Example[] =>
  zipWith((x: Vector, y: Vector) => ({ x, y }))(
    split.inputs,
    'targets' in split ? split.targets : split.labels.map(digit => vectorizedResult(digit, outputs)),
  )

/** A network whose numbers come one by one from `next`. */
export const networkOf = (
  sizes: readonly number[],
  cost: CostName,
  next: () => number,
  hidden: HiddenName = 'sigmoid',
): Network => ({
  cost,
  ...(hidden === 'sigmoid' ? {} : { hidden }),
  weights: sizes.slice(1).map((outputs, l) => matrixOf(outputs, at(sizes, l), next)),
  biases: sizes.slice(1).map(outputs => vectorOf(outputs, next)),
})

/** Desired outputs as a distribution, in steps of 1/1024: none below 0, and their sum is exactly 1, also in float32. */
export const asDistribution = ({ x, y }: Example): Example => {
  const steps = y.slice(1).map(t => Math.floor((1024 * t) / sum(y)))
  return { x, y: [1024 - sum(steps), ...steps].map(step => step / 1024) }
}

/** `m` examples for such a network, their inputs from `next` and their desired outputs from `desired`. */
export const examplesOf = (
  m: number,
  sizes: readonly number[],
  next: () => number,
  desired: () => number,
): Example[] =>
  Array.from({ length: m }, () => ({ x: vectorOf(at(sizes, 0), next), y: vectorOf(at(sizes, -1), desired) }))

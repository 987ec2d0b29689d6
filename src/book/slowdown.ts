/**
 * The learning slowdown of chapter 3: one neuron with one input, which must learn to answer x = 1 with y = 0.
 *
 * A saturated neuron has a flat σ, and the gradient of the quadratic cost has σ'(z) as a factor: the more wrong such a
 * neuron is, the slower it learns. In the gradient of the cross-entropy σ'(z) has cancelled. Float64 throughout.
 */
/** The weight and the bias. */
export type Neuron = { readonly w: number; readonly b: number }

/** Where the book starts: one neuron that is wrong, and one that is badly wrong, and saturated. */
export const starts: readonly [Neuron, Neuron] = [
  { w: 0.6, b: 0.9 },
  { w: 2, b: 2 },
]

/**
 * Along what a neuron descends:
 *
 * - `gradient`: ∂C/∂w and ∂C/∂b, as it should
 * - `dC/da`: the same without their factor σ'(z). It is no gradient; it is here because curves like those of the
 *   book's animation come of it
 */
/** The costs that the chapter compares on one neuron. */
export type NeuronCostName = 'quadratic' | 'xent'

export type DescentStep = 'gradient' | 'dC/da'

/** All that a curve depends on. */
export type SlowdownTrial = {
  readonly cost: NeuronCostName
  readonly start: Neuron
  readonly eta: number
  readonly epochs: number
  readonly step: DescentStep
}

/** What is seen before the first epoch and after each: lists of epochs + 1 numbers. */
export type NeuronCurve = {
  /** The weighted input. */
  readonly z: readonly number[]
  /** The output. */
  readonly a: readonly number[]
  readonly cost: readonly number[]
  /** ∂C/∂w, which is ∂C/∂b as well, for x is 1; or what is taken in its place. */
  readonly gradient: readonly number[]
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

/** (3), of the output a = σ(z). */
const sigmoidPrime = (a: number): number => a * (1 - a)

/** What is asked of a cost, as functions of the output a, where x = 1 and y = 0. */
type NeuronCost = Readonly<Record<'cost' | DescentStep, (a: number) => number>>

const costs: Readonly<Record<NeuronCostName, NeuronCost>> = {
  quadratic: {
    /** (54): C = (y - a)²/2. */
    cost: a => a ** 2 / 2,
    /** (55), (56): ∂C/∂w = (a - y) σ'(z) x. Where a is near 1, σ'(z) is near 0. */
    gradient: a => a * sigmoidPrime(a),
    'dC/da': a => a,
  },
  xent: {
    /** (57): C = -[y ln a + (1 - y) ln(1 - a)]. */
    cost: a => -Math.log1p(-a),
    /** (61), (62): ∂C/∂w = x (σ(z) - y). In (60), σ'(z) stood above and below the line. */
    gradient: a => a,
    /** (a - y) / (a (1 - a)), from which the book integrates the cost, (71) to (77). */
    'dC/da': a => 1 / (1 - a),
  },
}

/** Gradient descent on the one example: w → w - η ∂C/∂w, and b likewise. */
export const learnNeuron = ({ cost, start, eta, epochs, step }: SlowdownTrial): NeuronCurve => {
  const nabla = costs[cost][step]
  const z: number[] = []
  let { w, b } = start
  for (let epoch = 0; epoch <= epochs; epoch++) {
    z.push(w + b)
    const a = sigmoid(w + b)
    w -= eta * nabla(a)
    b -= eta * nabla(a)
  }
  const a = z.map(sigmoid)
  return { z, a, cost: a.map(costs[cost].cost), gradient: a.map(nabla) }
}

/** A trial and what came of it. */
export type SlowdownResult = SlowdownTrial & { readonly curve: NeuronCurve }

type Four = readonly [SlowdownResult, SlowdownResult, SlowdownResult, SlowdownResult]

const done = (trial: SlowdownTrial): SlowdownResult => ({ ...trial, curve: learnNeuron(trial) })

/** The rate at which the chapter shows the slowdown, and the one that its text names for the cross-entropy. */
export const rates = { quadratic: 0.15, xent: 0.005 } as const

/** Both costs at one rate: quadratic and cross-entropy from the first start, then from the second. */
export const comparison = (eta: number, epochs: number): Four => {
  const trial = (start: Neuron, cost: NeuronCostName): SlowdownResult =>
    done({ cost, start, eta, epochs, step: 'gradient' })
  const [wrong, saturated] = starts
  return [
    trial(wrong, 'quadratic'),
    trial(wrong, 'xent'),
    trial(saturated, 'quadratic'),
    trial(saturated, 'xent'),
  ]
}

/** The cross-entropy at its rate in the text: along the gradient from both starts, then along dC/da from both. */
export const observation = (epochs: number): Four => {
  const trial = (start: Neuron, step: DescentStep): SlowdownResult =>
    done({ cost: 'xent', start, eta: rates.xent, epochs, step })
  const [wrong, saturated] = starts
  return [
    trial(wrong, 'gradient'),
    trial(saturated, 'gradient'),
    trial(wrong, 'dC/da'),
    trial(saturated, 'dC/da'),
  ]
}

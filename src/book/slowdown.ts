/**
 * The learning slowdown of chapter 3: one neuron with one input, which must learn to answer x = 1 with y = 0.
 *
 * Where a neuron is saturated, σ is flat, and the gradient of the quadratic cost has the factor σ'(z): the more wrong
 * such a neuron is, the slower it learns. In the gradient of the cross-entropy σ'(z) cancels. All in float64.
 */
/** The weight and the bias. */
export type Neuron = { readonly w: number; readonly b: number }

/** The starts in the book: one neuron that is wrong, and one that is very wrong, and saturated. */
export const starts: readonly [Neuron, Neuron] = [
  { w: 0.6, b: 0.9 },
  { w: 2, b: 2 },
]

/**
 * The direction in which a neuron descends:
 *
 * - `gradient`: ∂C/∂w and ∂C/∂b
 * - `dC/da`: the same without their factor σ'(z). It is not the gradient; it is here because it gives curves like those
 *   of the book's animation
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

/** The values before the first epoch and after each: lists of epochs + 1 numbers. */
export type NeuronCurve = {
  /** The weighted input. */
  readonly z: readonly number[]
  /** The output. */
  readonly a: readonly number[]
  readonly cost: readonly number[]
  /** ∂C/∂w, which equals ∂C/∂b because x is 1; or what replaces it. */
  readonly gradient: readonly number[]
}

const sigmoid = (z: number): number => 1 / (1 + Math.exp(-z))

/** (3), of the output a = σ(z). */
const sigmoidPrime = (a: number): number => a * (1 - a)

/** A cost and its derivatives as functions of the output a, where x = 1 and y = 0. */
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

/** A trial and its result. */
export type SlowdownResult = SlowdownTrial & { readonly curve: NeuronCurve }

type Four = readonly [SlowdownResult, SlowdownResult, SlowdownResult, SlowdownResult]

const done = (trial: SlowdownTrial): SlowdownResult => ({ ...trial, curve: learnNeuron(trial) })

/** The learning rate at which the chapter shows the slowdown, and the one in its text for the cross-entropy. */
export const rates = { quadratic: 0.15, xent: 0.005 } as const

/** Both costs at the same rate: quadratic and cross-entropy from the first start, then from the second. */
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

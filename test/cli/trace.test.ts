/**
 * The equations that `trace` prints. The printed program is evaluated here, and the value of each line with an equation
 * is compared with that equation of the book, written component by component.
 */
import { expect, it } from 'vitest'
import { key, normalNumbers } from '../../src/core/rng.ts'
import { cli } from '../support/cli.ts'

/** Vectors are matrices with one row. */
type Matrix = readonly (readonly number[])[]

const matrix = (rows: number, columns: number, at: (i: number, j: number) => number): Matrix =>
  Array.from({ length: rows }, (_, i) => Array.from({ length: columns }, (_, j) => at(i, j)))

const total = (n: number, at: (i: number) => number): number =>
  Array.from({ length: n }, (_, i) => at(i)).reduce((a, b) => a + b, 0)

const turned = (m: Matrix): Matrix => matrix(m[0]!.length, m.length, (i, j) => m[j]![i]!)

const product = (a: Matrix, b: Matrix): Matrix =>
  matrix(a.length, b[0]!.length, (i, j) => total(b.length, k => a[i]![k]! * b[k]![j]!))

/** A vector stands for a matrix of equal rows, and one number for a matrix of it. */
const pairwise =
  (f: (x: number, y: number) => number) =>
  (a: Matrix, b: Matrix): Matrix => {
    const at = (m: Matrix, i: number, j: number): number => m[i % m.length]![j % m[0]!.length]!
    return matrix(Math.max(a.length, b.length), Math.max(a[0]!.length, b[0]!.length), (i, j) =>
      f(at(a, i, j), at(b, i, j)),
    )
  }

const each =
  (f: (x: number) => number) =>
  (m: Matrix): Matrix =>
    m.map(row => row.map(f))

const kernels: Readonly<Record<string, (inputs: readonly Matrix[], attributes: string) => Matrix>> = {
  GatherV2: ([table, rows]) => rows![0]!.map(row => table![row]!),
  BatchMatMul: ([a, b], attributes) =>
    product(
      attributes.includes('transposeA=true') ? turned(a!) : a!,
      attributes.includes('transposeB=true') ? turned(b!) : b!,
    ),
  Add: ([a, b]) => pairwise((x, y) => x + y)(a!, b!),
  Sub: ([a, b]) => pairwise((x, y) => x - y)(a!, b!),
  Multiply: ([a, b]) => pairwise((x, y) => x * y)(a!, b!),
  Sigmoid: ([z]) => each(x => 1 / (1 + Math.exp(-x)))(z!),
  Tanh: ([z]) => each(Math.tanh)(z!),
  Relu: ([z]) => each(x => Math.max(0, x))(z!),
  Step: ([a]) => each(x => (x > 0 ? 1 : 0))(a!),
  Sign: ([w]) => each(Math.sign)(w!),
  Softmax: ([z]) => z!.map(row => row.map(x => Math.exp(x) / total(row.length, k => Math.exp(row[k]!)))),
  Sum: ([a], attributes) => {
    expect(attributes).toBe(' axis=0')
    return [turned(a!).map(column => total(column.length, i => column[i]!))]
  },
}

const NODE = /^(%\d+) = (\w+)\((.+?)\)(.*?) : \w+\[[\d,]*\](?: +# (.+))?$/

/** The values of the lines that have a remark, in the order in which they are printed. */
const evaluate = (printed: string, inputs: Readonly<Record<string, Matrix>>) => {
  const known = new Map(Object.entries(inputs))
  return printed.split('\n').flatMap(line => {
    const constant = /^(c\d+) = (\S+) : float32\[\]$/.exec(line)
    if (constant !== null) known.set(constant[1]!, [[Number(constant[2])]])
    const node = NODE.exec(line)
    if (node === null) return []
    const [, name, kernel, from, attributes, remark] = node
    const value = kernels[kernel!]!(
      from!.split(', ').map(input => known.get(input)!),
      attributes!,
    )
    known.set(name!, value)
    return remark === undefined ? [] : [{ remark, value }]
  })
}

const sigma = (z: number): number => 1 / (1 + Math.exp(-z))

/** The hidden neurons: the number of the equation, the activation and its slope, both in z. */
const NEURONS = {
  sigmoid: ['(25)', sigma, (z: number) => Math.exp(-z) / (1 + Math.exp(-z)) ** 2],
  tanh: ['(109)', Math.tanh, (z: number) => 1 / Math.cosh(z) ** 2],
  relu: ['(112)', (z: number) => Math.max(0, z), (z: number) => (z > 0 ? 1 : 0)],
} as const

/** The costs: the number of their δ, and that of the output layer, if it has one. */
const COSTS = {
  xent: ['66', '(25)'],
  quadratic: ['65', '(25)'],
  'log-likelihood': ['84', '(78)'],
  'quadratic-linear': ['68', undefined],
} as const

/** The outputs of each cost. */
const outputs: Readonly<Record<keyof typeof COSTS, (z: Matrix) => Matrix>> = {
  xent: each(sigma),
  quadratic: each(sigma),
  'log-likelihood': z => z.map(row => row.map(x => Math.exp(x) / total(row.length, k => Math.exp(row[k]!)))),
  'quadratic-linear': z => z,
}

/** How many slopes of output neurons are printed. */
const outputSlopes = (cost: keyof typeof COSTS): number => (cost === 'quadratic' ? 1 : 0)

type Case = {
  readonly cost: keyof typeof COSTS
  readonly sizes: string
  readonly activation?: keyof typeof NEURONS
  readonly regularizer?: 'l1' | 'l2'
  readonly momentum?: number
  readonly dropout?: number
}

/** Two learning rates and two λ: with λ = 0 equations (93) and (94) are (20) and (21). */
const RUNS = [
  { eta: 0.5, lmbda: 0 },
  { eta: 3, lmbda: 5 },
]

const [M, N] = [10, 50]

it.each<Case>([
  { cost: 'xent', sizes: '784,30,10' },
  { cost: 'quadratic', sizes: '784,30,10' },
  { cost: 'quadratic', sizes: '6,5,4,3' },
  { cost: 'log-likelihood', sizes: '6,5,4,3', activation: 'tanh', regularizer: 'l1' },
  { cost: 'quadratic-linear', sizes: '6,5,4,3', activation: 'relu', momentum: 0.7 },
  { cost: 'quadratic', sizes: '6,5,3', regularizer: 'l1', momentum: 0.7, dropout: 0.4 },
  { cost: 'xent', sizes: '6,5,4,3', activation: 'tanh', dropout: 0.4 },
  { cost: 'xent', sizes: '6,3' },
])('%j: each printed equation is that of the book', async given => {
  const { cost, sizes, activation = 'sigmoid', regularizer = 'l2', momentum, dropout } = given
  const flags = Object.entries(given).flatMap(([name, value]) => [`--${name}`, String(value)])
  const { out, code } = await cli(['trace', ...flags])
  expect(code).toBe(0)
  const widths = sizes.split(',').map(Number)
  const L = widths.length - 1
  const random = (seed: number, rows: number, columns: number): Matrix => {
    const numbers = normalNumbers(key(seed), rows * columns)
    return matrix(rows, columns, (i, j) => numbers[i * columns + j]!)
  }
  // layer l is w[l], b[l], from 1, as in the book; v and u are their velocities, r its mask
  const w = widths.map((width, l) => random(l, width, l === 0 ? 1 : widths[l - 1]!))
  const b = widths.map((width, l) => random(10 + l, 1, width)[0]!)
  const v = widths.map((width, l) => random(30 + l, width, l === 0 ? 1 : widths[l - 1]!))
  const u = widths.map((width, l) => random(40 + l, 1, width)[0]!)
  const r = widths.map((width, l) =>
    Array.from({ length: width }, (_, j) =>
      dropout === undefined || l === 0 || l === L || j % 2 === 1 ? 1 : 0,
    ),
  )
  const [x, y] = [random(20, N, widths[0]!), random(21, N, widths[L]!)]
  const rows = Array.from({ length: M }, (_, i) => (7 * i) % N)
  const [number, neuron, slope] = NEURONS[activation]
  const [deltaNumber, outputNumber] = COSTS[cost]
  const penaltySlope = regularizer === 'l1' ? Math.sign : (weight: number) => weight

  for (const { eta, lmbda } of RUNS) {
    const layers = w.flatMap((weights, l) =>
      l === 0
        ? []
        : [
            [`params[${l - 1}].w`, weights],
            [`params[${l - 1}].b`, [b[l]]],
            [`optimizer[${l - 1}].w`, v[l]],
            [`optimizer[${l - 1}].b`, [u[l]]],
            [`masks[${l - 1}]`, [r[l]]],
          ],
    )
    const decay = (eta * lmbda) / N
    const found = evaluate(out, {
      ...(Object.fromEntries(layers) as Record<string, Matrix>),
      ...{ x, y, rate: [[eta / M]], rows: [rows], mu: [[momentum ?? NaN]] },
      decay: [[momentum === undefined && regularizer === 'l2' ? 1 - decay : decay]],
    })

    // a before its mask, and after it
    const [z, whole, a]: [Matrix[], Matrix[], Matrix[]] = [[], [], [rows.map(row => x[row]!)]]
    const goal = rows.map(row => y[row]!)
    for (let l = 1; l <= L; l++) {
      z[l] = matrix(
        M,
        widths[l]!,
        (i, j) => total(widths[l - 1]!, k => w[l]![j]![k]! * a[l - 1]![i]![k]!) + b[l]![j]!,
      )
      whole[l] = l < L ? each(neuron)(z[l]!) : outputs[cost](z[l]!)
      a[l] = matrix(M, widths[l]!, (i, j) => r[l]![j]! * whole[l]![i]![j]!)
    }
    // δ before its mask, and after it
    const [error, delta]: [Matrix[], Matrix[]] = [[], []]
    for (let l = L; l > 0; l--) {
      error[l] = matrix(M, widths[l]!, (i, j) =>
        l === L
          ? (a[L]![i]![j]! - goal[i]![j]!) * (cost === 'quadratic' ? NEURONS.sigmoid[2](z[l]![i]![j]!) : 1)
          : total(widths[l + 1]!, k => w[l + 1]![k]![j]! * delta[l + 1]![i]![k]!) * slope(z[l]![i]![j]!),
      )
      delta[l] = matrix(M, widths[l]!, (i, j) => r[l]![j]! * error[l]![i]![j]!)
    }
    const gradient = (l: number, j: number, k: number): number =>
      total(M, i => a[l - 1]![i]![k]! * delta[l]![i]![j]!)
    const biasGradient = (l: number, j: number): number => total(M, i => delta[l]![i]![j]!)
    const ofWeights = (l: number, f: (j: number, k: number) => number): Matrix =>
      matrix(widths[l]!, widths[l - 1]!, f)
    const ofBiases = (l: number, f: (j: number) => number): Matrix => [b[l]!.map((_, j) => f(j))]

    const up = Array.from({ length: L }, (_, i) => i + 1)
    const down = up.toReversed()
    const hidden = up.slice(0, -1)
    const velocity = (l: number, j: number, k: number): number =>
      momentum! * v[l]![j]![k]! - decay * penaltySlope(w[l]![j]![k]!) - (eta / M) * gradient(l, j, k)
    const biasVelocity = (l: number, j: number): number =>
      momentum! * u[l]![j]! - (eta / M) * biasGradient(l, j)
    const steps: Readonly<Record<string, readonly Matrix[]>> =
      momentum === undefined
        ? {
            [regularizer === 'l1' ? '(97)' : '(93)']: up.map(l =>
              ofWeights(
                l,
                (j, k) => w[l]![j]![k]! - decay * penaltySlope(w[l]![j]![k]!) - (eta / M) * gradient(l, j, k),
              ),
            ),
            '(94)': up.map(l => ofBiases(l, j => b[l]![j]! - (eta / M) * biasGradient(l, j))),
          }
        : {
            '(107)': up.flatMap(l => [
              ofWeights(l, (j, k) => velocity(l, j, k)),
              ofBiases(l, j => biasVelocity(l, j)),
            ]),
            '(108)': up.flatMap(l => [
              ofWeights(l, (j, k) => w[l]![j]![k]! + velocity(l, j, k)),
              ofBiases(l, j => b[l]![j]! + biasVelocity(l, j)),
            ]),
          }
    const activations = [
      ...hidden.map(l => [number, whole[l]!] as const),
      ...(outputNumber === undefined ? [] : [[outputNumber, a[L]!] as const]),
    ]
    const values: Readonly<Record<string, readonly Matrix[]>> = {
      'the mini-batch': [a[0]!, goal],
      ...Object.fromEntries(
        activations.map(([name]) => [name, activations.flatMap(([other, m]) => (other === name ? [m] : []))]),
      ),
      BP1: [delta[L]!],
      ...(L > 1 || cost === 'quadratic'
        ? {
            "σ'(z)": down
              .filter(l => l < L || cost === 'quadratic')
              .map(l => each(l < L ? slope : NEURONS.sigmoid[2])(z[l]!)),
          }
        : {}),
      ...(L > 1 ? { BP2: down.slice(1).map(l => error[l]!) } : {}),
      BP3: down.map(l => ofBiases(l, j => biasGradient(l, j))),
      BP4: down.map(l => ofWeights(l, (j, k) => gradient(l, j, k))),
      ...(dropout === undefined
        ? {}
        : {
            'dropout: a': hidden.map(l => a[l]!),
            'dropout: δ': hidden.toReversed().map(l => delta[l]!),
          }),
      ...(regularizer === 'l1' ? { 'the slope of the penalty': up.map(l => each(Math.sign)(w[l]!)) } : {}),
      ...steps,
    }
    const nameIn = (remark: string): string =>
      /^(\(\d+\)|BP\d|σ'\(z\)|the mini-batch|the slope of the penalty|dropout: [aδ])/.exec(remark)![1]!
    for (const [name, expected] of Object.entries(values)) {
      const printed = found.filter(({ remark }) => nameIn(remark) === name)
      expect(printed.length, name).toBe(expected.length)
      printed.forEach(({ value, remark }, i) => {
        if (name === 'BP1') expect(remark).toContain(`BP1, (${deltaNumber}): `)
        // what is said to hold where r = 1 has one column for each neuron of its layer
        const isSaid = (column: number): boolean =>
          !remark.endsWith('where r = 1') ||
          r[hidden.toReversed()[i - (name === 'BP2' ? 0 : outputSlopes(cost))]!]![column] === 1
        const difference = Math.max(
          ...value.flatMap((row, at) =>
            row.map((each, c) => (isSaid(c) ? Math.abs(each - expected[i]![at]![c]!) : 0)),
          ),
        )
        expect(value.length, remark).toBe(expected[i]!.length)
        expect(difference, remark).toBeLessThan(1e-9)
      })
    }
    expect(found.filter(({ remark }) => !(nameIn(remark) in values))).toEqual([])
  }
})

it('its help names no flag that it does not have', async () => {
  const { code, out } = await cli(['trace', '--help'])
  expect(code).toBe(0)
  expect(out).toContain('[default: xent]')
  expect(out).not.toContain('--init')
})

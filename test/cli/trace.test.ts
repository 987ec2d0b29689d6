/**
 * The equations that `trace` prints. The printed program is evaluated here, and the value of each line with an equation
 * is compared with that equation of the book, written component by component.
 */
import { expect, it } from 'vitest'
import { key, normal } from '../../src/core/rng.ts'
import { sgd } from '../../src/core/optimizers/sgd.ts'
import { l2 } from '../../src/core/regularizers/l2.ts'
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
  Sigmoid: ([z]) => z!.map(row => row.map(x => 1 / (1 + Math.exp(-x)))),
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
const sigmaPrime = (z: number): number => Math.exp(-z) / (1 + Math.exp(-z)) ** 2

/** Two learning rates and two λ: with λ = 0 equations (93) and (94) are (20) and (21). */
const RUNS = [
  { eta: 0.5, lmbda: 0 },
  { eta: 3, lmbda: 5 },
]

const [M, N] = [10, 50]

it.each([
  ['xent', '784,30,10', '66'],
  ['quadratic', '784,30,10', '65'],
  ['quadratic', '6,5,4,3', '65'],
])('%s, %s: each printed equation is that of the book', async (cost, sizes, output) => {
  const { out, code } = await cli(['trace', '--cost', cost, '--sizes', sizes])
  expect(code).toBe(0)
  const widths = sizes.split(',').map(Number)
  const L = widths.length - 1
  const random = (seed: number, rows: number, columns: number): Matrix => {
    const numbers = normal(key(seed), rows * columns)
    return matrix(rows, columns, (i, j) => numbers[i * columns + j]!)
  }
  // layer l is w[l], b[l], from 1, as in the book
  const w = widths.map((width, l) => random(l, width, l === 0 ? 1 : widths[l - 1]!))
  const b = widths.map((width, l) => random(10 + l, 1, width)[0]!)
  const [x, y] = [random(20, N, widths[0]!), random(21, N, widths[L]!)]
  const rows = Array.from({ length: M }, (_, i) => (7 * i) % N)

  for (const { eta, lmbda } of RUNS) {
    const { rate, decay } = sgd.scale({ eta, lmbda, mu: 0, m: M, n: N }, l2)
    const layers = w.flatMap((weights, l) =>
      l === 0
        ? []
        : [
            [`params[${l - 1}].w`, weights],
            [`params[${l - 1}].b`, [b[l]]],
          ],
    )
    const found = evaluate(out, {
      ...(Object.fromEntries(layers) as Record<string, Matrix>),
      ...{ x, y, rate: [[rate]], decay: [[decay]], rows: [rows] },
    })

    const [z, a, delta]: [Matrix[], Matrix[], Matrix[]] = [[], [rows.map(row => x[row]!)], []]
    const goal = rows.map(row => y[row]!)
    for (let l = 1; l <= L; l++) {
      z[l] = matrix(
        M,
        widths[l]!,
        (i, j) => total(widths[l - 1]!, k => w[l]![j]![k]! * a[l - 1]![i]![k]!) + b[l]![j]!,
      )
      a[l] = z[l]!.map(row => row.map(sigma))
    }
    for (let l = L; l > 0; l--)
      delta[l] = matrix(M, widths[l]!, (i, j) => {
        const slope = sigmaPrime(z[l]![i]![j]!)
        if (l === L) return (a[L]![i]![j]! - goal[i]![j]!) * (output === '65' ? slope : 1)
        return total(widths[l + 1]!, k => w[l + 1]![k]![j]! * delta[l + 1]![i]![k]!) * slope
      })
    const gradient = (l: number, j: number, k: number): number =>
      total(M, i => a[l - 1]![i]![k]! * delta[l]![i]![j]!)
    const biasGradient = (l: number, j: number): number => total(M, i => delta[l]![i]![j]!)

    const up = Array.from({ length: L }, (_, i) => i + 1)
    const down = up.toReversed()
    const values: Readonly<Record<string, readonly Matrix[]>> = {
      'the mini-batch': [a[0]!, goal],
      '(25)': up.map(l => a[l]!),
      BP1: [delta[L]!],
      "σ'(z)": down.filter(l => l < L || output === '65').map(l => z[l]!.map(row => row.map(sigmaPrime))),
      BP2: down.slice(1).map(l => delta[l]!),
      BP3: down.map(l => [b[l]!.map((_, j) => biasGradient(l, j))]),
      BP4: down.map(l => matrix(widths[l]!, widths[l - 1]!, (j, k) => gradient(l, j, k))),
      '(93)': up.map(l =>
        matrix(
          widths[l]!,
          widths[l - 1]!,
          (j, k) => (1 - (eta * lmbda) / N) * w[l]![j]![k]! - (eta / M) * gradient(l, j, k),
        ),
      ),
      '(94)': up.map(l => [b[l]!.map((bias, j) => bias - (eta / M) * biasGradient(l, j))]),
    }
    const number = (remark: string): string => /^(\(\d+\)|BP\d|σ'\(z\)|the mini-batch)/.exec(remark)![1]!
    for (const [name, expected] of Object.entries(values)) {
      const printed = found.filter(({ remark }) => number(remark) === name)
      expect(printed.length, name).toBe(expected.length)
      printed.forEach(({ value, remark }, i) => {
        if (name === 'BP1') expect(remark).toContain(`BP1, (${output}): `)
        const difference = Math.max(
          ...value.flatMap((row, r) => row.map((each, c) => Math.abs(each - expected[i]![r]![c]!))),
        )
        expect(value.length, remark).toBe(expected[i]!.length)
        expect(difference, remark).toBeLessThan(1e-9)
      })
    }
    expect(found.every(({ remark }) => number(remark) in values)).toBe(true)
  }
})

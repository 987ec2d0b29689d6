/**
 * The bridge between the float64 twin and the project: random networks with a batch, and both as tensors.
 */
import { tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import type { CostName as Name } from '../../src/core/costs/index.ts'
import { sigmoid as hidden } from '../../src/core/activations/sigmoid.ts'
import { costs } from '../../src/core/costs/index.ts'
import type { Batch, Network as Parts } from '../../src/core/network.ts'
import { toParams, type Params } from '../../src/core/params.ts'
import { key, normal } from '../../src/core/rng.ts'
import {
  examplesOf,
  networkOf,
  sigmoid,
  type CostName,
  type Example,
  type Matrix,
  type Network,
  type Vector,
  type Weighted,
} from './float64.ts'

/** The project's name of the twin's cost. */
export const nameOf = (cost: CostName): Name => (cost === 'QuadraticCost' ? 'quadratic' : 'xent')

/** The project's network of the twin's: sigmoid neurons, and its cost. */
export const partsOf = ({ cost }: Pick<Network, 'cost'>): Parts => ({ hidden, cost: costs[nameOf(cost)] })

export type Case = { readonly net: Network; readonly batch: readonly Example[] }

/**
 * Networks of up to three hidden layers of up to eight neurons, each with a batch of up to seven examples. The
 * numbers are exact in float32.
 */
export const networkAndBatch: fc.Arbitrary<Case> = fc
  .record({
    sizes: fc.array(fc.integer({ min: 1, max: 8 }), { minLength: 2, maxLength: 5 }),
    m: fc.integer({ min: 1, max: 7 }),
    cost: fc.constantFrom<CostName>('QuadraticCost', 'CrossEntropyCost'),
    seed: fc.nat(),
  })
  .map(({ sizes, m, cost, seed }) => {
    const numbers = normal(key(seed), 1000).values()
    const next = (): number => numbers.next().value ?? NaN
    return {
      net: networkOf(sizes, cost, next),
      batch: examplesOf(m, sizes, next, () => Math.fround(sigmoid(next()))),
    }
  })

export const rowsOf = (rows: Matrix): Tensor2D => tensor2d(rows.map(row => [...row]))

export const paramsOf = ({ weights, biases }: Weighted): Params =>
  toParams(
    weights.map((w, l) => ({
      inputs: w[0]?.length ?? 0,
      outputs: w.length,
      w: Float32Array.from(w.flat()),
      b: Float32Array.from(biases[l] ?? []),
    })),
  )

export const batchOf = (batch: readonly Example[]): Batch => ({
  x: rowsOf(batch.map(({ x }) => x)),
  y: rowsOf(batch.map(({ y }) => y)),
})

/** The numbers of parameters or of a gradient, in the order of the twin's `leaves`. */
export const numbersOf = (params: Params): Vector[] =>
  params.flatMap(({ w, b }) => [Array.from(w.dataSync()), Array.from(b.dataSync())])

// for tf.grad: the Node bundle of tfjs-core registers no gradient
import '@tensorflow/tfjs'
import { grad, sum, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sigmoid } from '../../../src/core/activations/sigmoid.ts'
import { withTensors } from '../../../src/core/scope.ts'
import * as twin from '../../support/float64.ts'

/** A function of tensors, on one row of numbers. */
const onRow =
  (f: (row: Tensor2D) => Tensor2D) =>
  (row: readonly number[]): number[] =>
    withTensors(
      () => f(tensor2d([...row], [1, row.length])),
      image => Array.from(image.dataSync()),
    )

/** The slopes of the sigmoid by automatic differentiation. */
const slopes = grad(z => sum(sigmoid.fn(z as Tensor2D))) as (z: Tensor2D) => Tensor2D

/** How far apart two neighbouring float32 numbers below 1 are. */
const ULP = 2 ** -24

describe('sigmoid', () => {
  it('by hand: ½ at 0, ¾ at ln 3, and 0 and 1 far out', () => {
    const [middle, above, low, high] = onRow(sigmoid.fn)([0, Math.log(3), -1e4, 1e4])
    expect(middle).toBe(0.5)
    expect(above).toBeCloseTo(0.75, 6)
    expect(low).toBeCloseTo(0, 7)
    expect(high).toBeCloseTo(1, 7)
  })

  it('golden: at 1 and -2', () => {
    const [one, two] = onRow(sigmoid.fn)([1, -2])
    expect(one).toBeCloseTo(0.731058578630005, 6)
    expect(two).toBeCloseTo(0.119202922022118, 6)
  })

  it('law: the twin agrees at every z', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 1 }), row => {
        onRow(sigmoid.fn)(row).forEach((a, j) => {
          expect(Math.abs(a - twin.sigmoid(row[j] ?? NaN))).toBeLessThan(4 * ULP)
        })
      }),
    )
  })
})

describe('its derivative', () => {
  it('by hand: a (1 - a)', () => {
    expect(onRow(sigmoid.prime)([0.5, 0.75, 0, 1])).toEqual([0.25, 0.1875, 0, 0])
  })

  it('golden: at z = 2', () => {
    expect(onRow(z => sigmoid.prime(sigmoid.fn(z)))([2])[0]).toBeCloseTo(0.104993585403507, 6)
  })

  it('law: it is the slope of the sigmoid', () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: -30, max: 30, noNaN: true }), { minLength: 1 }), row => {
        const found = onRow(z => sigmoid.prime(sigmoid.fn(z)))(row)
        const automatic = onRow(slopes)(row)
        found.forEach((slope, j) => {
          expect(Math.abs(slope - (automatic[j] ?? NaN))).toBeLessThan(ULP)
          expect(Math.abs(slope - twin.sigmoidPrime(row[j] ?? NaN))).toBeLessThan(4 * ULP)
        })
      }),
    )
  })

  it('law: no digit is lost near a = 1, where the slope is small', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 14 }), k => {
        const a = 1 - k * ULP
        const slope = onRow(sigmoid.prime)([a])[0] ?? NaN
        expect(Math.abs(slope / (a * k * ULP) - 1)).toBeLessThan(4 * ULP)
      }),
    )
  })
})

describe('purity', () => {
  it('nothing given is changed, and a second call answers the same', () => {
    const row = [-3, 0, 0.5, 20]
    for (const f of [sigmoid.fn, sigmoid.prime]) {
      const [first, second, z] = withTensors(
        () => {
          const z = tensor2d([row])
          return [f(z), f(z), z]
        },
        tensors => tensors.map(tensor => Array.from(tensor.dataSync())),
      )
      expect(second).toEqual(first)
      expect(z).toEqual(row)
    }
  })
})

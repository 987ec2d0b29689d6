/**
 * The laws of every activation function of hidden layers.
 */
// for tf.grad: the Node bundle of tfjs-core registers no gradient
import '@tensorflow/tfjs'
import { grad, sum, tensor2d, type Tensor, type Tensor2D } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { activations } from '../../../src/core/activations/index.ts'
import { withTensors } from '../../../src/core/scope.ts'
import { hiddenNames } from '../../support/cases.ts'
import { neurons } from '../../support/float64.ts'

const onRow =
  (f: (x: Tensor2D) => Tensor) =>
  (row: readonly number[]): number[] =>
    withTensors(
      () => f(tensor2d([...row], [1, row.length])),
      result => [...result.dataSync()],
    )

describe.each(hiddenNames)('%s', name => {
  const { fn, prime } = activations[name]
  const row = fc.array(fc.float({ min: -12, max: 12, noNaN: true }), { minLength: 1 })

  it('has its name in the registry', () => {
    expect(activations[name].name).toBe(name)
  })

  it('is that of the twin', () => {
    fc.assert(
      fc.property(row, row => {
        onRow(fn)(row).forEach((a, j) => expect(Math.abs(a - neurons[name].fn(row[j]!))).toBeLessThan(1e-6))
      }),
    )
  })

  it('its derivative, from a, is the slope of the function: tf.grad, and the twin', () => {
    fc.assert(
      fc.property(row, row => {
        fc.pre(row.every(z => z !== 0))
        const found = onRow(z => prime(fn(z)))(row)
        const automatic = onRow(z => grad(z => sum(fn(z as Tensor2D)))(z))(row)
        found.forEach((slope, j) => {
          expect(Math.abs(slope - automatic[j]!)).toBeLessThan(1e-6)
          expect(Math.abs(slope - neurons[name].prime(row[j]!))).toBeLessThan(1e-6)
        })
      }),
    )
  })

  it('purity: nothing given is changed, and a second call answers the same', () => {
    for (const f of [fn, prime]) {
      const [first, second, x] = withTensors(
        () => {
          const x = tensor2d([[-3, 0, 0.5, 20]])
          return [f(x), f(x), x]
        },
        tensors => tensors.map(tensor => [...tensor.dataSync()]),
      )
      expect(second).toEqual(first)
      expect(x).toEqual([-3, 0, 0.5, 20])
    }
  })
})

describe('by hand', () => {
  it('tanh of ½ ln 3 is ½, where its slope is ¾; at 0 the slope is 1: (109), (110)', () => {
    const { fn, prime } = activations.tanh
    const [half, zero] = onRow(fn)([0.5 * Math.log(3), 0])
    expect(half).toBeCloseTo(0.5, 6)
    expect(zero).toBe(0)
    expect(onRow(prime)([0.5, 0, 1, -1])).toEqual([0.75, 1, 0, 0])
  })

  it('relu is max(0, z): (112); its slope is 0 at 0', () => {
    expect(onRow(activations.relu.fn)([-2, 0, 3])).toEqual([0, 0, 3])
    expect(onRow(activations.relu.prime)([0, 3])).toEqual([0, 1])
  })
})

describe('golden', () => {
  it('at z = 0.7', () => {
    expect(onRow(activations.tanh.fn)([0.7])[0]).toBeCloseTo(0.6043677771, 6)
    expect(onRow(z => activations.tanh.prime(activations.tanh.fn(z)))([0.7])[0]).toBeCloseTo(0.63473959, 6)
    expect(onRow(activations.relu.fn)([0.7])[0]).toBe(Math.fround(0.7))
  })
})

describe('laws', () => {
  it('(111): σ(z) = (1 + tanh(z/2)) / 2', () => {
    fc.assert(
      fc.property(fc.float({ min: -30, max: 30, noNaN: true }), z => {
        const [stretched] = onRow(activations.tanh.fn)([z / 2])
        expect(Math.abs(onRow(activations.sigmoid.fn)([z])[0]! - (1 + stretched!) / 2)).toBeLessThan(1e-6)
      }),
    )
  })

  it('tanh: no digit is lost near a = ±1, where the slope is small', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 14 }), fc.constantFrom(1, -1), (k, side) => {
        const rest = k * 2 ** -24
        const [slope] = onRow(activations.tanh.prime)([side * (1 - rest)])
        expect(Math.abs(slope! / (rest * (2 - rest)) - 1)).toBeLessThan(2 ** -21)
      }),
    )
  })
})

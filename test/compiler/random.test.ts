/**
 * Random numbers inside a program: Random123's published vectors, the same bits on every engine, and their distributions.
 */
import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { eager } from '../../src/compiler/eager.ts'
import { jit } from '../../src/compiler/jit.ts'
import { dropout, keys, normal, uniform } from '../../src/compiler/random.ts'
import { threefry2x32 } from '../../src/compiler/threefry.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { using, withTensors } from '../../src/core/scope.ts'
import { interpreterOf, pairs } from '../support/engines.ts'

/** kat_vectors of Random123: threefry 2x32 with 20 rounds. */
const VECTORS = [
  { counter: [0, 0], key: [0, 0], bits: [0x6b200159, 0x99ba4efe] },
  { counter: [0xffffffff, 0xffffffff], key: [0xffffffff, 0xffffffff], bits: [0x1cb996fc, 0xbb002be7] },
  { counter: [0x243f6a88, 0x85a308d3], key: [0x13198a2e, 0x03707344], bits: [0xc4923a9c, 0x483df7a0] },
] as const

it.each(VECTORS)('Threefry of $counter with the key $key', ({ counter, key, bits }) => {
  const found = threefry2x32([key[0] | 0, key[1] | 0], [counter[0] | 0, counter[1] | 0])
  expect(found.map(word => word >>> 0)).toEqual(bits)
})

/** What is made with the first key of a seed. */
const drawn = (seed: number, f: (key: tf.Tensor1D) => tf.Tensor): Float32Array =>
  withTensors(
    () => {
      const all = keys(seed, 1)
      const key = tf.reshape<tf.Rank.R1>(all, [2])
      const result = f(key)
      tf.dispose([all, key])
      return result
    },
    result => result.dataSync<'float32'>().slice(),
  )

for (const pair of pairs.filter(({ engine }) => engine !== 'eager'))
  describe.skipIf(pair.needs.isMissing)(`on ${pair.engine}`, pair.needs.why, () => {
    let interpreter: Interpreter
    beforeEach(async () => {
      interpreter = await interpreterOf(pair)
    })
    afterEach(async () => {
      interpreter.dispose()
      await tf.setBackend('cpu')
    })

    const compiled = (seed: number, f: (key: tf.Tensor1D) => tf.Tensor): Float32Array => {
      const run = jit(interpreter)(f)
      return drawn(seed, key => run(key))
    }

    it('uniform numbers have the bits of eager, for any shape', () => {
      for (const shape of [[1], [5], [3, 7], [2, 3, 4], [1000]]) {
        const draw = (key: tf.Tensor1D): tf.Tensor => uniform(key, shape)
        const compiledDraw = jit(interpreter)(draw)
        for (const seed of [0, 1, -3, 2 ** 40]) expect(drawn(seed, compiledDraw)).toEqual(drawn(seed, draw))
      }
    })

    it('also when the first draw of all is inside a step', () => {
      tf.unregisterKernel('Network2Uniform', tf.getBackend())
      const step = (s: tf.Tensor1D, _: readonly [], key: tf.Tensor1D): tf.Tensor1D =>
        tf.add(tf.mul(s, 2), uniform<tf.Rank.R1>(key, [4]))
      const [each, start] = [keys(9, 2), tf.zeros<tf.Rank.R1>([4])]
      const ran = (by: Interpreter): number[] =>
        using(by.scan(step)(start, [], each, [0, 2]), s => [...s.dataSync()])
      expect(ran(interpreter)).toEqual(ran(eager))
      tf.dispose([each, start])
    })

    it('dropout too, and normal numbers to the last bits of a logarithm', () => {
      const x = tf.ones([20, 30])
      const f = (key: tf.Tensor1D): tf.Tensor => dropout(key, 0.3, tf.ones([20, 30]))
      expect(compiled(4, f)).toEqual(drawn(4, f))
      x.dispose()
      const [found, wanted] = [compiled, drawn].map(by => by(4, key => normal(key, [50, 40])))
      found!.forEach((value, i) => expect(value).toBeCloseTo(wanted![i]!, 5))
    })

    it('a step that is given another key in each turn draws other numbers', () => {
      const step = (s: tf.Tensor1D, _: readonly [], key: tf.Tensor1D): tf.Tensor1D =>
        tf.add(tf.mul(s, 2), uniform<tf.Rank.R1>(key, [4]))
      const [each, start] = [keys(9, 3), tf.zeros<tf.Rank.R1>([4])]
      const found = using(interpreter.scan(step)(start, [], each, [0, 3]), s => [...s.dataSync()])
      const parts = [0, 1, 2].map(i =>
        withTensors(
          () => {
            const row = tf.slice(each, [i, 0], [1, 2])
            const key = tf.reshape<tf.Rank.R1>(row, [2])
            const numbers = uniform(key, [4])
            tf.dispose([row, key])
            return numbers
          },
          numbers => [...numbers.dataSync()],
        ),
      )
      tf.dispose([each, start])
      found.forEach((value, i) =>
        expect(value).toBeCloseTo(4 * parts[0]![i]! + 2 * parts[1]![i]! + parts[2]![i]!, 5),
      )
    })
  })

describe('their distributions', () => {
  const moments = (numbers: Float32Array): { readonly mean: number; readonly variance: number } => {
    const mean = numbers.reduce((a, b) => a + b, 0) / numbers.length
    return { mean, variance: numbers.reduce((sum, x) => sum + (x - mean) ** 2, 0) / numbers.length }
  }

  it('uniform: in [0, 1), with its moments, and as many in each of 64 parts as chance allows', () => {
    const numbers = drawn(12, key => uniform(key, [100_000]))
    expect(Math.min(...numbers)).toBeGreaterThanOrEqual(0)
    expect(Math.max(...numbers)).toBeLessThan(1)
    const { mean, variance } = moments(numbers)
    expect(mean).toBeCloseTo(0.5, 2)
    expect(variance).toBeCloseTo(1 / 12, 2)
    const counts = new Array<number>(64).fill(0)
    for (const x of numbers) counts[Math.floor(64 * x)]!++
    const expected = numbers.length / 64
    const chiSquared = counts.reduce((sum, n) => sum + (n - expected) ** 2 / expected, 0)
    // 63 degrees of freedom: beyond this in one of 10,000 cases
    expect(chiSquared).toBeLessThan(113)
  })

  it('normal: with its moments, and shares within 1, 2 and 3', () => {
    const numbers = drawn(5, key => normal(key, [100_000]))
    const { mean, variance } = moments(numbers)
    expect(mean).toBeCloseTo(0, 1)
    expect(variance).toBeCloseTo(1, 1)
    for (const [within, share] of [
      [1, 0.6827],
      [2, 0.9545],
      [3, 0.9973],
    ] as const)
      // prettier-ignore
      expect(numbers.filter(x => Math.abs(x) < within).length / numbers.length).toBeCloseTo(share, 2)
  })

  it('dropout: the share that was asked for, and the mean stays', () => {
    const kept = drawn(3, key => dropout(key, 0.25, tf.ones([100, 1000])))
    expect(kept.filter(x => x === 0).length / kept.length).toBeCloseTo(0.25, 2)
    expect(moments(kept).mean).toBeCloseTo(1, 1)
  })

  it('different seeds and rows have different keys', () => {
    const all = [0, 1, 2 ** 32, -1].flatMap(seed => using(keys(seed, 50), k => k.arraySync().map(String)))
    expect(new Set(all).size).toBe(all.length)
  })
})

it('a key of another kind, and another rate, are refused', () => {
  const [key, short] = [tf.tensor1d([1, 2], 'int32'), tf.tensor1d([1, 2, 3], 'int32')]
  expect(() => uniform(short, [2])).toThrow('a key is int32[2], not int32[3]')
  expect(() => dropout(key, 1, key)).toThrow('the rate of dropout is 1; it must be from 0 to below 1')
  tf.dispose([key, short])
})

import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fold, key, normalNumbers, permutation } from '../../src/core/rng.ts'

const seed = fc.maxSafeNat()

describe('key', () => {
  it('golden: seeds 0, 1 and 7 + 2^52', () => {
    expect(key(0)).toEqual([1863002342, 2082148562, 1801265926, -958296117])
    expect(key(1)).toEqual([-764126494, 867435477, 1181532607, -130670172])
    expect(key(7 + 2 ** 52)).toEqual([-569735250, 2146570371, 1527317434, -425012391])
  })

  it('law: other seeds, other keys', () => {
    fc.assert(
      fc.property(seed, seed, (a, b) => {
        fc.pre(a !== b)
        expect(key(a)).not.toEqual(key(b))
        expect(key(a)).toEqual(key(a))
      }),
    )
  })

  it('neighbouring seeds share no lane', () => {
    const lanes = Array.from({ length: 1000 }, (_, i) => key(i)).flat()
    expect(new Set(lanes).size).toBe(lanes.length)
  })

  it('seeds that differ only beyond 32 bits differ', () => {
    expect(key(7 + 2 ** 32)).not.toEqual(key(7))
    expect(key(7 + 2 ** 52)).not.toEqual(key(7 + 2 ** 32))
  })
})

describe('fold', () => {
  it('golden: the second thing under seed 1', () => {
    expect(fold(key(1), 2)).toEqual([-612799864, 437048369, -326621571, 266652769])
  })

  it('law: each index gives another key, which is not its parent', () => {
    fc.assert(
      fc.property(seed, fc.nat(), fc.nat(), (of, i, j) => {
        fc.pre(i !== j)
        expect(fold(key(of), i)).not.toEqual(fold(key(of), j))
        expect(fold(key(of), i)).not.toEqual(key(of))
      }),
    )
  })

  it('the way down matters: 1 then 2 is not 2 then 1', () => {
    expect(fold(fold(key(1), 1), 2)).not.toEqual(fold(fold(key(1), 2), 1))
  })

  it('streams under one key are uncorrelated', () => {
    const [a, b] = [normalNumbers(fold(key(1), 0), 100_000), normalNumbers(fold(key(1), 1), 100_000)]
    const correlation = a.reduce((s, x, i) => s + x * (b[i] ?? NaN), 0) / a.length
    expect(Math.abs(correlation)).toBeLessThan(4 / Math.sqrt(100_000))
  })
})

describe('permutation', () => {
  it('by hand: of none and of one', () => {
    expect([...permutation(key(1), 0)]).toEqual([])
    expect([...permutation(key(1), 1)]).toEqual([0])
  })

  it('golden: ten under seed 7', () => {
    expect([...permutation(key(7), 10)]).toEqual([2, 4, 6, 9, 3, 5, 7, 0, 8, 1])
  })

  it('law: every number once, and the same order again', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 0, max: 300 }), (of, n) => {
        const order = permutation(key(of), n)
        expect([...order].toSorted((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i))
        expect(permutation(key(of), n)).toEqual(order)
      }),
    )
  })

  it('every order of four is equally likely', () => {
    const draws = 24_000
    const counts = new Map<string, number>()
    for (let i = 0; i < draws; i++) {
      const order = permutation(fold(key(11), i), 4).join('')
      counts.set(order, (counts.get(order) ?? 0) + 1)
    }
    const expected = draws / 24
    const chiSquare = [...counts.values()].reduce((s, count) => s + (count - expected) ** 2 / expected, 0)
    expect(counts.size).toBe(24)
    // 23 degrees of freedom: beyond 49.7 once in a thousand
    expect(chiSquare).toBeLessThan(49.7)
  })
})

describe('normal', () => {
  it('golden: four under seed 7', () => {
    expect([...normalNumbers(key(7), 4)]).toEqual([
      2.0420713424682617, 0.02039659023284912, -0.268213152885437, -1.4059299230575562,
    ])
  })

  it('golden: the bytes of 100,000 under seed 7', () => {
    const bytes = new Uint8Array(normalNumbers(key(7), 100_000).buffer)
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(
      '8de62f9d78c411efeb466be7df0623fd6da6f53635b8654b76490967bba8bfb0',
    )
  })

  it('law: as many as asked for, finite, and a longer draw begins with the shorter one', () => {
    fc.assert(
      fc.property(seed, fc.integer({ min: 0, max: 99 }), fc.integer({ min: 0, max: 9 }), (of, n, more) => {
        const drawn = normalNumbers(key(of), n)
        expect(drawn).toHaveLength(n)
        expect(drawn.every(Number.isFinite)).toBe(true)
        expect(normalNumbers(key(of), n + more).slice(0, n)).toEqual(drawn)
      }),
    )
  })

  it('it is N(0, 1): mean, variance, fourth moment, and the share within 1, 2 and 3', () => {
    const n = 200_000
    const xs = normalNumbers(key(1), n)
    const moment = (k: number): number => xs.reduce((s, x) => s + x ** k, 0) / n
    // each within four of its own standard deviations
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(1 / n))
    expect(Math.abs(moment(2) - 1)).toBeLessThan(4 * Math.sqrt(2 / n))
    expect(Math.abs(moment(3))).toBeLessThan(4 * Math.sqrt(15 / n))
    expect(Math.abs(moment(4) - 3)).toBeLessThan(4 * Math.sqrt(96 / n))
    for (const [within, share] of [
      [1, 0.682689],
      [2, 0.9545],
      [3, 0.9973],
    ] as const)
      // prettier-ignore
      expect(Math.abs(xs.filter(x => Math.abs(x) < within).length / n - share)).toBeLessThan(
        4 * Math.sqrt((share * (1 - share)) / n),
      )
  })
})

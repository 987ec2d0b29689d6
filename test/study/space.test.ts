import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeSpace,
  defaultSpace,
  describeSpace,
  sample,
  searchableFlags,
  strayParameter,
  type FlagTexts,
  type Space,
} from '../../src/study/space.ts'
import { decodeOptions } from '../../src/options/option.ts'
import { trainOptions } from '../../src/options/train-options.ts'
import { fold, key } from '../../src/core/rng.ts'

const draws = (space: Space, n: number): readonly FlagTexts[] =>
  Array.from({ length: n }, (_, i) => sample(space, fold(key(5), i)))

/** Pearson's statistic against equal chances. */
const chiSquare = (counts: readonly number[]): number => {
  const expected = counts.reduce((s, count) => s + count, 0) / counts.length
  return counts.reduce((s, count) => s + (count - expected) ** 2 / expected, 0)
}

it('dropout can be searched, but only by a space that names it', () => {
  expect(defaultSpace).not.toHaveProperty('dropout')
  const space = decodeSpace('s.json', '{ "dropout": { "zero": 0.5, "from": 0.1, "to": 0.6 } }')
  const drawn = draws(E.isRight(space) ? space.right : {}, 200).map(({ dropout }) => Number(dropout))
  expect(drawn.filter(rate => rate === 0).length).toBeGreaterThan(60)
  expect(drawn.every(rate => rate === 0 || (rate >= 0.1 && rate <= 0.6))).toBe(true)
  expect(decodeSpace('s.json', '{ "dropout": [0.5, 1] }')).toMatchObject({
    left: { message: expect.stringContaining('dropout 1: not a number from 0 to below 1') as string },
  })
})

describe('a draw', () => {
  it('golden: the first from the default space under seed 1', () => {
    expect(sample(defaultSpace, key(1))).toEqual({
      eta: '2.74',
      lmbda: '0',
      'mini-batch-size': '30',
      init: 'large',
    })
  })

  it('law: every value lies in its range or its list, and reads as a number of the command line', () => {
    const bound = fc.double({ min: 1e-12, max: 1e12, noNaN: true })
    fc.assert(
      fc.property(fc.maxSafeNat(), bound, bound, (seed, a, b) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)]
        const drawn = sample(
          { eta: { from, to }, lmbda: { from, to, zero: 0.5 }, init: ['x', 'y'] },
          key(seed),
        )
        const eta = Number(drawn.eta)
        expect(eta >= from && eta <= to).toBe(true)
        expect(drawn.eta).toMatch(/^\d+\.?\d*(e[+-]?\d+)?$/)
        const lmbda = Number(drawn.lmbda)
        expect(lmbda === 0 || (lmbda >= from && lmbda <= to)).toBe(true)
        expect(['x', 'y']).toContain(drawn.init)
      }),
    )
  })

  it('is uniform in the logarithm: 20 classes of 10,000', () => {
    const { from, to } = { from: 0.01, to: 30 }
    const counts = Array.from({ length: 20 }, () => 0)
    for (const { eta } of draws({ eta: { from, to } }, 10_000)) {
      const at = Math.log(Number(eta) / from) / Math.log(to / from)
      counts[Math.min(19, Math.floor(20 * at))]!++
    }
    // 19 degrees of freedom: beyond 43.8 once in a thousand
    expect(chiSquare(counts)).toBeLessThan(43.8)
  })

  it('of a whole-number flag is a whole number, uniform in the logarithm', () => {
    const space = { 'mini-batch-size': { from: 1, to: 3 } }
    const counts = [0, 0, 0]
    for (const drawn of draws(space, 9_000)) counts[Number(drawn['mini-batch-size']) - 1]!++
    const shares = [1, 2, 3].map(k => Math.log((k + 1) / k) / Math.log(4))
    // each within four standard deviations
    for (const [i, share] of shares.entries())
      expect(Math.abs(counts[i]! - 9_000 * share)).toBeLessThan(4 * Math.sqrt(9_000 * share * (1 - share)))
    expect(counts[0]! + counts[1]! + counts[2]!).toBe(9_000)
  })

  it('law: train accepts every value of a range that a space file may have', () => {
    const flags = fc.constantFrom('mini-batch-size', 'train-size', 'eta', 'lmbda')
    const end = fc.oneof(fc.integer({ min: 1, max: 60_000 }), fc.double({ min: 0.01, max: 100, noNaN: true }))
    fc.assert(
      fc.property(
        flags,
        end,
        end,
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.nat(),
        (flag, a, b, zero, seed) => {
          const range = { from: Math.min(a, b), to: Math.max(a, b), zero }
          const space = decodeSpace('my.json', JSON.stringify({ [flag]: range }))
          fc.pre(E.isRight(space))
          expect(decodeOptions(trainOptions, sample(space.right, key(seed)))).toMatchObject({ _tag: 'Right' })
        },
      ),
    )
  })

  it('is 0 as often as asked for, and log-uniform otherwise', () => {
    const drawn = draws({ lmbda: { zero: 0.25, from: 1, to: 100 } }, 10_000).map(({ lmbda }) => Number(lmbda))
    const zeros = drawn.filter(value => value === 0).length
    const small = drawn.filter(value => value > 0 && value < 10).length
    // each within four of its own standard deviations
    expect(Math.abs(zeros - 2500)).toBeLessThan(4 * Math.sqrt(10_000 * 0.25 * 0.75))
    expect(Math.abs(small - (10_000 - zeros) / 2)).toBeLessThan(4 * Math.sqrt((10_000 - zeros) / 4))
  })

  it('takes each value of a list as often', () => {
    const counts = new Map<string, number>()
    for (const drawn of draws({ 'mini-batch-size': [10, 30, 100] }, 9_000)) {
      const value = drawn['mini-batch-size']!
      counts.set(value, (counts.get(value) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted()).toEqual(['10', '100', '30'])
    // 2 degrees of freedom: beyond 13.8 once in a thousand
    expect(chiSquare([...counts.values()])).toBeLessThan(13.8)
  })

  it('draws flags independently of one another', () => {
    const drawn = draws({ eta: { from: 1, to: 100 }, lmbda: { from: 1, to: 100 } }, 10_000)
    const both = drawn.filter(({ eta, lmbda }) => Number(eta) < 10 && Number(lmbda) < 10).length
    expect(Math.abs(both - 2500)).toBeLessThan(4 * Math.sqrt(10_000 * 0.25 * 0.75))
  })

  it('does not depend on the order in which the space is written', () => {
    const reversed = Object.fromEntries(Object.entries(defaultSpace).toReversed())
    expect(sample(reversed, key(3))).toEqual(sample(defaultSpace, key(3)))
  })
})

describe('a space for a person', () => {
  it('says ranges, chances and lists', () => {
    expect(describeSpace(defaultSpace)).toEqual([
      'mini-batch-size: 10 | 30 | 100',
      'eta: log-uniform from 0.01 to 30',
      'lmbda: 0 with probability 0.5, otherwise log-uniform from 0.1 to 10',
      'init: default | large',
    ])
    expect(describeSpace({ 'mini-batch-size': { from: 5, to: 50 } })).toEqual([
      'mini-batch-size: whole numbers, log-uniform from 5 to 50',
    ])
  })
})

describe('a parameter of an expansion that a space draws', () => {
  const sigma = { 'expand-sigma': [3, 4] }
  it.each<[Space, FlagTexts, string | undefined]>([
    [{ ...sigma, expand: ['none', 'elastic'] }, {}, 'expand-sigma can be drawn with expand none'],
    [{ ...sigma, expand: ['affine', 'elastic'] }, {}, 'expand-sigma can be drawn with expand affine'],
    [{ ...sigma, expand: ['elastic'] }, {}, undefined],
    [sigma, {}, 'expand-sigma can be drawn with expand none'],
    [sigma, { expand: 'elastic' }, undefined],
    [{ ...sigma, expand: ['elastic'] }, { expand: 'none' }, 'expand-sigma can be drawn with expand none'],
    [
      { 'expand-copies': [2, 4], expand: ['shift', 'affine'] },
      {},
      'expand-copies can be drawn with expand shift',
    ],
    [
      { 'expand-copies': [2], expand: ['affine'] },
      { 'expand-each-epoch': 'true' },
      'expand-copies can be drawn',
    ],
    [
      { expand: ['none', 'affine'] },
      { 'expand-each-epoch': 'true' },
      'expand-each-epoch can be drawn with expand none',
    ],
    [{ expand: ['none', 'affine'] }, { 'expand-each-epoch': 'false' }, undefined],
    [defaultSpace, {}, undefined],
  ])('%j with %j', (space, fixed, words) => {
    const stray = strayParameter(space, fixed)
    if (words === undefined) expect(stray).toBeUndefined()
    else expect(stray).toContain(words)
  })
})

describe('a --space file', () => {
  const complaint = (text: string): string => {
    const decoded = decodeSpace('my.json', text)
    return E.isLeft(decoded) ? `${decoded.left._tag}: ${decoded.left.message}` : 'accepted'
  }

  it('is read as it was written', () => {
    expect(decodeSpace('my.json', JSON.stringify(defaultSpace))).toEqual(E.right(defaultSpace))
    expect(decodeSpace('my.json', '{}')).toEqual(E.right({}))
  })

  it.each([
    ['{', 'Data: my.json is not a search space: it is not JSON ('],
    ['[]', 'it is [], expected an object'],
    ['null', 'it is null, expected an object'],
    ['{"etta": [1]}', `etta cannot be searched, expected one of ${searchableFlags.join(', ')}`],
    ['{"__proto__": [1]}', '__proto__ cannot be searched'],
    ['{"eta": 3}', 'eta is 3, expected { "from": …, "to": … } or a list of values'],
    ['{"eta": {"from": 1}}', 'eta is an object, expected {'],
    ['{"eta": {"from": "1", "to": 2}}', 'expected { "from"'],
    ['{"eta": [1, null]}', 'eta is an array of 2, expected {'],
    ['{"eta": []}', 'eta is an empty list'],
    ['{"eta": {"from": 0, "to": 1}}', 'eta is from 0 to 1, expected 0 < from <= to'],
    ['{"eta": {"from": 2, "to": 1}}', 'eta is from 2 to 1, expected'],
    ['{"eta": {"from": 1, "to": 1e999}}', 'eta is from 1 to Infinity, expected'],
    ['{"eta": {"from": 1, "to": 2, "zer0": 1}}', 'eta has the key "zer0", expected only from, to and zero'],
    [
      '{"lmbda": {"from": 1, "to": 2, "zero": 1.5}}',
      'lmbda: the probability of zero is 1.5, expected 0 to 1',
    ],
    ['{"eta": ["0.1", 0.2, "abc"]}', 'my.json is not a search space: eta abc: not a number above 0'],
    ['{"mini-batch-size": [10, 2.5]}', 'mini-batch-size 2.5: not a whole number of 1 or more'],
    ['{"mini-batch-size": {"from": 5.5, "to": 50}}', 'mini-batch-size 5.5: not a whole number of 1 or more'],
    ['{"mini-batch-size": {"from": 5, "to": 50, "zero": 0.1}}', 'mini-batch-size 0: not a whole number'],
    ['{"eta": {"from": 1, "to": 2, "zero": 0.5}}', 'eta 0: not a number above 0'],
    ['{"init": {"from": 1, "to": 2}}', 'init 1: not default | large | he | FILE.json'],
    ['{"sizes": ["784,30,10", "784"]}', 'sizes 784: not two or more whole numbers'],
  ])('%s is refused', (text, words) => {
    expect(complaint(text)).toContain(words)
  })

  it.each([`${'['.repeat(1e5)}${']'.repeat(1e5)}`, `{"eta":${'['.repeat(1e5)}${']'.repeat(1e5)}}`])(
    'nested without end is refused in a sentence',
    text => {
      const read = decodeSpace('space.json', text)
      expect(E.isLeft(read) && read.left.message.length).toBeLessThan(200)
      expect(E.isLeft(read) && read.left.message).toContain('space.json is not a search space')
    },
  )

  it('gathers all complaints', () => {
    expect(complaint('{"eta": [], "init": 1}')).toMatch(/eta is an empty list; init is 1/)
  })
})

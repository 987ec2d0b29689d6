import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { identify } from '../../src/study/identity.ts'

const plain = fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })

describe('identify', () => {
  it('by hand: the hash of the JSON with sorted keys, at every depth', () => {
    const json = '{"a":[3,{"x":null,"y":1}],"b":{"c":"é","d":0.1}}'
    const expected = createHash('sha256').update(json).digest('hex').slice(0, 16)
    expect(identify({ b: { d: 0.1, c: 'é' }, a: [3, { y: 1, x: null }], z: undefined })).toBe(expected)
  })

  it('golden: a name never changes, for journals outlive programs', () => {
    // printf '{"eta":"0.5","seed":7}' | sha256sum | cut -c 1-16
    expect(identify({ seed: 7, eta: '0.5' })).toBe('b703d9b3e4ddb5ef')
  })

  it('law: it is the hash of what JSON.stringify writes once the keys are sorted, whole numbers as keys too', () => {
    const written = (value: unknown): string =>
      JSON.stringify(value, (_key, inner: unknown) =>
        typeof inner === 'object' && inner !== null && !Array.isArray(inner)
          ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
          : inner,
      )
    const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 16)
    expect(identify({ 10: 1, 9: 2, '01': 3, 4294967295: 4, 4294967294: 5, a: [undefined, NaN] })).toBe(
      hash(written({ 10: 1, 9: 2, '01': 3, 4294967295: 4, 4294967294: 5, a: [undefined, NaN] })),
    )
    fc.assert(
      fc.property(plain, value => {
        expect(identify(value)).toBe(hash(written(value)))
      }),
    )
  })

  it('law: the order of keys is no part of a value, and the order of a list is', () => {
    fc.assert(
      fc.property(plain, value => {
        expect(identify(Object.fromEntries(Object.entries(value).toReversed()))).toBe(identify(value))
      }),
    )
    expect(identify([1, 2])).not.toBe(identify([2, 1]))
  })

  it('law: other values, other names', () => {
    fc.assert(
      fc.property(plain, plain, (a, b) => {
        fc.pre(JSON.stringify(sorted(a)) !== JSON.stringify(sorted(b)))
        expect(identify(a)).not.toBe(identify(b))
      }),
    )
  })
})

const sorted = (value: unknown): unknown =>
  Array.isArray(value)
    ? value.map(sorted)
    : typeof value === 'object' && value !== null
      ? Object.keys(value)
          .toSorted()
          .map(key => [key, sorted((value as Record<string, unknown>)[key])])
      : value

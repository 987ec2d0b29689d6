import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeImages, decodeLabels, encodeImages, encodeLabels, isMarkup } from '../../src/data/idx.ts'
import { dataError, right } from './made.ts'
import { randomCases } from '../support/long.ts'

const images = { count: 2, rows: 3, columns: 2, pixels: Uint8Array.from({ length: 12 }, (_, i) => 20 * i) }
const labels = Uint8Array.of(5, 0, 4, 1, 9)

const decoders = [
  { what: 'images', bytes: encodeImages(images), decode: decodeImages('FILE'), fields: [4, 8, 12] },
  { what: 'labels', bytes: encodeLabels(labels), decode: decodeLabels('FILE'), fields: [4] },
] as const

const field = (bytes: Uint8Array, at: number, value: number): Uint8Array => {
  const changed = bytes.slice()
  new DataView(changed.buffer).setUint32(at, value)
  return changed
}

test('an example of images', () => {
  const bytes = Uint8Array.of(0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 7, 255)
  expect(right(decodeImages('FILE')(bytes))).toEqual({
    count: 1,
    rows: 1,
    columns: 2,
    pixels: Uint8Array.of(7, 255),
  })
})

test('an example of labels, a view of the same memory', () => {
  const bytes = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 9, 0)
  const found = right(decodeLabels('FILE')(bytes))
  expect([...found]).toEqual([9, 0])
  expect(found.buffer).toBe(bytes.buffer)
})

test('a file that starts within a buffer', () => {
  const bytes = encodeLabels(labels)
  const padded = new Uint8Array(bytes.length + 3)
  padded.set(bytes, 3)
  expect([...right(decodeLabels('FILE')(padded.subarray(3)))]).toEqual([...labels])
})

test('decoding inverts encoding', () => {
  const arbitrary = fc
    .record({
      count: fc.integer({ min: 1, max: 5 }),
      rows: fc.integer({ min: 1, max: 6 }),
      columns: fc.integer({ min: 1, max: 6 }),
    })
    .chain(sizes => {
      const length = sizes.count * sizes.rows * sizes.columns
      return fc.uint8Array({ minLength: length, maxLength: length }).map(pixels => ({ ...sizes, pixels }))
    })
  fc.assert(
    fc.property(arbitrary, made => {
      const found = right(decodeImages('FILE')(encodeImages(made)))
      expect({ ...found, pixels: [...found.pixels] }).toEqual({ ...made, pixels: [...made.pixels] })
    }),
  )
})

describe.each(decoders)('$what', ({ bytes, decode, fields }) => {
  test('random byte strings give data or a data error', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), random => {
        const found = decode(random)
        if (E.isLeft(found)) expect(dataError(found)).toMatch(/^FILE: ./)
      }),
      { numRuns: randomCases(1000, 10_000) },
    )
  })

  test('random byte strings after valid first bytes', () => {
    const arbitrary = fc.tuple(fc.integer({ min: 4, max: 16 }), fc.uint8Array({ maxLength: 40 }))
    fc.assert(
      fc.property(arbitrary, ([kept, random]) => {
        const found = decode(Uint8Array.of(...bytes.subarray(0, kept), ...random))
        if (E.isLeft(found)) expect(dataError(found)).toMatch(/^FILE: ./)
      }),
      { numRuns: randomCases(1000, 10_000) },
    )
  })

  test('cut at every length', () => {
    for (let length = 0; length < bytes.length; length++)
      expect(dataError(decode(bytes.subarray(0, length)))).toMatch(/^FILE: cut.*\b\d+\b/)
  })

  test('one byte too long', () => {
    expect(dataError(decode(Uint8Array.of(...bytes, 0)))).toMatch(
      new RegExp(`too long: .* ${bytes.length} bytes in all, but the file has ${bytes.length + 1}`),
    )
  })

  test.each([0, 1, 2 ** 31, 2 ** 32 - 1])('each size in the header %d', value => {
    for (const at of fields)
      expect(dataError(decode(field(bytes, at, value)))).toContain(
        value === 0 ? 'must be at least 1' : value === 1 ? 'too long' : 'cut',
      )
  })

  test('the largest sizes in the header: refused, and nothing allocated', () => {
    const huge = fields.reduce((changed, at) => field(changed, at, 2 ** 32 - 1), bytes)
    const before = process.memoryUsage().arrayBuffers
    expect(dataError(decode(huge))).toContain('cut')
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1e6)
  })

  test('another rank, another type, other first bytes', () => {
    for (const [at, value] of [
      [3, 0],
      [3, 2],
      [3, 4],
      [3, 255],
      [2, 9],
      [2, 13],
      [0, 1],
      [1, 1],
    ] as const) {
      const changed = bytes.slice()
      changed[at] = value
      expect(dataError(decode(changed))).toMatch(
        at === 2 && value === 9 ? /these are IDX signed bytes/ : /begins with .*; IDX .* begin with 00 00 08/,
      )
    }
  })

  test('a web page', () => {
    expect(dataError(decode(new TextEncoder().encode('<!DOCTYPE html><html>no</html>')))).toMatch(
      /^FILE: this is an HTML page/,
    )
  })
})

describe('a whole IDX file of another form is named', () => {
  const idx = (type: number, sizes: readonly number[], bytes: number): Uint8Array => {
    const file = new Uint8Array(4 + 4 * sizes.length + bytes)
    file.set([0, 0, type, sizes.length])
    sizes.forEach((size, i) => new DataView(file.buffer).setUint32(4 + 4 * i, size))
    return file
  }

  test.each([
    ['images', idx(8, [2, 3, 4], 24), 'these are IDX images (2 x 3 x 4)'],
    ['signed bytes', idx(9, [3], 3), 'these are IDX signed bytes (3)'],
    ['floats', idx(13, [2, 2, 2], 32), 'these are IDX 32-bit floats (2 x 2 x 2)'],
    ['doubles', idx(14, [1], 8), 'these are IDX 64-bit floats (1)'],
    ['QMNIST', idx(12, [5, 8], 160), "these are QMNIST's extended labels (32-bit integers, 5 x 8)"],
  ])('%s in place of labels', (_, bytes, words) => {
    expect(dataError(decodeLabels('FILE')(bytes))).toBe(
      `FILE: ${words}; IDX labels are unsigned bytes, one per image`,
    )
  })

  test('labels in place of images', () => {
    expect(dataError(decodeImages('FILE')(encodeLabels(labels)))).toContain(
      'these are IDX unsigned bytes (5)',
    )
  })

  test('a cut one is not', () => {
    expect(dataError(decodeLabels('FILE')(idx(12, [5, 8], 159)))).toContain('begins with 00 00 0c 02')
  })
})

test.each(['<!DOCTYPE html>', '<html>', '  \n<HTML lang="en">', '\ufeff<?xml version="1.0"?>'])(
  'markup: %j',
  text => expect(isMarkup(new TextEncoder().encode(text))).toBe(true),
)

test.each(['', '{', '<3', '< html', '1 < 2'])('not markup: %j', text =>
  expect(isMarkup(new TextEncoder().encode(text))).toBe(false),
)

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deflateRawSync, gunzipSync, gzipSync } from 'node:zlib'
import { gunzipIfNeeded } from '../../src/data/gzip.ts'
import { counted } from '../../src/format.ts'
import { dataError, right } from './made.ts'
import { randomCases } from '../support/long.ts'

const LIMIT = 1e6
const plain = Uint8Array.from({ length: 3000 }, (_, i) => (i * i) % 251)
const packed = gzipSync(plain)
const open = (bytes: Uint8Array, limit = LIMIT) => gunzipIfNeeded('FILE', limit)(bytes)()

/** A gzip file with this header. */
const framed = (header: ReadonlyArray<number>): Uint8Array =>
  Buffer.concat([Uint8Array.from(header), deflateRawSync(plain), packed.subarray(-8)])

test('unpacks what gzip packed', async () => {
  expect(Buffer.compare(right(await open(packed)), plain)).toBe(0)
  expect(right(await open(gzipSync(new Uint8Array()))).length).toBe(0)
})

test('undoes packing at every level', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uint8Array({ maxLength: 400 }),
      fc.integer({ min: 0, max: 9 }),
      async (bytes, level) => {
        expect(Buffer.compare(right(await open(gzipSync(bytes, { level }))), bytes)).toBe(0)
      },
    ),
  )
})

test('a header with all its optional fields', async () => {
  const name = [...Buffer.from('a name'), 0]
  // zlib checks the CRC of the header, so that field stays away
  const header = [0x1f, 0x8b, 8, 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, ...name, 65, 0]
  expect(Buffer.compare(right(await open(framed(header))), plain)).toBe(0)
})

test('cut at every length', async () => {
  for (let length = 2; length < packed.length; length++)
    expect(dataError(await open(packed.subarray(0, length)))).toBe(
      `FILE: the gzip file is cut: it ends after ${counted(length, 'byte')}`,
    )
})

test('each bit flipped: an error, or the same contents', async () => {
  for (let bit = 16; bit < packed.length * 8; bit += 7) {
    const changed = Buffer.from(packed)
    changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7))
    const found = await open(changed)
    if (found._tag === 'Left') expect(dataError(found)).toMatch(/^FILE: ./)
    else expect(Buffer.compare(found.right, plain)).toBe(0)
  }
})

describe('refused', () => {
  const flipped = (at: number): Uint8Array => {
    const changed = Buffer.from(packed)
    changed[packed.length - at] = changed[packed.length - at]! ^ 1
    return changed
  }

  test.each([
    ['a wrong CRC', flipped(8), 'incorrect data check'],
    ['a wrong length', flipped(4), 'incorrect length check'],
    ['text after the end', Buffer.concat([packed, Buffer.from('<br/>')]), 'other bytes follow its end'],
    ['another method', framed([0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0]), 'unknown compression method'],
  ])('%s', async (_, bytes, words) => {
    expect(dataError(await open(bytes))).toContain('FILE: the gzip file is damaged')
    expect(dataError(await open(bytes))).toContain(words)
  })

  test.each([
    [
      'the same member again',
      packed,
      'holds two or more gzip members, as several files joined into one have',
    ],
    ['an empty member', gzipSync(new Uint8Array()), 'zeros, or an empty gzip member, follow its end'],
    ['zeros', Buffer.alloc(5), 'zeros, or an empty gzip member, follow its end'],
  ])('%s after the end, which zlib accepts', async (_, rest, words) => {
    const both = Buffer.concat([packed, rest])
    expect(gunzipSync(both).length).toBeGreaterThanOrEqual(plain.length)
    expect(dataError(await open(both))).toBe(`FILE: ${words}; one member is expected`)
  })

  test('a bomb of 64 MB, at the limit', async () => {
    const bomb = gzipSync(new Uint8Array(2 ** 26))
    expect(dataError(await open(bomb, 1e6))).toBe('FILE: unpacks to more than the 1,000,000 bytes allowed')
  })

  test('one byte more than the limit', async () => {
    expect(right(await open(packed, plain.length)).length).toBe(plain.length)
    expect(dataError(await open(packed, plain.length - 1))).toContain('more than the 2,999 bytes')
    expect(dataError(await open(plain, plain.length - 1))).toContain(
      'has 3,000 bytes, more than the 2,999 allowed',
    )
  })
})

test('random byte strings after the first bytes of gzip: contents or an error', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async random => {
      const found = await open(Uint8Array.of(0x1f, 0x8b, 8, ...random))
      if (found._tag === 'Left') expect(dataError(found)).toMatch(/^FILE: ./)
    }),
    { numRuns: randomCases(1000, 10_000) },
  )
})

test('what does not begin as gzip does is passed on as it is', async () => {
  expect(right(await open(plain))).toBe(plain)
})

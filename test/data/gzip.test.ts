import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { deflateRawSync, gzipSync } from 'node:zlib'
import zlib from 'node:zlib'
import { crc32, gunzip, gunzipIfNeeded } from '../../src/data/gzip.ts'
import { dataError, right } from './made.ts'

const LIMIT = 1e6
const plain = Uint8Array.from({ length: 3000 }, (_, i) => (i * i) % 251)
const packed = gzipSync(plain)
const open = (bytes: Uint8Array, limit = LIMIT) => gunzip('FILE', limit)(bytes)()

/** A gzip file by hand, with a header of one's choice. */
const framed = (header: ReadonlyArray<number>): Uint8Array =>
  Buffer.concat([Uint8Array.from(header), deflateRawSync(plain), packed.subarray(-8)])

test('what gzip packed', async () => {
  expect(Buffer.compare(right(await open(packed)), plain)).toBe(0)
  expect(right(await open(gzipSync(new Uint8Array()))).length).toBe(0)
})

test('packing is undone, at every level', async () => {
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
  const header = [0x1f, 0x8b, 8, 2 | 4 | 8 | 16, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, ...name, 65, 0, 1, 2]
  expect(Buffer.compare(right(await open(framed(header))), plain)).toBe(0)
})

test('cut at every length', async () => {
  for (let length = 2; length < packed.length; length++)
    expect(dataError(await open(packed.subarray(0, length)))).toMatch(/^FILE: the gzip file is cut/)
})

test('cut in every optional field', async () => {
  const header = [0x1f, 0x8b, 8, 4 | 8, 0, 0, 0, 0, 0, 3, 3, 0, 1, 2, 3, 65, 66, 0]
  for (let length = 2; length <= header.length; length++)
    expect(dataError(await open(Uint8Array.from(header.slice(0, length))))).toContain('cut')
})

test('each bit flipped: an error, or no harm to the contents', async () => {
  for (let bit = 16; bit < packed.length * 8; bit += 7) {
    const changed = Buffer.from(packed)
    changed[bit >> 3] = changed[bit >> 3]! ^ (1 << (bit & 7))
    const found = await open(changed)
    if (found._tag === 'Left') expect(dataError(found)).toMatch(/^FILE: ./)
    else expect(Buffer.compare(found.right, plain)).toBe(0)
  }
})

describe('what Node would accept or hide', () => {
  const flipped = (at: number): Uint8Array => {
    const changed = Buffer.from(packed)
    changed[packed.length - at] = changed[packed.length - at]! ^ 1
    return changed
  }

  test('a wrong CRC', async () => {
    expect(dataError(await open(flipped(8)))).toContain('its CRC-32 does not fit')
  })

  test('a wrong length', async () => {
    expect(dataError(await open(flipped(4)))).toContain('it says 3001 bytes, holds 3000')
  })

  test.each([
    ['the same again', packed],
    ['an empty one', gzipSync(new Uint8Array())],
  ])('a second member: %s', async (_, second) => {
    const both = Buffer.concat([packed, second])
    expect(zlib.gunzipSync(both).length).toBeGreaterThanOrEqual(plain.length)
    expect(dataError(await open(both))).toBe('FILE: holds a second gzip member; one is expected')
  })

  test('a member behind an empty one', async () => {
    const both = Buffer.concat([gzipSync(new Uint8Array()), packed])
    expect(zlib.gunzipSync(both).length).toBe(plain.length)
    expect(dataError(await open(both))).toContain('second gzip member')
  })

  test.each([
    ['zeros', Buffer.alloc(5)],
    ['text', Buffer.from('<br/>')],
  ])('bytes behind the end: %s', async (_, rest) => {
    expect(dataError(await open(Buffer.concat([packed, rest])))).toContain('5 bytes follow the end')
  })

  test('a bomb: 64 MB of zeros are not unpacked', async () => {
    const bomb = gzipSync(new Uint8Array(2 ** 26))
    expect(dataError(await open(bomb, 1e6))).toBe('FILE: unpacks to more than the 1000000 bytes allowed')
  })

  test('exactly as much as allowed', async () => {
    expect(right(await open(packed, plain.length)).length).toBe(plain.length)
    expect(dataError(await open(packed, plain.length - 1))).toContain('more than the 2999 bytes')
  })
})

test('a web page, something else, another method', async () => {
  expect(dataError(await open(Buffer.from('<html>')))).toContain('this is an HTML page, not gzip')
  expect(dataError(await open(Buffer.from('PK')))).toContain('does not begin with 1f 8b')
  expect(dataError(await open(framed([0x1f, 0x8b, 7, 0, 0, 0, 0, 0, 0, 0])))).toContain('method 7')
})

test('10,000 random byte strings behind a true beginning', async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), async random => {
      const found = await open(Uint8Array.of(0x1f, 0x8b, 8, ...random))
      if (found._tag === 'Left') expect(dataError(found)).toMatch(/^FILE: ./)
    }),
    { numRuns: 10_000 },
  )
})

test('unpack goes by the first bytes, and bounds what is not packed, too', async () => {
  expect(right(await gunzipIfNeeded('FILE', LIMIT)(plain)())).toBe(plain)
  expect(Buffer.compare(right(await gunzipIfNeeded('FILE', LIMIT)(packed)()), plain)).toBe(0)
  expect(dataError(await gunzipIfNeeded('FILE', 10)(plain)())).toContain(
    'has 3000 bytes, more than the 10 allowed',
  )
})

test('CRC-32 of the standard check string, and as Node has it', () => {
  expect(crc32(Buffer.from('123456789'))).toBe(0xcbf43926)
  expect(crc32(plain)).toBe(packed.readUInt32LE(packed.length - 8))
})

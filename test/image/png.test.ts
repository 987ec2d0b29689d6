import { crc32, deflateSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodePng } from '../../src/image/png.ts'
import { dataError, right } from '../data/made.ts'
import { digits, greyPng, picture, png } from './made.ts'

const [digit] = digits(1)

const chunk = (type: string, body: Uint8Array): Buffer => {
  const typed = Buffer.concat([Buffer.from(type, 'latin1'), body])
  const bytes = Buffer.alloc(typed.length + 8)
  bytes.writeUInt32BE(body.length)
  bytes.set(typed, 4)
  bytes.writeUInt32BE(crc32(typed), typed.length + 4)
  return bytes
}

const header = (width: number, height: number, depth = 8, colours = 0, interlaced = 0): Buffer => {
  const body = Buffer.alloc(13)
  body.writeUInt32BE(width)
  body.writeUInt32BE(height, 4)
  body.set([depth, colours, 0, 0, interlaced], 8)
  return chunk('IHDR', body)
}

const file = (...parts: readonly Buffer[]): Buffer =>
  Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), ...parts, chunk('IEND', Buffer.alloc(0))])

const image = (lines: Uint8Array): Buffer => chunk('IDAT', deflateSync(lines))

const complaint = (bytes: Uint8Array): string => dataError(decodePng('a.png')(bytes))

describe('a PNG file', () => {
  it('gives its greys, byte for byte', () => {
    expect(right(decodePng('a.png')(greyPng(digit!)))).toEqual(digit)
  })

  it('of 16 bits gives the higher 8', () => {
    const lines = Uint8Array.from([0, 200, 255, 3, 0])
    const found = right(decodePng('a.png')(file(header(2, 1, 16), image(lines))))
    expect([...found.pixels]).toEqual([200, 3])
  })

  it('of 1 bit, and with a palette', () => {
    const bits = file(header(8, 1, 1), image(Uint8Array.of(0, 0b10110000)))
    expect([...right(decodePng('a.png')(bits)).pixels]).toEqual([255, 0, 255, 255, 0, 0, 0, 0])
    const palette = chunk('PLTE', Buffer.from([0, 0, 0, 255, 0, 0]))
    const colours = file(header(2, 1, 8, 3), palette, image(Uint8Array.of(0, 1, 0)))
    expect([...right(decodePng('a.png')(colours)).pixels]).toEqual([76, 0])
  })

  it('that is interlaced', () => {
    const one = file(header(1, 1, 8, 0, 1), image(Uint8Array.of(0, 77)))
    expect([...right(decodePng('a.png')(one)).pixels]).toEqual([77])
  })

  it('shows a drawing of any colour on a transparent background', () => {
    for (const [ink, paper] of [
      [0, 255],
      [255, 0],
    ] as const) {
      const found = right(
        decodePng('a.png')(png(digit!, i => [ink, ink, ink, digit!.pixels[i]! > 99 ? 255 : 0])),
      )
      expect([...found.pixels]).toEqual([...digit!.pixels].map(pixel => (pixel > 99 ? ink : paper)))
    }
  })

  it('may be followed by other bytes', () => {
    expect(right(decodePng('a.png')(Buffer.concat([greyPng(digit!), Buffer.from('more')])))).toEqual(digit)
  })
})

describe('a refused PNG file', () => {
  it('cut at any length', () => {
    const whole = greyPng(picture(28, 28, (x, y) => (x * y) % 256))
    for (let length = 8; length < whole.length; length++)
      expect(complaint(whole.subarray(0, length))).toContain('a.png: the PNG is cut')
    expect(
      complaint(file(header(9, 9), chunk('IDAT', deflateSync(new Uint8Array(90)).subarray(0, -6)))),
    ).toContain('its picture ends too early')
  })

  it('with a header that asks for too much, before anything is unpacked', () => {
    const rubbish = chunk('IDAT', Buffer.from('not a picture'))
    expect(complaint(file(header(30_000, 28), rubbish))).toContain('it is 30000 x 28 pixels')
    expect(complaint(file(header(8_000, 8_000), rubbish))).toContain('40 million')
    expect(complaint(file(header(2 ** 31, 2 ** 31), rubbish))).toContain('the limits are 10000')
    expect(complaint(file(header(0, 5), rubbish))).toContain('it is 0 x 5 pixels')
  })

  it('with a second header', () => {
    expect(complaint(file(header(2, 1), header(2 ** 30, 9), image(Uint8Array.of(0, 1, 2))))).toContain(
      'its one header',
    )
  })

  it('that unpacks to more than its header says, interlaced or not', () => {
    const bomb = image(new Uint8Array(50_000_000))
    for (const interlaced of [0, 1])
      expect(complaint(file(header(28, 28, 8, 0, interlaced), bomb))).toContain(
        'more than the 28 x 28 pixels',
      )
  })

  it('with too little data, no picture, or a wrong checksum', () => {
    expect(complaint(file(header(28, 28), image(new Uint8Array(29))))).toContain('damaged')
    expect(complaint(file(header(28, 28)))).toContain('cut')
    const changed = Buffer.from(greyPng(digit!))
    changed[30]! ^= 1
    expect(complaint(changed)).toContain('damaged')
  })
})

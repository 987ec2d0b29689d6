import { describe, expect, it } from 'vitest'
import { decodeJpeg } from '../../src/image/jpeg.ts'
import type { GreyImage } from '../../src/image/grey.ts'
import { dataError, right } from '../data/made.ts'
import { jpeg, picture } from './made.ts'

/** Blocks of 8 x 8 pixels, of a grey each: 3 across and 2 down. */
const greys = (rows: readonly (readonly number[])[]): GreyImage =>
  picture(8 * rows[0]!.length, 8 * rows.length, (x, y) => rows[y >> 3]![x >> 3]!)

const blocks = ({ width, height, pixels }: GreyImage): readonly (readonly number[])[] =>
  Array.from({ length: height / 8 }, (_, row) =>
    Array.from(
      { length: width / 8 },
      (_, column) => 10 * Math.round(pixels[(8 * row + 4) * width + 8 * column + 4]! / 10),
    ),
  )

/** An Exif segment with two entries, the second of which is the orientation. */
const exif = (orientation: number, little: boolean): Buffer => {
  const body = Buffer.alloc(46)
  body.write(`Exif\0\0${little ? 'II' : 'MM'}`, 'latin1')
  const [short, long] = little
    ? [
        (value: number, at: number) => body.writeUInt16LE(value, at),
        (value: number, at: number) => body.writeUInt32LE(value, at),
      ]
    : [
        (value: number, at: number) => body.writeUInt16BE(value, at),
        (value: number, at: number) => body.writeUInt32BE(value, at),
      ]
  short(42, 8)
  long(8, 10)
  short(2, 14)
  short(0x010f, 16)
  short(0x0112, 28)
  short(3, 30)
  long(1, 32)
  short(orientation, 36)
  return Buffer.concat([Buffer.from([0xff, 0xe1, 0, body.length + 2]), body])
}

const withExif = (file: Buffer, orientation: number, little: boolean): Buffer =>
  Buffer.concat([file.subarray(0, 2), exif(orientation, little), file.subarray(2)])

const rows = [
  [0, 50, 100],
  [150, 200, 250],
]

describe('a JPEG file', () => {
  const file = jpeg(greys(rows))

  it('gives its greys', async () => {
    expect(blocks(right(await decodeJpeg('a.jpg')(file)()))).toEqual(rows)
  })

  it.each<[number, readonly (readonly number[])[]]>([
    [1, rows],
    [
      2,
      [
        [100, 50, 0],
        [250, 200, 150],
      ],
    ],
    [
      3,
      [
        [250, 200, 150],
        [100, 50, 0],
      ],
    ],
    [
      4,
      [
        [150, 200, 250],
        [0, 50, 100],
      ],
    ],
    [
      5,
      [
        [0, 150],
        [50, 200],
        [100, 250],
      ],
    ],
    [
      6,
      [
        [150, 0],
        [200, 50],
        [250, 100],
      ],
    ],
    [
      7,
      [
        [250, 100],
        [200, 50],
        [150, 0],
      ],
    ],
    [
      8,
      [
        [100, 250],
        [50, 200],
        [0, 150],
      ],
    ],
    [9, rows],
  ])('is turned as orientation %i says', async (orientation, expected) => {
    for (const little of [true, false])
      expect(blocks(right(await decodeJpeg('a.jpg')(withExif(file, orientation, little))()))).toEqual(
        expected,
      )
  })

  it('is refused if it is cut at any length, or too large', async () => {
    for (let length = 3; length < file.length; length += 7)
      expect(dataError(await decodeJpeg('a.jpg')(file.subarray(0, length))())).toContain(
        'a.jpg: the JPEG is cut',
      )
    const large = Buffer.from(file)
    const frame = large.indexOf(Buffer.from([0xff, 0xc0]))
    large.writeUInt16BE(60_000, frame + 5)
    large.writeUInt16BE(60_000, frame + 7)
    expect(dataError(await decodeJpeg('a.jpg')(large)())).toContain('the limit is 40 million pixels')
  })

  it('that is damaged is read or refused, and nothing else', async () => {
    for (let at = 2; at < file.length; at += 3) {
      const damaged = Buffer.from(withExif(file, 6, true))
      damaged[at]! ^= 0x55
      const result = await decodeJpeg('a.jpg')(damaged)()
      if (result._tag === 'Left') expect(dataError(result)).toContain('a.jpg: the JPEG')
    }
  })
})

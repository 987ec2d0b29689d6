import { describe, expect, it } from 'vitest'
import { gzipSync } from 'node:zlib'
import { encodeImages } from '../../src/data/idx.ts'
import type { DecodedImages } from '../../src/image/json-image.ts'
import { digitImage } from '../../src/image/ink.ts'
import { readImages } from '../../src/image/image-files.ts'
import { dataError, right } from '../data/made.ts'
import { digits, greyPng, jpeg, picture } from './made.ts'

const read = async (file: string, bytes: Uint8Array | string, width = 4): Promise<DecodedImages> =>
  right(await readImages(file, width)(Buffer.from(bytes))())

const complaint = async (file: string, bytes: Uint8Array | string, width = 4): Promise<string> =>
  dataError(await readImages(file, width)(Buffer.from(bytes))())

const digit = right(digitImage('a digit', 28)(digits(1)[0]!))

describe('the images of a file', () => {
  it('PNG, under any name', async () =>
    expect(await read('a.txt', greyPng(digit), 784)).toEqual({
      listed: false,
      inputs: { kind: 'bytes', width: 784, bytes: digit.pixels },
    }))

  it('PNG as a data URL, which a canvas returns', async () => {
    const url = `data:image/png;base64,${greyPng(digit).toString('base64')}\n`
    expect((await read('a.txt', url, 784)).inputs).toEqual({ kind: 'bytes', width: 784, bytes: digit.pixels })
  })

  it('JPEG, nearly as PNG', async () => {
    const drawing = picture(
      280,
      280,
      (x, y) => 255 - digit.pixels[28 * Math.floor(y / 10) + Math.floor(x / 10)]!,
    )
    const bytes = async (file: Buffer): Promise<Uint8Array> => {
      const { inputs } = await read('a', file, 784)
      return inputs.kind === 'bytes' ? inputs.bytes : new Uint8Array()
    }
    const [one, other] = [await bytes(jpeg(drawing)), await bytes(greyPng(drawing))]
    expect(Math.max(...one.map((byte, i) => Math.abs(byte - other[i]!)))).toBeLessThan(30)
  })

  it('PNG as it is, whatever it shows', async () => {
    const coat = picture(28, 28, (x, y) => (y < 9 && x > 18 ? 200 : x))
    expect(right(await readImages('a.png', 784, true)(greyPng(coat))())).toEqual({
      listed: false,
      inputs: { kind: 'bytes', width: 784, bytes: coat.pixels },
    })
    const large = greyPng(picture(30, 28, x => x))
    expect(dataError(await readImages('a.png', 784, true)(large)())).toContain(
      'a.png: --as-is: the picture has 30 x 28 pixels, the network 28 x 28',
    )
  })

  it('IDX, gzipped or not', async () => {
    const pixels = Uint8Array.from([1, 2, 3, 4, 5, 6, 7, 8])
    const idx = encodeImages({ count: 2, rows: 2, columns: 2, pixels })
    const expected = { listed: true, inputs: { kind: 'bytes', width: 4, bytes: Buffer.from(pixels) } }
    for (const bytes of [idx, gzipSync(idx)]) {
      const { listed, inputs } = await read('a', bytes)
      expect({
        listed,
        inputs: { ...inputs, bytes: Buffer.from('bytes' in inputs ? inputs.bytes : []) },
      }).toEqual(expected)
    }
  })

  const one = [0, 0.5, 1, 0]
  it.each([
    ['flat', '[0, 0.5, 1, 0]', false, one],
    ['by its rows', '[[0, 0.5], [1, 0]]', false, one],
    ['not pixels', '[-1, 2.5, 255, 1e9]', false, [-1, 2.5, 255, 1e9]],
    ['a list', '[[0, 0.5, 1, 0], [0, 0.5, 1, 0]]', true, [...one, ...one]],
    ['a list of one', '[[0, 0.5, 1, 0]]', true, one],
    ['a list by their rows', '[[[0, 0.5], [1, 0]], [[0, 0.5], [1, 0]]]', true, [...one, ...one]],
  ])('JSON, %s', async (_, text, listed, numbers) =>
    expect(await read('a.json', text)).toEqual({
      listed,
      inputs: {
        kind: 'floats',
        width: 4,
        floats: Float32Array.from(numbers),
      },
    }),
  )
})

describe('a refused file', () => {
  it.each<[string, string | Buffer, string]>([
    ['a.jpg', Buffer.from('\xff\xd8\xff\xe0 JFIF', 'latin1'), 'a.jpg: the JPEG is cut'],
    ['a.png', 'BM......', 'a.png: this is a BMP picture; PNG, JPEG, IDX and JSON'],
    ['a.heic', '\0\0\0\x18ftypheic', 'a HEIC picture'],
    ['a.avif', '\0\0\0\x18ftypavif', 'an AVIF picture'],
    [
      'a.txt',
      `data:image/webp;base64,${Buffer.from('RIFF....WEBPVP8').toString('base64')}`,
      'a WebP picture',
    ],
    ['a.png', 'GIF89a', 'a GIF picture'],
    ['a.png', 'RIFF....WEBPVP8', 'a WebP picture'],
    ['a.png', '%PDF-1.7', 'a PDF document'],
    ['a.png', '<svg xmlns="">', 'an SVG picture'],
    ['a.png', 'seven', 'a text file'],
    ['a.png', 'sieben – günstig', 'a text file'],
    ['a.png', '', 'an empty file'],
    ['a.png', Buffer.from([7, 1, 200, 2]), 'a file of an unknown kind'],
    ['a.png', Buffer.from('\x89PNG\n\x1a\n', 'latin1'), 'damaged by a transfer as text'],
    ['a.gz', gzipSync(gzipSync('x')), 'a gzip file in a gzip file'],
    [
      'a.idx',
      encodeImages({ count: 1, rows: 3, columns: 1, pixels: new Uint8Array(3) }) as Buffer,
      '3 x 1 pixels',
    ],
    ['a.idx', Buffer.from([0, 0, 8, 3, 0, 0, 0, 0]), 'cut after 8 bytes'],
    ['a.json', 'seven', 'it is not JSON'],
    ['a.json', '{"sizes": [4, 1]}', 'it is an object, not an array of numbers'],
    ['a.json', '[]', 'the image has 0 numbers'],
    ['a.json', '[0, 1, 1e39, 0]', '[2] is 1e+39, not a number that float32 can hold'],
    ['a.json', '[0, NaN, 0, 0]', 'it holds NaN, which JSON does not have'],
    ['a.json', '[0, 1, "1", 0]', '[2] is "1", not a number'],
    ['a.json', '[0, null, 0, 0]', '[1] is null, not a number'],
    ['a.json', '[0, 1, 0]', 'the image has 3 numbers, the network has 4 inputs'],
    ['a.json', '[[0, 1], [0]]', '[1] has 1 number, the rows before it 2'],
    ['a.json', '[[0, 1, 0, 0], [0, 1]]', '[1] has 2 numbers, the network has 4 inputs'],
    ['a.json', '[[[0, 1], [0, 0]], [[0, 1], [0]]]', '[1][1] has 1 number, the rows before it 2'],
    ['a.json', '[[[0, 1], [0, true]]]', '[0][1][1] is true, not a number'],
  ])('%s %j', async (file, bytes, words) => expect(await complaint(file, bytes)).toContain(words))

  it('a PNG file for a network whose inputs are not a square', async () =>
    expect(await complaint('a.png', greyPng(picture(30, 30, x => x * 8)), 12)).toContain(
      'its inputs, 12, is not that of a square',
    ))
})

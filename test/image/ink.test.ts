import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { decodeImages } from '../../src/data/idx.ts'
import type { GreyImage } from '../../src/image/grey.ts'
import { digitImage } from '../../src/image/ink.ts'
import { decodePng } from '../../src/image/png.ts'
import { dataError, right } from '../data/made.ts'
import { mnistDir, mnistFiles } from '../support/needs.ts'
import { digits, enlarged, greyPng, picture } from './made.ts'

const drawn = digits(20)

const seen = (grey: GreyImage): GreyImage => right(digitImage('a.png', 28)(grey))

const complaint = (grey: GreyImage): string => dataError(digitImage('a.png', 28)(grey))

/** The similarity of two images: the cosine of the angle between them. */
const alike = ({ pixels: a }: GreyImage, { pixels: b }: GreyImage): number => {
  const dot = (x: Uint8Array, y: Uint8Array): number => x.reduce((sum, value, i) => sum + value * y[i]!, 0)
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))
}

/** The longer side of the ink's box, and its centre of mass, in pixel indices. */
const form = ({
  width,
  pixels,
}: GreyImage): { readonly longer: number; readonly centre: readonly number[] } => {
  const places = [...pixels.keys()].filter(at => pixels[at]! > 0)
  const [xs, ys] = [places.map(at => at % width), places.map(at => Math.floor(at / width))]
  const ink = pixels.reduce((sum, pixel) => sum + pixel, 0)
  const mean = (of: readonly number[]): number =>
    of.reduce((sum, x, i) => sum + x * pixels[places[i]!]!, 0) / ink
  const length = (of: readonly number[]): number => Math.max(...of) - Math.min(...of) + 1
  return { longer: Math.max(length(xs), length(ys)), centre: [mean(xs), mean(ys)] }
}

const dark = (ink: number): number => 255 - 255 * ink

describe('an image in MNIST’s form', () => {
  const negative = (grey: GreyImage): GreyImage => ({
    ...grey,
    pixels: grey.pixels.map(pixel => 255 - pixel),
  })

  it('is used byte for byte, and so is its negative', () => {
    for (const digit of drawn.map(seen)) {
      expect(seen(digit)).toEqual(digit)
      expect(seen(negative(digit))).toEqual(digit)
    }
  })

  it.skipIf(mnistFiles.isMissing)(
    'is each of MNIST’s test images, and so is its PNG file',
    mnistFiles.why,
    async () => {
      const bytes = await readFile(join(mnistDir, 't10k-images-idx3-ubyte.gz'))
      const { count, pixels } = right(decodeImages('t10k')(gunzipSync(bytes)))
      expect(count).toBe(10_000)
      const changed = Array.from({ length: count }, (_, i) => i).filter(i => {
        const digit = { width: 28, height: 28, pixels: pixels.subarray(784 * i, 784 * (i + 1)) }
        // files of some of them, since writing 10,000 takes half a minute
        const read = i % 20 === 0 ? right(decodePng('a.png')(greyPng(digit))) : digit
        return Buffer.compare(seen(read).pixels, digit.pixels) !== 0
      })
      expect(changed).toEqual([])
    },
  )
})

describe('a drawing of 28 x 28 pixels', () => {
  it('gives nearly the same as with a ring of paper around it', () => {
    for (const digit of drawn) {
      // a pen of one pixel, off centre
      const pixel = (x: number, y: number): number => dark(enlarged(digit, 0.9, -1, 1)(x, y) > 0.5 ? 1 : 0)
      const small = seen(picture(28, 28, pixel))
      expect(alike(small, seen(picture(32, 32, (x, y) => pixel(x - 2, y - 2))))).toBeGreaterThan(0.999)
      expect(form(small).longer).toBe(20)
    }
  })
})

describe('a drawing', () => {
  it('is scaled to 20 pixels, with its centre of mass at pixel 14, 14', () => {
    for (const digit of drawn) {
      const { longer, centre } = form(
        seen(picture(300, 400, (x, y) => dark(enlarged(digit, 7, 90, 13)(x, y)))),
      )
      expect(longer).toBe(20)
      for (const at of centre) expect(Math.abs(at - 14)).toBeLessThan(0.51)
    }
  })

  it('gives the same dark on light as light on dark, at any position', () => {
    for (const digit of drawn.slice(0, 5)) {
      const ink = enlarged(digit, 6, 30, 40)
      const one = seen(picture(220, 260, (x, y) => dark(ink(x, y))))
      const moved = enlarged(digit, 6, 3, 90)
      expect(alike(seen(picture(220, 260, (x, y) => 255 * ink(x, y))), one)).toBeGreaterThan(0.999)
      expect(alike(seen(picture(220, 260, (x, y) => dark(moved(x, y)))), one)).toBeGreaterThan(0.999)
    }
  })

  it('gives nearly the same on unevenly lit, noisy grey paper with specks as on white', () => {
    for (const digit of drawn.slice(0, 5)) {
      const ink = enlarged(digit, 9, 60, 100)
      const white = seen(picture(420, 560, (x, y) => dark(ink(x, y))))
      const photo = picture(420, 560, (x, y) => {
        const light = 190 + x / 9 - y / 9 - ((x - 200) / 60) ** 2
        const noise = ((Math.imul(x + 421 * y, 0x9e3779b1) >>> 20) % 13) - 6
        const speck = x > 380 && x < 384 && y > 30 && y < 34
        return speck ? 0 : light + noise - 110 * ink(x, y)
      })
      expect(alike(seen(photo), white)).toBeGreaterThan(0.97)
    }
  })

  it('can be made for networks of other sizes than 28 x 28', () => {
    const ink = enlarged(drawn[0]!, 6, 30, 40)
    const image = right(digitImage('a.png', 14)(picture(220, 260, (x, y) => dark(ink(x, y)))))
    expect([image.width, image.height, image.pixels.length]).toEqual([14, 14, 196])
    expect(form(image).longer).toBe(10)
  })
})

describe('what cannot be a digit', () => {
  it.each<[string, GreyImage, string]>([
    ['1 x 1', picture(1, 1, () => 0), 'a.png: 1 x 1 pixels are too few'],
    ['7 pixels high', picture(40, 7, x => (x % 9) * 20), '40 x 7 pixels are too few'],
    ['white', picture(100, 100, () => 255), 'blank'],
    ['black, in MNIST’s size', picture(28, 28, () => 0), 'blank'],
    ['a faint shade', picture(100, 100, x => 200 + x / 10), 'blank'],
    ['mere noise', picture(200, 200, (x, y) => (Math.imul(x + 211 * y, 0x9e3779b1) >>> 20) % 256), 'blank'],
    ['almost all ink', picture(100, 100, (x, y) => (x > 4 && x < 95 && y > 4 && y < 95 ? 0 : 255)), '81 %'],
    [
      'a block',
      picture(100, 100, (x, y) => (x > 30 && x < 70 && y > 30 && y < 70 ? 0 : 255)),
      'a filled block',
    ],
    [
      'a lying line',
      picture(100, 100, (x, y) => (x > 20 && x < 80 && y > 50 && y < 56 ? 0 : 255)),
      '59 wide and 5',
    ],
    ['specks', picture(100, 100, (x, y) => (x % 20 === 9 && y % 20 === 9 ? 0 : 255)), 'specks'],
    [
      'many strokes',
      picture(200, 200, (x, y) => (x % 40 > 30 && y % 40 > 10 ? 0 : 255)),
      '25 separate strokes',
    ],
  ])('%s', (_, grey, words) => expect(complaint(grey)).toContain(words))
})

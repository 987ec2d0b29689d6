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

describe('a digit with something around or beside it', () => {
  const digit = (x: number, y: number): number => enlarged(drawn[3]!, 4, 50, 45)(x, y)
  const inked = (other: (x: number, y: number) => boolean) => (x: number, y: number) =>
    dark(other(x, y) ? 1 : digit(x, y))
  const isOn = (x: number, y: number): boolean => Math.abs(x - 110) < 75 && Math.abs(y - 100) < 75
  const pair = (x: number, y: number): number =>
    Math.max(enlarged(drawn[3]!, 3, 35, 60)(x, y), enlarged(drawn[4]!, 2.5, 105, 70)(x, y))
  const isTurned = (x: number, y: number): boolean => isOn(x + (y - 100) / 8, y - (x - 110) / 8)
  const isRound = (x: number, y: number): boolean => Math.hypot(x - 106, y - 101) < 80
  const plain = seen(picture(220, 220, (x, y) => dark(digit(x, y))))

  it.each<[string, (x: number, y: number) => number]>([
    ['a frame', inked((x, y) => isOn(x, y) && !isOn(x * 1.05 - 5.5, y * 1.05 - 5))],
    ['a rim of the picture', inked((x, y) => x < 3 || y < 9 || x > 210 || y > 219)],
    ['two axes', inked((x, y) => (x > 20 && x < 24 && y < 200) || (y > 180 && y < 184 && x > 10))],
    ['an underline', inked((x, y) => y > 190 && y < 195 && x > 40 && x < 200)],
    ['a margin', inked(x => x > 15 && x < 18)],
    ['ruled lines above and below it', inked((_, y) => y % 160 > 20 && y % 160 < 24)],
    ['a shadow at a corner', inked((x, y) => x + y > 380)],
    ['a dark panel', (x, y) => (isOn(x, y) ? 255 * digit(x, y) : 255)],
    ['a light panel', (x, y) => (isOn(x, y) ? dark(digit(x, y)) : 0)],
    ['a rim of one pixel', (x, y) => (x > 0 && y > 0 && x < 219 && y < 219 ? 255 * digit(x, y) : 255)],
    ['a disc', (x, y) => (isRound(x, y) ? 255 * digit(x, y) : 255)],
    ['a sheet on a table', (x, y) => (isTurned(x, y) ? 220 - 90 * digit(x, y) : 60 + (x % 20) / 4)],
  ])('is read without it: %s', (_, at) => {
    expect(alike(seen(picture(220, 220, at)), plain)).toBeGreaterThan(0.97)
  })

  it('a thick 0 and a 0 with a dot are digits, not frames or panels', () => {
    const ring = (x: number, y: number): boolean => {
      const away = Math.hypot((x - 100) / 0.7, y - 100)
      return away > 30 && away < 80
    }
    const zero = seen(picture(200, 200, (x, y) => (ring(x, y) ? 0 : 255)))
    const dotted = picture(200, 200, (x, y) => (ring(x, y) || Math.hypot(x - 100, y - 100) < 8 ? 0 : 255))
    for (const found of [zero, seen(dotted)]) {
      expect(form(found).longer).toBe(20)
      expect(found.pixels[5 * 28 + 14]).toBeGreaterThan(200)
      expect(found.pixels[14 * 28 + 8]).toBeGreaterThan(200)
    }
  })

  it('a thick 8 is a digit, not a panel', () => {
    const disc = (x: number, y: number, radius: number) => (px: number, py: number) =>
      Math.hypot(px - x, py - y) < radius
    const [upper, lower] = [disc(100, 65, 42), disc(100, 125, 45)]
    const holes = [disc(100, 62, 12), disc(94, 126, 12), disc(106, 128, 12)]
    const eight = picture(200, 200, (x, y) =>
      (upper(x, y) || lower(x, y)) && !holes.some(hole => hole(x, y)) ? 0 : 255,
    )
    expect(form(seen(eight)).longer).toBe(20)
  })

  it('may be a 0 on a panel, although there is a piece of the panel in it', () => {
    const ring = (x: number, y: number): boolean => {
      const away = Math.hypot((x - 100) / 0.7, y - 100)
      return away > 30 && away < 45
    }
    const zero = seen(picture(200, 200, (x, y) => (ring(x, y) ? 0 : 255)))
    const isPanel = (x: number, y: number): boolean => x > 25 && x < 175 && y > 25 && y < 175
    const isDisc = (x: number, y: number): boolean => Math.hypot(x - 99.5, y - 99.5) < 100
    for (const shape of [isPanel, isDisc])
      for (const paper of [0, 255]) {
        const on = picture(200, 200, (x, y) => (shape(x, y) && !ring(x, y) ? 255 - paper : paper))
        expect(alike(seen(on), zero)).toBeGreaterThan(0.97)
      }
  })

  it('is sharp although it is small in a large picture', () => {
    const ink = enlarged(drawn[3]!, 3, 700, 900)
    const large = seen(picture(1600, 1200, (x, y) => 200 - 150 * ink(x, y)))
    const near = seen(picture(200, 200, (x, y) => 200 - 150 * ink(x + 650, y + 850)))
    expect(alike(large, near)).toBeGreaterThan(0.99)
  })

  it.each<[string, (x: number, y: number) => number, string]>([
    ['another digit', (x, y) => dark(pair(x, y)), 'side by side'],
    ['ruled lines', inked((_, y) => y % 30 < 2), 'ruled or squared paper'],
    ['squares', inked((x, y) => x % 40 < 2 || y % 40 < 2), 'ruled or squared paper'],
    ['two digits on a sheet', (x, y) => (isOn(x, y) ? dark(pair(x, y)) : 40), 'side by side'],
  ])('is refused with %s', (_, at, words) => {
    expect(complaint(picture(220, 220, at))).toContain(words)
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
    ['many strokes', picture(200, 200, (x, y) => (x % 40 > 30 && y % 40 > 10 ? 0 : 255)), 'separate strokes'],
  ])('%s', (_, grey, words) => expect(complaint(grey)).toContain(words))
})

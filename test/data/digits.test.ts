import { describe, expect, test } from 'vitest'
import { DIGITS_VERSION, generateDigits, SIDE } from '../../src/data/digits.ts'
import { sha256 } from '../../src/data/mnist.ts'
import { fold, key } from '../../src/core/rng.ts'

const of = key(1)
const PIXELS = SIDE * SIDE

test('the same key gives the same bytes', () => {
  const [a, b] = [generateDigits(of, 0, 50), generateDigits(of, 0, 50)]
  expect(Buffer.compare(a.images.pixels, b.images.pixels)).toBe(0)
  expect([...a.labels]).toEqual([...b.labels])
})

test('another key, or another index, gives other digits', () => {
  const here = generateDigits(of, 0, 50).images.pixels
  expect(Buffer.compare(here, generateDigits(key(2), 0, 50).images.pixels)).not.toBe(0)
  expect(Buffer.compare(here, generateDigits(of, 50, 50).images.pixels)).not.toBe(0)
})

test('a part equals that part of the whole', () => {
  const [whole, part] = [generateDigits(of, 0, 30), generateDigits(of, 10, 7)]
  expect(Buffer.compare(part.images.pixels, whole.images.pixels.subarray(10 * PIXELS, 17 * PIXELS))).toBe(0)
  expect([...part.labels]).toEqual([...whole.labels.subarray(10, 17)])
})

test('a changed generator needs a new DIGITS_VERSION, or cached digits of the old one are used', () => {
  const { images, labels } = generateDigits(fold(of, 0), 0, 200)
  const drawn = sha256(Buffer.concat([images.pixels, labels]))
  expect({ version: DIGITS_VERSION, drawn }).toEqual({
    version: 1,
    drawn: 'd9d22f15c0705fd3caac053564bc58449d500376c640ec577348ac55ac13ef8a',
  })
})

describe('of 3000 digits', () => {
  const { images, labels } = generateDigits(of, 0, 3000)
  const image = (i: number): Uint8Array => images.pixels.subarray(i * PIXELS, (i + 1) * PIXELS)

  test('all ten are about equally frequent', () => {
    const counts = Array.from({ length: 10 }, (_, digit) => labels.filter(label => label === digit).length)
    expect(Math.min(...counts)).toBeGreaterThan(240)
    expect(Math.max(...counts)).toBeLessThan(360)
  })

  test('the ink is as sparse and as dark as MNIST’s (19 % of the pixels, 13 % of the ink)', () => {
    const inked = images.pixels.filter(byte => byte > 0).length / images.pixels.length
    const dark = images.pixels.reduce((sum, byte) => sum + byte, 0) / 255 / images.pixels.length
    expect(inked).toBeGreaterThan(0.17)
    expect(inked).toBeLessThan(0.21)
    expect(dark).toBeGreaterThan(0.11)
    expect(dark).toBeLessThan(0.15)
  })

  test('none is empty, no two are equal, and none touches two opposite borders', () => {
    const sums = new Set<string>()
    for (let i = 0; i < images.count; i++) {
      const pixels = image(i)
      expect(pixels.some(byte => byte > 150)).toBe(true)
      const rim = (from: number): boolean =>
        pixels.subarray(from * SIDE, (from + 1) * SIDE).some(byte => byte > 0)
      expect(rim(0) && rim(SIDE - 1)).toBe(false)
      sums.add(sha256(pixels))
    }
    expect(sums.size).toBe(images.count)
  })

  test('they can be classified, but not by mean images alone', () => {
    const means = Array.from({ length: 10 }, () => new Float64Array(PIXELS))
    const counts = new Float64Array(10)
    for (let i = 0; i < 2000; i++) {
      const mean = means[labels[i]!]!
      image(i).forEach((byte, p) => (mean[p] = mean[p]! + byte))
      counts[labels[i]!] = counts[labels[i]!]! + 1
    }
    const distance = (pixels: Uint8Array, digit: number): number =>
      pixels.reduce((sum, byte, p) => sum + (byte - means[digit]![p]! / counts[digit]!) ** 2, 0)
    const guess = (pixels: Uint8Array): number =>
      means.reduce((best, _, digit) => (distance(pixels, digit) < distance(pixels, best) ? digit : best), 0)
    let hits = 0
    for (let i = 2000; i < 3000; i++) hits += guess(image(i)) === labels[i] ? 1 : 0
    // MNIST's own score here is about 820.
    expect(hits).toBeGreaterThan(600)
    expect(hits).toBeLessThan(930)
  })
})

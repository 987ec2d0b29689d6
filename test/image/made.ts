/** Pictures for tests: synthetic digits on paper, and PNG files of them. */
import { encode } from 'jpeg-js'
import { PNG } from 'pngjs'
import { generateDigits, SIDE } from '../../src/data/digits.ts'
import type { GreyImage } from '../../src/image/grey.ts'
import { key } from '../../src/core/rng.ts'

/** Synthetic digits in MNIST's form. */
export const digits = (count: number): readonly GreyImage[] => {
  const { images } = generateDigits(key(5), 0, count)
  return Array.from({ length: count }, (_, i) => ({
    width: SIDE,
    height: SIDE,
    pixels: images.pixels.slice(i * SIDE * SIDE, (i + 1) * SIDE * SIDE),
  }))
}

/** A picture of this size, from a function of its pixels' coordinates. */
export const picture = (width: number, height: number, at: (x: number, y: number) => number): GreyImage => ({
  width,
  height,
  pixels: Uint8Array.from({ length: width * height }, (_, i) => at(i % width, Math.floor(i / width))),
})

/** The ink, 0 to 1, of a digit that is enlarged by a factor and moved to x, y. */
export const enlarged =
  ({ width, height, pixels }: GreyImage, zoom: number, left: number, top: number) =>
  (x: number, y: number): number => {
    const [column, row] = [Math.floor((x - left) / zoom), Math.floor((y - top) / zoom)]
    return column < 0 || column >= width || row < 0 || row >= height ? 0 : pixels[row * width + column]! / 255
  }

/** A PNG file of red, green, blue and opacity. */
export const png = (
  { width, height }: { readonly width: number; readonly height: number },
  rgba: (i: number) => readonly [number, number, number, number],
): Buffer => {
  const file = new PNG({ width, height })
  for (let i = 0; i < width * height; i++) file.data.set(rgba(i), 4 * i)
  return PNG.sync.write(file)
}

export const greyPng = (grey: GreyImage): Buffer =>
  png(grey, i => [grey.pixels[i]!, grey.pixels[i]!, grey.pixels[i]!, 255])

export const jpeg = ({ width, height, pixels }: GreyImage): Buffer =>
  encode({ width, height, data: Uint8Array.from([...pixels].flatMap(grey => [grey, grey, grey, 255])) }, 90)
    .data

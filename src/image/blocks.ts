/**
 * An image as text with block characters. One character shows two pixels, one above the other, so that pixels are about
 * square in a terminal.
 */
import type { GreyImage } from './grey.ts'

/** A pixel counts as ink from this share of the strongest ink: thin strokes are grey throughout. */
const INKED = 0.35

const BLOCKS = [' ', '▄', '▀', '█'] as const

/** The lines, half as many as the image has rows. Ink is bright in the image, and filled here. */
export const blockCharacters = ({
  width,
  height,
  pixels,
}: GreyImage<readonly number[]>): readonly string[] => {
  const most = pixels.reduce((most, pixel) => Math.max(most, pixel), 0)
  const inked = (x: number, y: number): boolean =>
    y < height && pixels[y * width + x]! > 0 && pixels[y * width + x]! >= INKED * most
  return Array.from({ length: Math.ceil(height / 2) }, (_, line) =>
    Array.from(
      { length: width },
      (_, x) => BLOCKS[(inked(x, 2 * line) ? 2 : 0) + (inked(x, 2 * line + 1) ? 1 : 0)],
    ).join(''),
  )
}

/**
 * A picture as lines of text, with block characters: two pixels above each other in one character, so that both are
 * about square in a terminal.
 */
import type { GreyImage } from './grey.ts'

/** A pixel counts as ink from this share of the darkest ink: thin strokes are grey all along. */
const INKED = 0.35

const BLOCKS = [' ', '▄', '▀', '█'] as const

/** Half as many lines as the picture has rows; ink is bright in the picture, and filled here. */
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

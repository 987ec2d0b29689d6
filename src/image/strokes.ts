/**
 * The connected components of a drawing, and which of them are specks.
 */
import type { Box, GreyImage } from './grey.ts'

/** Pixels that touch one another, also at their corners. */
export type Stroke = {
  readonly places: readonly number[]
  /** The sum of their ink. */
  readonly ink: number
  readonly box: Box
}

/** The connected components of the pixels with any ink. */
export const connectedStrokes = ({ width, height, pixels }: GreyImage<Float32Array>): readonly Stroke[] => {
  const seen = new Uint8Array(pixels.length)
  const found: Stroke[] = []
  for (let from = 0; from < pixels.length; from++) {
    if (seen[from] === 1 || pixels[from] === 0) continue
    seen[from] = 1
    const places = [from]
    let ink = 0
    let [left, top, right, bottom] = [width, height, 0, 0]
    // the loop visits the pixels that it adds
    for (const at of places) {
      const [x, y] = [at % width, Math.floor(at / width)]
      ink += pixels[at]!
      ;[left, right] = [Math.min(left, x), Math.max(right, x + 1)]
      ;[top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)]
      for (let near = 0; near < 9; near++) {
        const [nearX, nearY] = [x + (near % 3) - 1, y + Math.floor(near / 3) - 1]
        const next = nearY * width + nearX
        if (nearX < 0 || nearX >= width || nearY < 0 || nearY >= height) continue
        if (seen[next] === 1 || pixels[next] === 0) continue
        seen[next] = 1
        places.push(next)
      }
    }
    found.push({ places, ink, box: { left, top, right, bottom } })
  }
  return found
}

/** A component with less than this share of the largest one's ink is a speck. */
const SPECK = 0.03

/** The components that are not specks. */
export const withoutSpecks = (strokes: readonly Stroke[]): readonly Stroke[] => {
  const most = strokes.reduce((most, { ink }) => Math.max(most, ink), 0)
  return strokes.filter(({ ink }) => ink >= SPECK * most)
}

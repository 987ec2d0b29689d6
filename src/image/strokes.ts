/**
 * The connected pieces of a drawing, and which of them are specks.
 */
import type { Box, GreyImage } from './grey.ts'

/** Pixels that touch one another, also by their corners. */
export type Stroke = {
  readonly places: readonly number[]
  /** All their ink together. */
  readonly ink: number
  readonly box: Box
}

/** The pieces of the pixels that have any ink at all. */
export const connectedStrokes = ({ width, height, pixels }: GreyImage<Float32Array>): readonly Stroke[] => {
  const seen = new Uint8Array(pixels.length)
  const found: Stroke[] = []
  for (let from = 0; from < pixels.length; from++) {
    if (seen[from] === 1 || pixels[from] === 0) continue
    seen[from] = 1
    const places = [from]
    let ink = 0
    let [left, top, right, bottom] = [width, height, 0, 0]
    // the list grows while it is walked
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

/** A piece with less than this share of the ink of the largest is a speck. */
const SPECK = 0.03

/** The pieces that are no specks. */
export const strokesOf = (grey: GreyImage<Float32Array>): readonly Stroke[] => {
  const pieces = connectedStrokes(grey)
  const most = pieces.reduce((most, { ink }) => Math.max(most, ink), 0)
  return pieces.filter(({ ink }) => ink >= SPECK * most)
}

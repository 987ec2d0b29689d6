/**
 * Grey images, and how they are scaled down.
 */

/** A grey image, [height, width] in row-major order; from 0, black, to 255, white. */
export type GreyImage<Values = Uint8Array> = {
  /** The width, in pixels. */
  readonly width: number
  /** The height, in pixels. */
  readonly height: number
  /** The grey of each pixel, row after row, [height, width]. */
  readonly pixels: Values
}

/** The grey of the colour whose red, green and blue are at this index, by the luma of ITU-R BT.601. */
export const luma = (colours: ArrayLike<number>, at: number): number =>
  (299 * colours[at]! + 587 * colours[at + 1]! + 114 * colours[at + 2]!) / 1000

/** A part of an image in whole pixels; right and bottom are exclusive. */
export type Box = {
  readonly left: number
  readonly top: number
  readonly right: number
  readonly bottom: number
}

export type Size = { readonly width: number; readonly height: number }

export const sizeOfBox = ({ left, top, right, bottom }: Box): Size => ({
  width: right - left,
  height: bottom - top,
})

/** For each of n equal parts of from … to: how much of it the source pixels `first`, `first + 1`, … cover. */
const shares = (
  from: number,
  to: number,
  n: number,
): readonly { readonly first: number; readonly weights: readonly number[] }[] => {
  const step = (to - from) / n
  return Array.from({ length: n }, (_, i) => {
    const [start, end] = [from + i * step, from + (i + 1) * step]
    const first = Math.floor(start)
    const count = Math.max(1, Math.ceil(end - 1e-9) - first)
    return {
      first,
      weights: Array.from(
        { length: count },
        (_, k) => (Math.min(end, first + k + 1) - Math.max(start, first + k)) / step,
      ),
    }
  })
}

/** A part of an image, scaled to another size: each new pixel is the mean of the area that it covers. */
export const scaled = (
  { width, pixels }: GreyImage<Uint8Array | Float32Array>,
  { left, top, right, bottom }: Box,
  newWidth: number,
  newHeight: number,
): GreyImage<Float32Array> => {
  const columns = shares(left, right, newWidth)
  const made = new Float32Array(newWidth * newHeight)
  shares(top, bottom, newHeight).forEach(({ first: row, weights }, y) => {
    weights.forEach((share, i) => {
      const line = (row + i) * width
      for (let x = 0; x < newWidth; x++) {
        const { first, weights } = columns[x]!
        let sum = 0
        for (let k = 0; k < weights.length; k++) sum += weights[k]! * pixels[line + first + k]!
        made[y * newWidth + x]! += share * sum
      }
    })
  })
  return { width: newWidth, height: newHeight, pixels: made }
}

/** A part of an image, scaled down if its longer side exceeds `most`. */
export const atMost = (most: number, grey: GreyImage, part: Box): GreyImage<Float32Array> => {
  const [width, height] = [part.right - part.left, part.bottom - part.top]
  const factor = Math.max(1, Math.max(width, height) / most)
  const size = (side: number): number => Math.max(1, Math.round(side / factor))
  return scaled(grey, part, size(width), size(height))
}

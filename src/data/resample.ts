/**
 * Images whose pixels come from other places of an image.
 */
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { drawSymmetric, type ExpansionParameters, type PictureSize } from './expansion.ts'

/** For each pixel of a copy, row by row, the place in the image that it shows; between two pixels, it is not whole. */
export type SourcePlaces = { readonly rows: Float64Array; readonly columns: Float64Array }

export const newSourcePlaces = ({ rows, columns }: PictureSize): SourcePlaces => ({
  rows: new Float64Array(rows * columns),
  columns: new Float64Array(rows * columns),
})

/** Writes the copy whose pixels show these places, by bilinear interpolation. Storing in bytes cuts the fraction. */
export const resample = (
  { rows, columns }: PictureSize,
  image: Uint8Array,
  places: SourcePlaces,
  copy: Uint8Array,
): void => {
  for (let i = 0; i < rows * columns; i++) {
    const y = places.rows[i]!
    const x = places.columns[i]!
    if (!(y > -1 && y < rows && x > -1 && x < columns)) {
      copy[i] = 0
      continue
    }
    const top = Math.floor(y)
    const left = Math.floor(x)
    const at = top * columns + left
    const isAbove = top >= 0
    const isBelow = top + 1 < rows
    const isLeft = left >= 0
    const isRight = left + 1 < columns
    const a = isAbove && isLeft ? image[at]! : 0
    const b = isAbove && isRight ? image[at + 1]! : 0
    const c = isBelow && isLeft ? image[at + columns]! : 0
    const d = isBelow && isRight ? image[at + columns + 1]! : 0
    const above = a + (x - left) * (b - a)
    const below = c + (x - left) * (d - c)
    copy[i] = above + (y - top) * (below - above) + 0.5
  }
}

/** A linear map of (row, column) about the centre of the image, then a displacement in pixels. */
export type AffineMap = {
  /** [row of row, row of column, column of row, column of column] */
  readonly matrix: readonly [number, number, number, number]
  readonly down: number
  readonly right: number
}

/** Writes the places that a copy shows under a map from its pixels to those of the image. */
export const placesUnder = (
  { rows, columns }: PictureSize,
  { matrix: [a, b, c, d], down, right }: AffineMap,
  places: SourcePlaces,
): void => {
  const [middle, centre] = [(rows - 1) / 2, (columns - 1) / 2]
  for (let row = 0, i = 0; row < rows; row++)
    for (let column = 0; column < columns; column++, i++) {
      const y = row - middle
      const x = column - centre
      places.rows[i] = middle + a * y + b * x + down
      places.columns[i] = centre + c * y + d * x + right
    }
}

/** The map of a rotation. */
export const rotation = (degrees: number): AffineMap => {
  const radians = (degrees * Math.PI) / 180
  const [cos, sin] = [Math.cos(radians), Math.sin(radians)]
  return { matrix: [cos, -sin, sin, cos], down: 0, right: 0 }
}

/** Draws a rotation and a skew of at most `angle` degrees each, and a displacement of at most `translation` pixels each way. */
export const drawAffine = (
  random: RandomGenerator,
  { angle, translation }: Pick<ExpansionParameters, 'angle' | 'translation'>,
): AffineMap => {
  const {
    matrix: [a, b, c, d],
  } = rotation(angle * drawSymmetric(random))
  const skew = Math.tan((angle * drawSymmetric(random) * Math.PI) / 180)
  return {
    // the rotation after the skew: a row moves to the right by its distance from the middle
    matrix: [a + b * skew, b, c + d * skew, d],
    down: translation * drawSymmetric(random),
    right: translation * drawSymmetric(random),
  }
}

/**
 * The Gaussian filter of two dimensions, as one product of matrices for each.
 */
import type { PictureSize } from './expansion.ts'

/** The Gaussian is cut at this number of standard deviations, as scipy does. */
const CUT = 4

const upToFour = (size: number): number => Math.ceil(size / 4) * 4

/**
 * The weights of a filter over a line of numbers, with zeros beyond its ends: [size, size], symmetric, with rows and columns
 * of zeros up to a multiple of four. Each weight is rounded to float32, so that engines whose `exp` differs in its last bit
 * agree.
 */
const gaussianWeights = (size: number, sigma: number): Float64Array => {
  const radius = Math.floor(CUT * sigma + 0.5)
  const bell = (distance: number): number => Math.exp((-0.5 * distance ** 2) / sigma ** 2)
  let sum = 0
  for (let distance = -radius; distance <= radius; distance++) sum += bell(distance)
  const width = upToFour(size)
  const weights = new Float64Array(width * width)
  for (let i = 0; i < size; i++)
    for (let j = Math.max(0, i - radius); j <= Math.min(size - 1, i + radius); j++)
      weights[i * width + j] = Math.fround(bell(i - j) / sum)
  return weights
}

/**
 * target [m, n] = left [m, k] right [k, n]. Two rows of the target take four rows of the right at a time, which needs fewer
 * reads for each product; m and k are multiples of four.
 */
const multiply = (
  [m, k, n]: readonly [number, number, number],
  left: Float64Array,
  right: Float64Array,
  target: Float64Array,
): void => {
  target.fill(0)
  for (let i = 0; i < m; i += 2)
    for (let l = 0; l < k; l += 4) {
      const at = i * k + l
      const a0 = left[at]!
      const a1 = left[at + 1]!
      const a2 = left[at + 2]!
      const a3 = left[at + 3]!
      const b0 = left[at + k]!
      const b1 = left[at + k + 1]!
      const b2 = left[at + k + 2]!
      const b3 = left[at + k + 3]!
      const end = (l + 1) * n
      for (let from = l * n, to = i * n; from < end; from++, to++) {
        const r0 = right[from]!
        const r1 = right[from + n]!
        const r2 = right[from + 2 * n]!
        const r3 = right[from + 3 * n]!
        target[to] = target[to]! + (a0 * r0 + a1 * r1 + (a2 * r2 + a3 * r3))
        target[to + n] = target[to + n]! + (b0 * r0 + b1 * r1 + (b2 * r2 + b3 * r3))
      }
    }
}

/** Adds a smoothed field times a factor to a target, [rows, columns]; `draw` gives the numbers of the field, row by row. */
export type SmoothedField = (draw: () => number, factor: number, target: Float64Array) => void

/** A Gaussian filter for fields of this size. It keeps its own working memory: use it for one field after the other. */
export const gaussianFilter = ({ rows, columns }: PictureSize, sigma: number): SmoothedField => {
  const [down, across] = [gaussianWeights(rows, sigma), gaussianWeights(columns, sigma)]
  const [height, width] = [upToFour(rows), upToFour(columns)]
  const field = new Float64Array(height * width)
  const between = new Float64Array(height * width)
  return (draw, factor, target) => {
    field.fill(0)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++) field[row * width + column] = draw()
    multiply([height, height, width], down, field, between)
    multiply([height, width, width], between, across, field)
    for (let row = 0, i = 0; row < rows; row++)
      for (let column = 0; column < columns; column++, i++)
        target[i] = target[i]! + factor * field[row * width + column]!
  }
}

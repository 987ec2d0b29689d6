/**
 * The paper under a drawing: its grey, which light may make uneven, and its noise.
 *
 * Shapes: pixels are [height, width]; coordinates x and y run from -1 to 1, from the left and the top.
 */
import type { GreyImage } from './grey.ts'

/** The difference of each pixel from its paper, in greys, and the standard deviation of the paper's noise. */
export type Raised = { readonly away: GreyImage<Float32Array>; readonly noise: number }

/** Paper is measured in a frame along the border, this wide relative to the side of a square as large. */
const FRAME = 1 / 16

/** Paper is even if this share of the frame is within NEAR of one grey: the rest may be ink at the border. */
const EVEN = 0.35
const NEAR = 3

/** How often a surface is fitted again, to the pixels near the last one. */
const ROUNDS = 5

/** A surface is fitted to about this many pixels, evenly spread. */
const SAMPLE = 4000

/**
 * Subtracts the paper: one grey, or a surface of degree two, whichever most of the frame follows.
 *
 * @param inside 1 for the pixels that are on the paper; the others become 0
 */
export const withoutPaper = (
  { width, height, pixels }: GreyImage<Float32Array>,
  inside: Uint8Array = new Uint8Array(pixels.length).fill(1),
): Raised => {
  const places = [...inside.keys()].filter(at => inside[at] === 1)
  const frame = thinned(frameOf(places, inside, width))
  const grey = commonest(frame.map(at => pixels[at]!))
  const even = frame.filter(at => Math.abs(pixels[at]! - grey) <= NEAR).length >= EVEN * frame.length
  const paper = even ? () => grey : surface({ width, height, pixels }, places, frame)
  const away = pixels.map((pixel, at) => (inside[at] === 1 ? pixel - paper(at) : 0))
  const noise = spread(frame.map(at => away[at]!))
  return { away: { width, height, pixels: away }, noise }
}

/** The places from which the border is near, to the left, the right, above or below. */
const frameOf = (places: readonly number[], inside: Uint8Array, width: number): readonly number[] => {
  const thick = Math.max(1, Math.round(FRAME * Math.sqrt(places.length)))
  return places.filter(at => {
    const x = at % width
    const [left, right] = [x >= thick && inside[at - thick], x + thick < width && inside[at + thick]]
    return !(
      left === 1 &&
      right === 1 &&
      inside[at - thick * width] === 1 &&
      inside[at + thick * width] === 1
    )
  })
}

/** About SAMPLE of the indices, at equal steps; an odd step visits all columns. */
const thinned = (places: readonly number[]): readonly number[] => {
  const step = 2 * Math.floor(places.length / SAMPLE / 2) + 1
  return places.filter((_, i) => i % step === 0)
}

/** The most common grey: the median of the values near the densest one. */
const commonest = (values: readonly number[]): number => {
  const counts = new Float64Array(256)
  for (const value of values) counts[Math.round(value)]! += 1
  const around = counts.map((_, grey) =>
    counts.subarray(Math.max(0, grey - NEAR), grey + NEAR + 1).reduce((sum, n) => sum + n, 0),
  )
  const grey = around.indexOf(around.reduce((most, n) => Math.max(most, n)))
  return median(values.filter(value => Math.abs(value - grey) <= NEAR + 0.5))
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

/** The standard deviation, if the values are normal, from the median of |x|, which a little ink does not change. */
const spread = (values: readonly number[]): number => 1.4826 * median(values.map(Math.abs))

type Terms = readonly [number, number, number, number, number, number]

/** The surface of degree two that fits most of the frame, and then all pixels near it. */
const surface = (
  { width, height, pixels }: GreyImage<Float32Array>,
  places: readonly number[],
  frame: readonly number[],
): ((at: number) => number) => {
  const terms = (at: number): Terms => {
    const x = (2 * (at % width)) / width - 1
    const y = (2 * Math.floor(at / width)) / height - 1
    return [1, x, y, x * x, x * y, y * y]
  }
  const fitted = (to: Iterable<number>): ((at: number) => number) => {
    const c = leastSquares(to, terms, at => pixels[at]!)
    return at => terms(at).reduce((sum, term, i) => sum + term * c[i]!, 0)
  }
  const near = (candidates: readonly number[], paper: (at: number) => number): readonly number[] => {
    const reach = Math.max(3, 2.5 * spread(frame.map(at => pixels[at]! - paper(at))))
    return candidates.filter(at => Math.abs(pixels[at]! - paper(at)) <= reach)
  }
  const all = thinned(places)
  return Array.from({ length: ROUNDS }).reduce<(at: number) => number>(
    // the frame alone at first, since it has more paper than the rest
    (paper, _, round) => fitted(near(round < 2 ? frame : all, paper)),
    fitted(frame),
  )
}

/** The coefficients c of the least-squares fit Σ c_i term_i: the normal equations, by elimination. */
const leastSquares = (
  places: Iterable<number>,
  terms: (at: number) => Terms,
  value: (at: number) => number,
): readonly number[] => {
  const size = 6
  const rows = Array.from({ length: size }, () => new Float64Array(size + 1))
  for (const at of places) {
    const t = terms(at)
    for (let i = 0; i < size; i++) {
      for (let j = 0; j < size; j++) rows[i]![j]! += t[i]! * t[j]!
      rows[i]![size]! += t[i]! * value(at)
    }
  }
  // the matrix is symmetric and positive definite, so no pivoting; a small term on its diagonal keeps it definite
  for (let i = 0; i < size; i++) rows[i]![i]! += 1e-6
  for (let i = 0; i < size; i++)
    for (let k = 0; k < size; k++) {
      if (k === i) continue
      const factor = rows[k]![i]! / rows[i]![i]!
      for (let j = i; j <= size; j++) rows[k]![j]! -= factor * rows[i]![j]!
    }
  return rows.map((row, i) => row[size]! / row[i]!)
}

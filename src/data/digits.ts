/**
 * Drawn digits: images that look like MNIST's, from nothing but a key.
 *
 * A digit is a few strokes of a pen, in one of the ways in which people write it. The writer's hand bends, slants,
 * stretches and shakes them; the pen has a width and a pressure. Arithmetic and square roots only: so the same key
 * gives the same bytes in every JavaScript engine.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { fold, generator, type Key } from '../rng.ts'
import type { Images } from './idx.ts'

/** Raise it when the drawing changes: what was drawn before is kept under the old number. */
export const DIGITS_VERSION = 1

export const SIDE = 28

/** The longer side of a digit, in pixels, as in MNIST. */
const BOX = 20

/** x to the right, y down; the digit fills 0 … 1. */
type Point = readonly [x: number, y: number]

/** A pen's way from its first point to its last: a curve through all, or straight from each to the next. */
type Stroke = readonly ['curve' | 'line', ...Point[]]

/** One way to write a digit, and how often. */
type Form = { readonly often: number; readonly strokes: ReadonlyArray<Stroke> }

const form = (often: number, ...strokes: ReadonlyArray<Stroke>): Form => ({ often, strokes })

/** The forms of 0 … 9. */
const forms: ReadonlyArray<ReadonlyArray<Form>> = [
  [
    form(6, [
      'curve',
      [0.5, 0],
      [0.2, 0.14],
      [0.07, 0.5],
      [0.2, 0.87],
      [0.47, 1],
      [0.75, 0.86],
      [0.87, 0.5],
      [0.75, 0.13],
      [0.46, 0.01],
    ]),
    form(2, [
      'curve',
      [0.62, 0.06],
      [0.3, 0.08],
      [0.07, 0.5],
      [0.22, 0.9],
      [0.5, 0.98],
      [0.8, 0.8],
      [0.86, 0.4],
      [0.66, 0.08],
      [0.42, 0.03],
    ]),
    form(1, [
      'curve',
      [0.3, 0.1],
      [0.08, 0.45],
      [0.15, 0.85],
      [0.45, 1],
      [0.8, 0.82],
      [0.88, 0.42],
      [0.68, 0.06],
      [0.4, 0.02],
      [0.25, 0.2],
    ]),
  ],
  [
    form(7, ['line', [0.5, 0], [0.49, 0.5], [0.5, 1]]),
    form(2, ['line', [0.26, 0.24], [0.52, 0], [0.5, 1]]),
    form(1, ['line', [0.28, 0.2], [0.5, 0], [0.5, 0.98]], ['line', [0.22, 0.98], [0.8, 0.98]]),
  ],
  [
    form(
      4,
      ['curve', [0.1, 0.22], [0.32, 0.03], [0.64, 0.03], [0.8, 0.25], [0.64, 0.56], [0.34, 0.82], [0.08, 1]],
      ['line', [0.08, 1], [0.92, 0.96]],
    ),
    form(4, [
      'curve',
      [0.12, 0.2],
      [0.36, 0.02],
      [0.68, 0.06],
      [0.76, 0.3],
      [0.52, 0.66],
      [0.22, 0.95],
      [0.07, 0.86],
      [0.26, 0.78],
      [0.6, 0.92],
      [0.95, 0.94],
    ]),
    form(2, [
      'curve',
      [0.16, 0.12],
      [0.5, 0],
      [0.76, 0.16],
      [0.66, 0.46],
      [0.36, 0.76],
      [0.12, 0.97],
      [0.5, 0.94],
      [0.9, 1],
    ]),
  ],
  [
    form(
      6,
      ['curve', [0.14, 0.12], [0.42, 0], [0.74, 0.1], [0.7, 0.34], [0.36, 0.47]],
      ['curve', [0.36, 0.47], [0.74, 0.54], [0.84, 0.76], [0.56, 0.98], [0.1, 0.92]],
    ),
    form(
      2,
      ['line', [0.14, 0.04], [0.78, 0.03], [0.42, 0.42]],
      ['curve', [0.42, 0.42], [0.76, 0.5], [0.82, 0.78], [0.5, 1], [0.1, 0.88]],
    ),
    form(2, [
      'curve',
      [0.16, 0.08],
      [0.56, 0.01],
      [0.76, 0.18],
      [0.52, 0.42],
      [0.36, 0.48],
      [0.62, 0.5],
      [0.8, 0.7],
      [0.58, 0.95],
      [0.12, 0.98],
    ]),
  ],
  [
    form(5, ['line', [0.14, 0.04], [0.08, 0.54], [0.84, 0.5]], ['line', [0.78, 0], [0.72, 0.5], [0.7, 1]]),
    form(
      3,
      ['curve', [0.2, 0.02], [0.06, 0.3], [0.12, 0.54], [0.44, 0.56], [0.8, 0.44]],
      ['line', [0.84, 0.02], [0.74, 1]],
    ),
    form(2, ['line', [0.66, 0], [0.06, 0.62], [0.94, 0.62]], ['line', [0.66, 0], [0.62, 1]]),
  ],
  [
    form(
      5,
      ['line', [0.26, 0.04], [0.18, 0.44]],
      ['curve', [0.18, 0.44], [0.5, 0.36], [0.8, 0.54], [0.76, 0.84], [0.44, 1], [0.1, 0.92]],
      ['line', [0.26, 0.03], [0.86, 0]],
    ),
    form(3, [
      'curve',
      [0.88, 0.02],
      [0.44, 0.06],
      [0.26, 0.16],
      [0.24, 0.4],
      [0.56, 0.52],
      [0.72, 0.74],
      [0.5, 0.97],
      [0.1, 0.96],
    ]),
    form(
      2,
      ['line', [0.8, 0.02], [0.3, 0.03], [0.2, 0.48]],
      ['curve', [0.2, 0.48], [0.58, 0.42], [0.82, 0.66], [0.6, 0.94], [0.12, 1]],
    ),
  ],
  [
    form(5, [
      'curve',
      [0.68, 0],
      [0.36, 0.22],
      [0.14, 0.58],
      [0.2, 0.92],
      [0.5, 1],
      [0.78, 0.84],
      [0.74, 0.6],
      [0.46, 0.54],
      [0.18, 0.76],
    ]),
    form(3, [
      'curve',
      [0.5, 0],
      [0.24, 0.32],
      [0.12, 0.7],
      [0.3, 0.97],
      [0.62, 0.94],
      [0.76, 0.72],
      [0.56, 0.56],
      [0.26, 0.68],
      [0.2, 0.84],
    ]),
    form(2, [
      'curve',
      [0.84, 0.04],
      [0.46, 0.14],
      [0.16, 0.5],
      [0.14, 0.84],
      [0.4, 1],
      [0.7, 0.9],
      [0.72, 0.68],
      [0.44, 0.6],
      [0.16, 0.8],
    ]),
  ],
  [
    form(5, ['line', [0.1, 0.08], [0.86, 0.03]], ['curve', [0.86, 0.03], [0.66, 0.4], [0.46, 1]]),
    form(2, ['line', [0.1, 0.06], [0.86, 0.03], [0.4, 1]], ['line', [0.34, 0.52], [0.82, 0.48]]),
    form(3, ['curve', [0.08, 0.22], [0.14, 0.07], [0.5, 0.09], [0.86, 0.05], [0.7, 0.42], [0.56, 1]]),
  ],
  [
    form(5, [
      'curve',
      [0.74, 0.12],
      [0.46, 0],
      [0.22, 0.16],
      [0.36, 0.42],
      [0.68, 0.64],
      [0.7, 0.9],
      [0.44, 1],
      [0.2, 0.86],
      [0.34, 0.6],
      [0.66, 0.36],
      [0.76, 0.14],
    ]),
    form(
      2,
      ['curve', [0.5, 0], [0.24, 0.12], [0.28, 0.38], [0.5, 0.47], [0.74, 0.36], [0.74, 0.1], [0.48, 0]],
      ['curve', [0.5, 0.47], [0.18, 0.62], [0.22, 0.92], [0.5, 1], [0.8, 0.9], [0.8, 0.62], [0.5, 0.47]],
    ),
    form(2, [
      'curve',
      [0.8, 0.04],
      [0.5, 0.1],
      [0.3, 0.26],
      [0.46, 0.48],
      [0.66, 0.72],
      [0.5, 0.98],
      [0.26, 0.9],
      [0.34, 0.66],
      [0.6, 0.42],
      [0.82, 0.06],
    ]),
  ],
  [
    form(
      4,
      ['curve', [0.76, 0.2], [0.54, 0.02], [0.22, 0.12], [0.16, 0.4], [0.44, 0.5], [0.76, 0.22]],
      ['line', [0.78, 0.1], [0.74, 0.56], [0.68, 1]],
    ),
    form(3, [
      'curve',
      [0.78, 0.14],
      [0.48, 0],
      [0.2, 0.2],
      [0.28, 0.46],
      [0.58, 0.44],
      [0.78, 0.16],
      [0.74, 0.56],
      [0.56, 1],
    ]),
    form(3, [
      'curve',
      [0.8, 0.22],
      [0.56, 0.01],
      [0.24, 0.12],
      [0.2, 0.4],
      [0.5, 0.5],
      [0.78, 0.26],
      [0.82, 0.54],
      [0.64, 0.9],
      [0.26, 0.98],
    ]),
  ],
]

/** How unlike one another the hands are; each number is a standard deviation, but for the ranges. */
const hand = {
  /** Of each point of a stroke, of the digit's size. */
  shake: 0.042,
  /** Of the bends that move neighbouring points alike. */
  bend: 0.11,
  slant: 0.26,
  tilt: 0.1,
  stretch: 0.17,
  /** Of the digit's place, in pixels. */
  place: 0.9,
  /** The longer side, of BOX. */
  size: [0.86, 1.04],
  /** Half the width of the pen, in pixels. */
  pen: [0.8, 1.95],
  /** How much of the pen's width a light hand loses along the way. */
  pressure: 0.4,
  /** How dark the ink is. */
  ink: [0.84, 1.25],
  /** At most, of each inked pixel. */
  grain: 0.1,
} as const

/** Half the width of the grey rim of a stroke, in pixels: MNIST's images were scaled down, and are as soft. */
const RIM = 0.62

/** Straight pieces between two points of a curve. */
const PIECES = 5

const between = (random: RandomGenerator, [low, high]: readonly [number, number]): number =>
  low + (high - low) * uniformFloat64(random)

/**
 * About N(0, 1), and never beyond 3.5: the sum of four uniform numbers, of variance 1/12 each. A logarithm may differ
 * between engines; a sum may not.
 */
const about = (random: RandomGenerator): number => {
  const sum =
    uniformFloat64(random) + uniformFloat64(random) + uniformFloat64(random) + uniformFloat64(random)
  return (sum - 2) * Math.sqrt(3)
}

const formOf = (random: RandomGenerator, digit: number): Form => {
  const ways = forms[digit]!
  const pick = uniformFloat64(random) * ways.reduce((sum, way) => sum + way.often, 0)
  const chosen = ways.reduce<{ readonly left: number; readonly way: Form | undefined }>(
    ({ left, way }, next) => ({
      left: left - next.often,
      way: way ?? (left < next.often ? next : undefined),
    }),
    { left: pick, way: undefined },
  )
  return chosen.way ?? ways[0]!
}

/** The map from a form's points to a hand's, without shaking: the same for all strokes of one digit. */
const bendOf = (random: RandomGenerator): ((point: Point) => Point) => {
  const slant = 0.12 + hand.slant * about(random)
  const tilt = hand.tilt * about(random)
  const width = 0.8 + hand.stretch * about(random)
  const [a, b, c] = [hand.bend * about(random), hand.bend * about(random), hand.bend * about(random)]
  const [d, e, f] = [hand.bend * about(random), hand.bend * about(random), hand.bend * about(random)]
  return ([px, py]) => {
    const x = 2 * px - 1
    const y = 2 * py - 1
    const bentX = x + a * x * x + b * x * y + c * y * y
    const bentY = y + d * x * x + e * x * y + f * y * y
    return [width * bentX - slant * bentY, bentY + tilt * bentX]
  }
}

/** The point at t, 0 … 1, of the way from p1 to p2 on the curve through p0 … p3 (Catmull and Rom, 1974). */
const through = (p0: number, p1: number, p2: number, p3: number, t: number): number =>
  p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))

// What follows runs some millions of times: it makes no functions and few objects on its way.

/** The straight pieces of a stroke, as its corners: x, y, x, y, … */
const corners = ([kind, ...points]: Stroke, move: (point: Point) => Point): ReadonlyArray<number> => {
  const moved = points.map(move)
  if (kind === 'line') return moved.flat()
  const last = moved.length - 1
  const path: number[] = [...moved[0]!]
  for (let i = 0; i < last; i++) {
    const p0 = moved[Math.max(i - 1, 0)]!
    const p1 = moved[i]!
    const p2 = moved[i + 1]!
    const p3 = moved[Math.min(i + 2, last)]!
    for (let piece = 1; piece <= PIECES; piece++) {
      const t = piece / PIECES
      path.push(through(p0[0], p1[0], p2[0], p3[0], t), through(p0[1], p1[1], p2[1], p3[1], t))
    }
  }
  return path
}

/** Moves and scales paths so that the digit has its size and its middle is where the hand put it. */
const placed = (
  random: RandomGenerator,
  paths: ReadonlyArray<ReadonlyArray<number>>,
): ReadonlyArray<Float64Array> => {
  let [left, right, top, bottom] = [Infinity, -Infinity, Infinity, -Infinity]
  let [sumX, sumY, length] = [0, 0, 1e-9]
  for (const path of paths) {
    for (let i = 0; i < path.length; i += 2) {
      const x = path[i]!
      const y = path[i + 1]!
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
      if (i === 0) continue
      const fromX = path[i - 2]!
      const fromY = path[i - 1]!
      const piece = Math.sqrt((x - fromX) * (x - fromX) + (y - fromY) * (y - fromY))
      sumX += piece * 0.5 * (x + fromX)
      sumY += piece * 0.5 * (y + fromY)
      length += piece
    }
  }
  const scale = ((BOX - 2) * between(random, hand.size)) / Math.max(right - left, bottom - top)
  const shiftX = SIDE / 2 + hand.place * about(random) - (scale * sumX) / length
  const shiftY = SIDE / 2 + hand.place * about(random) - (scale * sumY) / length
  return paths.map(path => {
    const moved = new Float64Array(path)
    for (let i = 0; i < moved.length; i += 2) {
      moved[i] = scale * path[i]! + shiftX
      moved[i + 1] = scale * path[i + 1]! + shiftY
    }
    return moved
  })
}

/** Darkens the pixels near the straight piece from (x0, y0) to (x1, y1), where the pen is pen0 and pen1 wide. */
const ink = (
  grey: Float64Array,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  pen0: number,
  pen1: number,
): void => {
  const reach = Math.max(pen0, pen1) + RIM
  const fromX = Math.max(0, Math.floor(Math.min(x0, x1) - reach))
  const toX = Math.min(SIDE - 1, Math.ceil(Math.max(x0, x1) + reach))
  const fromY = Math.max(0, Math.floor(Math.min(y0, y1) - reach))
  const toY = Math.min(SIDE - 1, Math.ceil(Math.max(y0, y1) + reach))
  const dx = x1 - x0
  const dy = y1 - y0
  const square = dx * dx + dy * dy + 1e-12
  for (let row = fromY; row <= toY; row++) {
    for (let column = fromX; column <= toX; column++) {
      const x = column + 0.5 - x0
      const y = row + 0.5 - y0
      const along = (x * dx + y * dy) / square
      const t = along < 0 ? 0 : along > 1 ? 1 : along
      const awayX = x - t * dx
      const awayY = y - t * dy
      const away = awayX * awayX + awayY * awayY
      if (away >= reach * reach) continue
      const cover = (pen0 + t * (pen1 - pen0) + RIM - Math.sqrt(away)) / (2 * RIM)
      const pixel = row * SIDE + column
      if (cover > grey[pixel]!) grey[pixel] = cover > 1 ? 1 : cover
    }
  }
}

/** Draws a path with a pen that grows from `first` to `last` on its way. */
const inkPath = (grey: Float64Array, path: Float64Array, first: number, last: number): void => {
  const pieces = path.length / 2 - 1
  for (let i = 0; i < pieces; i++)
    ink(
      grey,
      path[2 * i]!,
      path[2 * i + 1]!,
      path[2 * i + 2]!,
      path[2 * i + 3]!,
      first + ((last - first) * i) / pieces,
      first + ((last - first) * (i + 1)) / pieces,
    )
}

/** Draws one digit with this hand: its 28 x 28 greys, 0 … 1. */
const draw = (random: RandomGenerator, digit: number): Float64Array => {
  const { strokes } = formOf(random, digit)
  const bend = bendOf(random)
  const move = (point: Point): Point => {
    const [x, y] = bend(point)
    return [x + 2 * hand.shake * about(random), y + 2 * hand.shake * about(random)]
  }
  const paths = placed(
    random,
    strokes.map(stroke => corners(stroke, move)),
  )
  const pen = between(random, hand.pen)
  const lighter = pen * (1 - hand.pressure * uniformFloat64(random))
  const grey = new Float64Array(SIDE * SIDE)
  paths.forEach(path => inkPath(grey, path, pen, lighter))
  return grey
}

export type Drawn = { readonly images: Images; readonly labels: Uint8Array }

/**
 * Digits `from` to `from + count` (without it) of the endless row that belongs to a key. Each is a function of the key
 * and its place alone, so that parts can be drawn in any order. Every digit is equally likely.
 */
export const drawDigits = (of: Key, from: number, count: number): Drawn => {
  const pixels = new Uint8Array(count * SIDE * SIDE)
  const labels = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    const random = generator(fold(of, from + i))
    const digit = Math.floor(10 * uniformFloat64(random))
    const grey = draw(random, digit)
    const dark = between(random, hand.ink)
    const start = i * SIDE * SIDE
    for (let pixel = 0; pixel < grey.length; pixel++) {
      const cover = grey[pixel]!
      if (cover === 0) continue
      // One number of 8 bits is enough for a pixel's grain.
      const shade = cover * dark * (1 + hand.grain * ((random.next() & 255) / 127.5 - 1))
      pixels[start + pixel] = Math.min(255, Math.round(255 * shade))
    }
    labels[i] = digit
  }
  return { images: { count, rows: SIDE, columns: SIDE, pixels }, labels }
}

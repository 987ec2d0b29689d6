/**
 * Synthetic digits: images like MNIST's, generated from a key.
 *
 * A digit is a few pen strokes, in one of the forms in which people write it. They are bent, slanted, stretched and
 * shaken at random; the pen has a width and a pressure. Only arithmetic and square roots are used, so that the same key
 * gives the same bytes in every JavaScript engine.
 */
import { uniformFloat64 } from 'pure-rand/distribution/uniformFloat64'
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator'
import { fold, generator, type Key } from '../core/rng.ts'
import type { Images } from './idx.ts'

/** Raise it when the generator changes: cached digits of another version are not used. */
export const DIGITS_VERSION = 1

export const SIDE = 28

/** How many digits are in the training file (a sixth of them for validation) and in the test file. */
export type DigitsCounts = { readonly train: number; readonly test: number }

export const digitsCounts: DigitsCounts = { train: 60_000, test: 10_000 }

/** The seed of the data set, which does not depend on the seed of a run. */
export const digitsSeed = 1

/** The longer side of a digit, in pixels, as in MNIST. */
const BOX = 20

/** x to the right, y down; the digit fills 0 … 1. */
type Point = readonly [x: number, y: number]

/** One pen stroke: a curve through all its points, or straight lines between them. */
type Stroke = readonly ['curve' | 'line', ...Point[]]

/** One way to write a digit, and its relative frequency. */
type Form = { readonly often: number; readonly strokes: ReadonlyArray<Stroke> }

const form = (often: number, ...strokes: ReadonlyArray<Stroke>): Form => ({ often, strokes })

/** The points of a stroke, written as hundredths: x y  x y … */
const points = (text: string): ReadonlyArray<Point> =>
  text.split('  ').map(pair => {
    const [x = 0, y = 0] = pair.split(' ').map(Number)
    return [x / 100, y / 100]
  })

const curve = (text: string): Stroke => ['curve', ...points(text)]
const line = (text: string): Stroke => ['line', ...points(text)]

/** The forms of 0 … 9. */
const forms: ReadonlyArray<ReadonlyArray<Form>> = [
  [
    form(6, curve('50 0  20 14  7 50  20 87  47 100  75 86  87 50  75 13  46 1')),
    form(2, curve('62 6  30 8  7 50  22 90  50 98  80 80  86 40  66 8  42 3')),
    form(1, curve('30 10  8 45  15 85  45 100  80 82  88 42  68 6  40 2  25 20')),
  ],
  [
    form(7, line('50 0  49 50  50 100')),
    form(2, line('26 24  52 0  50 100')),
    form(1, line('28 20  50 0  50 98'), line('22 98  80 98')),
  ],
  [
    form(4, curve('10 22  32 3  64 3  80 25  64 56  34 82  8 100'), line('8 100  92 96')),
    form(4, curve('12 20  36 2  68 6  76 30  52 66  22 95  7 86  26 78  60 92  95 94')),
    form(2, curve('16 12  50 0  76 16  66 46  36 76  12 97  50 94  90 100')),
  ],
  [
    form(6, curve('14 12  42 0  74 10  70 34  36 47'), curve('36 47  74 54  84 76  56 98  10 92')),
    form(2, line('14 4  78 3  42 42'), curve('42 42  76 50  82 78  50 100  10 88')),
    form(2, curve('16 8  56 1  76 18  52 42  36 48  62 50  80 70  58 95  12 98')),
  ],
  [
    form(5, line('14 4  8 54  84 50'), line('78 0  72 50  70 100')),
    form(3, curve('20 2  6 30  12 54  44 56  80 44'), line('84 2  74 100')),
    form(2, line('66 0  6 62  94 62'), line('66 0  62 100')),
  ],
  [
    form(5, line('26 4  18 44'), curve('18 44  50 36  80 54  76 84  44 100  10 92'), line('26 3  86 0')),
    form(3, curve('88 2  44 6  26 16  24 40  56 52  72 74  50 97  10 96')),
    form(2, line('80 2  30 3  20 48'), curve('20 48  58 42  82 66  60 94  12 100')),
  ],
  [
    form(5, curve('68 0  36 22  14 58  20 92  50 100  78 84  74 60  46 54  18 76')),
    form(3, curve('50 0  24 32  12 70  30 97  62 94  76 72  56 56  26 68  20 84')),
    form(2, curve('84 4  46 14  16 50  14 84  40 100  70 90  72 68  44 60  16 80')),
  ],
  [
    form(5, line('10 8  86 3'), curve('86 3  66 40  46 100')),
    form(2, line('10 6  86 3  40 100'), line('34 52  82 48')),
    form(3, curve('8 22  14 7  50 9  86 5  70 42  56 100')),
  ],
  [
    form(5, curve('74 12  46 0  22 16  36 42  68 64  70 90  44 100  20 86  34 60  66 36  76 14')),
    form(
      2,
      curve('50 0  24 12  28 38  50 47  74 36  74 10  48 0'),
      curve('50 47  18 62  22 92  50 100  80 90  80 62  50 47'),
    ),
    form(2, curve('80 4  50 10  30 26  46 48  66 72  50 98  26 90  34 66  60 42  82 6')),
  ],
  [
    form(4, curve('76 20  54 2  22 12  16 40  44 50  76 22'), line('78 10  74 56  68 100')),
    form(3, curve('78 14  48 0  20 20  28 46  58 44  78 16  74 56  56 100')),
    form(3, curve('80 22  56 1  24 12  20 40  50 50  78 26  82 54  64 90  26 98')),
  ],
]

/** The variation between writers: standard deviations, and ranges as [low, high]. */
const hand = {
  /** Of each point of a stroke, relative to the digit's size. */
  shake: 0.042,
  /** Of the coefficients of the smooth bend. */
  bend: 0.11,
  slant: 0.26,
  tilt: 0.1,
  stretch: 0.17,
  /** Of the digit's position, in pixels. */
  place: 0.9,
  /** The longer side, relative to BOX. */
  size: [0.86, 1.04],
  /** Half the width of the pen, in pixels. */
  pen: [0.8, 1.95],
  /** The largest share of the pen's width that is lost along a stroke. */
  pressure: 0.4,
  /** How dark the ink is. */
  ink: [0.84, 1.25],
  /** At most, of each inked pixel. */
  grain: 0.1,
} as const

/** Half the width of a stroke's grey edge, in pixels, as soft as MNIST's images, which were scaled down. */
const RIM = 0.62

/** Line segments between two points of a curve. */
const PIECES = 5

const between = (random: RandomGenerator, [low, high]: readonly [number, number]): number =>
  low + (high - low) * uniformFloat64(random)

/**
 * Approximately N(0, 1), within ±3.5: the sum of four uniform numbers, of variance 1/12 each. A logarithm may differ
 * between engines; a sum does not.
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

/** The smooth distortion of a form's points, the same for all strokes of one digit. */
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

/** The point at t, 0 … 1, between p1 and p2 on the curve through p0 … p3 (Catmull and Rom, 1974). */
const through = (p0: number, p1: number, p2: number, p3: number, t: number): number =>
  p1 + 0.5 * t * (p2 - p0 + t * (2 * p0 - 5 * p1 + 4 * p2 - p3 + t * (3 * (p1 - p2) + p3 - p0)))

// The rest runs millions of times, so it creates no functions and few objects.

/** The line segments of a stroke, as their end points: x, y, x, y, … */
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

/** Scales and moves paths so that the digit has a random size and position. */
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

/** Darkens the pixels near the segment from (x0, y0) to (x1, y1); the pen's half width is pen0 and pen1 there. */
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

/** Draws a path with a pen whose half width changes from `first` to `last`. */
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

/** Draws one digit: its 28 x 28 greys, 0 … 1. */
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

/** The images of generated digits, and which digit each is. */
export type GeneratedDigits = {
  /** The images, [count, 28, 28]. */
  readonly images: Images
  /** The digit on each image, [count]. */
  readonly labels: Uint8Array
}

/**
 * Digits `from` up to, but not including, `from + count` of the infinite sequence of a key. Each depends only on the key
 * and its index, so that parts can be generated in any order. All ten digits are equally likely.
 */
export const generateDigits = (of: Key, from: number, count: number): GeneratedDigits => {
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
      // 8 random bits are enough for a pixel's grain
      const shade = cover * dark * (1 + hand.grain * ((random.next() & 255) / 127.5 - 1))
      pixels[start + pixel] = Math.min(255, Math.round(255 * shade))
    }
    labels[i] = digit
  }
  return { images: { count, rows: SIDE, columns: SIDE, pixels }, labels }
}

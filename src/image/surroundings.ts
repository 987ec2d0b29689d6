/**
 * What is around or beside a digit: a frame, axes, ruled lines, the edge of a table, a panel that the digit is drawn on.
 */
import { sizeOfBox, type Box, type Size } from './grey.ts'
import { connectedStrokes, type Stroke } from './strokes.ts'

const holds = (outer: Box, inner: Box): boolean =>
  outer.left <= inner.left &&
  outer.top <= inner.top &&
  outer.right >= inner.right &&
  outer.bottom >= inner.bottom

/** How many of the picture's four edges a box touches. */
const edges = ({ left, top, right, bottom }: Box, { width, height }: Size): number =>
  [left === 0, top === 0, right === width, bottom === height].filter(Boolean).length

/** A digit in a frame is at least this tall, relative to the frame; a dot in a 0 is smaller. */
const IN_FRAME = 0.25

/** A frame covers less than this share of its box; a panel covers more. */
const FRAME_INK = 0.5

/** A digit beside something larger at the picture's edge is at least this tall, relative to it, or to the picture. */
const BESIDE = 0.35
const IN_PICTURE = 0.1

/** A ruled line or an axis is this many times as long as thick, and this much longer than the digit is wide or high. */
const LINE = 8
const LONGER = 1.3

/** Whether a stroke is a straight line beside the digit's largest stroke, across at least half the picture. */
const isLine = (line: Box, digit: Box, picture: Size): boolean => {
  const [of, beside] = [sizeOfBox(line), sizeOfBox(digit)]
  return of.width > of.height
    ? of.width >= Math.max(LINE * of.height, picture.width / 2, LONGER * beside.width) &&
        (line.top >= digit.bottom || line.bottom <= digit.top)
    : of.height >= Math.max(LINE * of.width, picture.height / 2, LONGER * beside.height) &&
        (line.left >= digit.right || line.right <= digit.left)
}

/** Whether one stroke is beside or around another one, which is the largest part of the digit. */
const surrounds = ({ box, places }: Stroke, { box: digit }: Stroke, picture: Size): boolean => {
  const [{ width, height }, { width: across, height: tall }] = [sizeOfBox(box), sizeOfBox(digit)]
  if (across > 2 * tall) return false
  if (holds(box, digit)) return tall >= IN_FRAME * height && places.length < FRAME_INK * width * height
  if (edges(digit, picture) === 0) {
    const touched = edges(box, picture)
    if (touched > 0 && tall >= BESIDE * height) return true
    if (touched > 1 && tall >= IN_PICTURE * picture.height) return true
  }
  return isLine(box, digit, picture)
}

/** The strokes without those that surround another one. */
export const withoutSurroundings = (strokes: readonly Stroke[], picture: Size): readonly Stroke[] => {
  const tallest = strokes.toSorted((a, b) => sizeOfBox(b.box).height - sizeOfBox(a.box).height)
  const kept = strokes.filter(stroke => {
    const other = tallest.find(other => other !== stroke && !holds(other.box, stroke.box))
    return other === undefined || !surrounds(stroke, other, picture)
  })
  return kept.length === strokes.length ? kept : withoutSurroundings(kept, picture)
}

/** Lines that cross the picture are counted this far from its edges: along an edge, there may be another line. */
const INSET = 0.02

/** How many lines cross the picture from edge to edge, in one direction. */
export const linesAcross = (strokes: readonly Stroke[], { width, height }: Size): number => {
  const inked = new Set(strokes.flatMap(({ places }) => places))
  const runs = (length: number, at: (i: number) => number): number =>
    Array.from({ length }, (_, i) => i).filter(i => inked.has(at(i)) && (i === 0 || !inked.has(at(i - 1))))
      .length
  const [across, down] = [Math.round(INSET * width), Math.round(INSET * height)]
  const columns = [across, width - 1 - across].map(x => runs(height, y => y * width + x))
  const rows = [down, height - 1 - down].map(y => runs(width, x => y * width + x))
  return Math.max(Math.min(...columns), Math.min(...rows))
}

/** Of two strokes side by side, the smaller one is at least this tall, relative to the other. */
const AS_TALL = 0.5

/** Whether two tall strokes stand side by side, as two digits do. */
export const areSideBySide = (strokes: readonly Stroke[]): boolean => {
  const tallest = strokes.reduce((most, { box }) => Math.max(most, sizeOfBox(box).height), 0)
  const tall = strokes.map(({ box }) => box).filter(box => sizeOfBox(box).height >= AS_TALL * tallest)
  return tall.some(one => tall.some(other => other.left >= one.right))
}

/** The share of ink in the spans from the first to the last pixel of each row, or of each column if that is less. */
const fullness = (places: readonly number[], width: number): number => {
  const spans = (line: (at: number) => number, along: (at: number) => number): number => {
    const found = new Map<number, [number, number]>()
    for (const at of places) {
      const [first, last] = found.get(line(at)) ?? [Infinity, -Infinity]
      found.set(line(at), [Math.min(first, along(at)), Math.max(last, along(at))])
    }
    return [...found.values()].reduce((sum, [first, last]) => sum + last - first + 1, 0)
  }
  const x = (at: number): number => at % width
  const y = (at: number): number => Math.floor(at / width)
  return places.length / Math.max(spans(x, y), spans(y, x))
}

/** A panel with its holes has at least this share of its spans: an 8 has a waist. */
const SHEET = 0.93

/** A panel has at least this share of its area without its holes: a thin 0 has less. */
const PANEL = 0.5

/** A hole in a thick digit is as convex as this. */
const CONVEX = 0.85

/** Holes smaller than this, relative to the panel, are specks. */
const HOLE = 0.003

/** The least area of a panel, relative to the picture, and its least width, relative to its height, or the reverse. */
const LARGE = 0.1
const WIDE = 0.4

/** A panel, disc or sheet of paper that a digit is drawn on. */
export type Panel = {
  /** 1 where a pixel is on the panel, a little away from its edge. */
  readonly inside: Uint8Array
  /** Whether something is certainly drawn on it. */
  readonly isDrawnOn: boolean
}

/** The largest stroke as a panel, if it can be one rather than a digit. */
export const panelOf = (strokes: readonly Stroke[], { width, height }: Size): Panel | undefined => {
  const [largest] = strokes.toSorted((a, b) => b.ink - a.ink)
  if (largest === undefined) return undefined
  const { box, places } = largest
  const size = sizeOfBox(box)
  if (places.length < LARGE * width * height) return undefined
  if (size.width < WIDE * size.height || size.height < WIDE * size.width) return undefined
  const filled = [largest, ...holesOf(box, [largest], { width, height })].flatMap(({ places }) => places)
  if (fullness(filled, width) < SHEET || places.length < PANEL * filled.length) return undefined
  const drawn = holesOf(box, strokes, { width, height }).filter(
    hole => hole.places.length >= HOLE * places.length,
  )
  const isLikeOne = (hole: Stroke): boolean =>
    sizeOfBox(hole.box).width < 0.25 * size.width && size.width >= 0.8 * size.height
  const isDrawnOn = drawn.some(hole => fullness(hole.places, width) < CONVEX || isLikeOne(hole))
  if (!isDrawnOn && drawn.length > 0) return undefined
  const whole = new Uint8Array(width * height)
  for (const at of filled) whole[at] = 1
  return {
    inside: eroded(whole, width, Math.max(1, Math.round(Math.min(size.width, size.height) / 60))),
    isDrawnOn,
  }
}

/** The parts of a box that no stroke covers, without those at its edges. */
const holesOf = (box: Box, strokes: readonly Stroke[], { width, height }: Size): readonly Stroke[] => {
  const pixels = new Float32Array(width * height)
  for (let y = box.top; y < box.bottom; y++) pixels.fill(1, y * width + box.left, y * width + box.right)
  for (const { places } of strokes) for (const at of places) pixels[at] = 0
  return connectedStrokes({ width, height, pixels }).filter(
    ({ box: { left, top, right, bottom } }) =>
      left > box.left && top > box.top && right < box.right && bottom < box.bottom,
  )
}

/** The pixels whose neighbours at this distance are all in the region. */
const eroded = (region: Uint8Array, width: number, by: number): Uint8Array =>
  region.map((_, at) => {
    const x = at % width
    const isIn = (dx: number, dy: number): boolean =>
      x + dx >= 0 && x + dx < width && region[at + dx + dy * width] === 1
    return [-by, 0, by].every(dy => [-by, 0, by].every(dx => isIn(dx, dy))) ? 1 : 0
  })

/**
 * A drawing or photograph of a digit in MNIST's form: the digit's box is scaled to fit into 20 x 20 of 28 x 28 pixels,
 * with its proportions, and its centre of mass is moved to pixel 14, 14; ink is bright on black.
 *
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { dataError, type DataError, type InkReason } from '../errors.ts'
import { atMost, scaled, sizeOfBox, type Box, type GreyImage } from './grey.ts'
import { withoutPaper } from './paper.ts'
import { connectedStrokes, withoutSpecks, type Stroke } from './strokes.ts'
import { areSideBySide, linesAcross, panelOf, withoutSurroundings } from './surroundings.ts'

/** The least width and height of a picture, in pixels. */
const LEAST = 8

/** Larger pictures are scaled down first: that removes noise and saves time. */
const WORKING = 320

/** Ink differs from its paper by at least this many greys, and by this many times the paper's noise. */
const CONTRAST = 24
const ABOVE_NOISE = 4

/** The largest share of ink among all pixels. */
const MOST_INK = 0.8

/** The largest share of ink in the box around a digit. */
const MOST_FILLED = 0.92

/** The most separate strokes of a digit. */
const MOST_PIECES = 12

/** Of more marks than these, the ones with least ink are specks. */
const MOST_MARKS = 40

/** The most strokes of one digit that reach from one edge of the picture to the other. */
const MOST_LINES = 2

/** The largest width of a digit, relative to its height. */
const WIDEST = 4

/** The longer side of a digit, relative to the image: 20 of MNIST's 28 pixels. */
const BOX = 20 / 28

/** How far the centre of mass may be from MNIST's, across and down, in pixels. */
const OFF_CENTRE = 0.6

const WHAT = 'give a picture of one digit on plain paper, dark on light or light on dark'

/**
 * The picture in MNIST's form, side x side pixels.
 *
 * @param file the name to use in errors, which say why a picture cannot be a digit
 */
export const digitImage =
  (file: string, side: number) =>
  (grey: GreyImage): E.Either<DataError, GreyImage> => {
    const ready = inForm(grey, side)
    return ready !== undefined
      ? E.right(ready)
      : pipe(
          inkOf(grey),
          E.map(ink => centred(ink, side)),
          E.mapLeft(reason => dataError(`${file}: ${sentenceOf(reason)}`, WHAT, [reason])),
        )
  }

/**
 * An image that is in MNIST's form already, or the negative of one. In MNIST's 70,000 images the longer side of the
 * digit is 20 pixels, or 19 in 16 of them, and its centre of mass is within 0.52 of pixel 14, 14.
 */
const inForm = (grey: GreyImage, side: number): GreyImage | undefined => {
  if (grey.width !== side || grey.height !== side) return undefined
  return [grey, { ...grey, pixels: grey.pixels.map(pixel => 255 - pixel) }].find(image => {
    const ink = { ...image, pixels: Float32Array.from(image.pixels) }
    const { width, height } = sizeOfBox(boxOf(ink, 1))
    const short = Math.round(BOX * side) - Math.max(width, height)
    const { x, y } = centreOfMass(ink)
    return (
      (short === 0 || short === 1) && Math.max(Math.abs(x - side / 2), Math.abs(y - side / 2)) <= OFF_CENTRE
    )
  })
}

/** What is wrong with a picture. */
const sentenceOf = (reason: InkReason): string => {
  switch (reason.kind) {
    case 'blank':
      return 'the picture is blank: nothing stands out from its background'
    case 'specks':
      return 'there are specks, but no strokes'
    case 'ruled-paper':
      return 'lines cross the picture, as on ruled or squared paper'
    case 'several-shapes':
      return 'there are several shapes side by side'
    case 'too-small':
      return `${reason.width} x ${reason.height} pixels are too few; a digit needs ${LEAST} x ${LEAST} or more`
    case 'too-wide':
      return `what is drawn is ${reason.width} wide and ${reason.height} high; a digit stands upright`
    case 'filled':
      return `what is drawn is a filled block, ${reason.width} x ${reason.height}`
    case 'covered':
      return `${reason.percent} % of the picture is ink; a digit covers less`
    case 'many-strokes':
      return `there are ${reason.strokes} or more separate strokes; a digit has a few`
  }
}

/** A digit's ink, from 0 to 1, and the box around it. */
type Ink = { readonly ink: GreyImage<Float32Array>; readonly box: Box }

const inkOf = (grey: GreyImage): E.Either<InkReason, Ink> => {
  const { width, height } = grey
  if (width < LEAST || height < LEAST) return E.left({ kind: 'too-small', width, height })
  const whole = atMost(WORKING, grey, { left: 0, top: 0, right: width, bottom: height })
  return pipe(
    digitIn(whole),
    E.map(found => closer(grey, width / whole.width, found)),
  )
}

/** A digit that is small in a large picture, read again from its part of the picture. */
const closer = (grey: GreyImage, scale: number, found: Ink): Ink => {
  const { left, top, right, bottom } = found.box
  const { width, height } = sizeOfBox(found.box)
  const longer = Math.max(width, height)
  if (scale <= 1 || longer > WORKING / 3) return found
  const part: Box = {
    left: Math.max(0, Math.floor(scale * (left - longer / 2))),
    top: Math.max(0, Math.floor(scale * (top - longer / 2))),
    right: Math.min(grey.width, Math.ceil(scale * (right + longer / 2))),
    bottom: Math.min(grey.height, Math.ceil(scale * (bottom + longer / 2))),
  }
  return pipe(
    digitIn(atMost(WORKING, grey, part)),
    E.getOrElse(() => found),
  )
}

const nothing: E.Either<InkReason, never> = E.left({ kind: 'blank' })

/** The ink of the one digit in a picture, or on a part of it. */
const digitIn = (picture: GreyImage<Float32Array>, inside?: Uint8Array): E.Either<InkReason, Ink> =>
  pipe(
    marksOn(picture, inside),
    E.flatMap(marks => {
      const largest = connectedStrokes(marks)
        .toSorted((a, b) => b.ink - a.ink)
        .slice(0, MOST_MARKS)
      const strokes = withoutSpecks(withoutSurroundings(largest, picture))
      const panel = panelOf(strokes, picture)
      const on = panel === undefined ? nothing : digitIn(picture, panel.inside)
      const isDigit =
        E.isLeft(on) && (panel?.isDrawnOn !== true || on.left.kind === 'blank' || on.left.kind === 'specks')
      return isDigit ? digitOf(marks, strokes) : on
    }),
  )

/** What stands out from the paper, darker or lighter, whichever is more; from 0 to 1. */
const marksOn = (
  picture: GreyImage<Float32Array>,
  inside?: Uint8Array,
): E.Either<InkReason, GreyImage<Float32Array>> => {
  const { away, noise } = withoutPaper(picture, inside)
  const least = Math.max(CONTRAST / 2, ABOVE_NOISE * noise)
  const beyond = (sign: number): Float32Array => away.pixels.map(x => (sign * x < least ? 0 : sign * x))
  const sum = (pixels: Float32Array): number => pixels.reduce((sum, x) => sum + x, 0)
  const [dark, light] = [beyond(-1), beyond(1)]
  const raised = sum(dark) >= sum(light) ? dark : light
  const levels = raised.filter(x => x > 0).sort()
  const solid = levels[Math.floor(0.9 * levels.length)] ?? 0
  return solid < CONTRAST ? nothing : E.right({ ...away, pixels: raised.map(x => Math.min(1, x / solid)) })
}

/** The ink of one digit, if that is what the strokes are. */
const digitOf = (marks: GreyImage<Float32Array>, strokes: readonly Stroke[]): E.Either<InkReason, Ink> => {
  const covered = strokes.reduce((sum, { places }) => sum + places.length, 0) / marks.pixels.length
  if (covered > MOST_INK) return E.left({ kind: 'covered', percent: Math.round(100 * covered) })
  const tallest = strokes.reduce((most, { box }) => Math.max(most, sizeOfBox(box).height), 0)
  if (strokes.length > MOST_PIECES && tallest >= LEAST / 2)
    return E.left({ kind: 'many-strokes', strokes: strokes.length })
  if (tallest < LEAST / 2) return E.left({ kind: 'specks' })
  if (linesAcross(strokes, marks) > MOST_LINES) return E.left({ kind: 'ruled-paper' })
  if (areSideBySide(strokes)) return E.left({ kind: 'several-shapes' })
  const pixels = new Float32Array(marks.pixels.length)
  for (const { places } of strokes) for (const at of places) pixels[at] = marks.pixels[at]!
  const ink = { ...marks, pixels }
  const box = boxOf(ink)
  const { width, height } = sizeOfBox(box)
  if (width > WIDEST * height) return E.left({ kind: 'too-wide', width, height })
  const filled = pixels.reduce((sum, x) => sum + x, 0) / (width * height)
  // a 1 fills its box too, but is narrow
  return filled > MOST_FILLED && width > height / 2
    ? E.left({ kind: 'filled', width, height })
    : E.right({ ink, box })
}

/** The box around a digit includes ink of at least this strength: weaker ink is the soft edge of a stroke. */
const EDGE = 0.1

const boxOf = ({ width, height, pixels }: GreyImage<Float32Array>, least = EDGE): Box => {
  let [left, top, right, bottom] = [width, height, 0, 0]
  pixels.forEach((ink, at) => {
    if (ink < least) return
    const [x, y] = [at % width, Math.floor(at / width)]
    ;[left, right] = [Math.min(left, x), Math.max(right, x + 1)]
    ;[top, bottom] = [Math.min(top, y), Math.max(bottom, y + 1)]
  })
  return { left, top, right, bottom }
}

/** The digit scaled and centred, as bytes. */
const centred = ({ ink, box }: Ink, side: number): GreyImage => {
  const { width, height } = sizeOfBox(box)
  const scale = (BOX * side) / Math.max(width, height)
  const small = scaled(
    ink,
    box,
    Math.max(1, Math.round(scale * width)),
    Math.max(1, Math.round(scale * height)),
  )
  const { x, y } = centreOfMass(small)
  const place = (centre: number, size: number): number =>
    Math.min(Math.max(Math.round(side / 2 - centre), 0), side - size)
  const [left, top] = [place(x, small.width), place(y, small.height)]
  // scaled thin strokes are grey, but MNIST's strokes are bright
  const strongest = small.pixels.reduce((most, x) => Math.max(most, x), 0)
  const pixels = new Uint8Array(side * side)
  small.pixels.forEach((x, at) => {
    const to = (top + Math.floor(at / small.width)) * side + left + (at % small.width)
    pixels[to] = Math.round((255 * x) / strongest)
  })
  return { width: side, height: side, pixels }
}

/** In pixels from the first one. MNIST puts it at 14, half a pixel beyond the middle of 28. */
const centreOfMass = ({
  width,
  pixels,
}: GreyImage<Float32Array>): { readonly x: number; readonly y: number } => {
  let [sum, sumX, sumY] = [0, 0, 0]
  pixels.forEach((ink, at) => {
    sum += ink
    sumX += ink * (at % width)
    sumY += ink * Math.floor(at / width)
  })
  return { x: sumX / sum, y: sumY / sum }
}

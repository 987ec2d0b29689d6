/**
 * Pictures on canvases: ink, and weights of either sign. Both are transparent where there is nothing, so that they fit a
 * light and a dark page.
 */
import type { PenPoint } from './page-state.ts'

/** Blue for positive weights, orange for negative ones. */
const SIGNS = { positive: [0, 114, 178], negative: [213, 94, 0] } as const

const filled = (canvas: HTMLCanvasElement, width: number, height: number): ImageData => {
  canvas.width = width
  canvas.height = height
  return new ImageData(width, height)
}

/** Draws grey values, 255 full ink, as black of that strength. */
export const drawInk =
  (pixels: Uint8Array, side: number) =>
  (canvas: HTMLCanvasElement): void => {
    const image = filled(canvas, side, side)
    pixels.forEach((ink, i) => (image.data[4 * i + 3] = ink))
    canvas.getContext('2d')!.putImageData(image, 0, 0)
  }

/** The 99th percentile of the absolute weights: one large weight does not make the others pale. */
const strongest = (w: Float32Array): number => {
  const some = w.filter((_, i) => i % 7 === 0).map(Math.abs)
  return some.sort()[Math.floor(0.99 * (some.length - 1))] ?? 1
}

/** Draws the weights of neurons as a sheet of pictures. */
export const drawWeights =
  (w: Float32Array, neurons: number, side: number, across: number) =>
  (canvas: HTMLCanvasElement): void => {
    const tile = side + 2
    const down = Math.ceil(neurons / across)
    const image = filled(canvas, across * tile - 2, down * tile - 2)
    const full = strongest(w) || 1
    for (let j = 0; j < neurons; j++) {
      const left = (j % across) * tile
      const top = Math.floor(j / across) * tile
      for (let k = 0; k < side * side; k++) {
        const value = w[j * side * side + k]!
        const at = 4 * ((top + Math.floor(k / side)) * image.width + left + (k % side))
        const colour = value > 0 ? SIGNS.positive : SIGNS.negative
        image.data[at] = colour[0]
        image.data[at + 1] = colour[1]
        image.data[at + 2] = colour[2]
        image.data[at + 3] = Math.min(255, (255 * Math.abs(value)) / full)
      }
    }
    canvas.getContext('2d')!.putImageData(image, 0, 0)
  }

/** The side of the drawing area, in pixels. */
export const DRAWING_SIDE = 280

/** The width of the pen. */
const PEN = 20

/** Draws strokes in black on transparent paper; a single point is a dot. */
export const drawStrokes =
  (strokes: readonly (readonly PenPoint[])[]) =>
  (canvas: HTMLCanvasElement): void => {
    canvas.width = DRAWING_SIDE
    canvas.height = DRAWING_SIDE
    const context = canvas.getContext('2d')!
    context.lineWidth = PEN
    context.lineCap = 'round'
    context.lineJoin = 'round'
    for (const stroke of strokes) {
      context.beginPath()
      stroke.forEach(([x, y], i) => {
        if (i === 0) context.moveTo(x * DRAWING_SIDE, y * DRAWING_SIDE)
        context.lineTo(x * DRAWING_SIDE, y * DRAWING_SIDE)
      })
      context.stroke()
    }
  }

/** The strokes as a grey picture, white on black. */
export const strokesPicture = (strokes: readonly (readonly PenPoint[])[]): Uint8Array => {
  const canvas = document.createElement('canvas')
  drawStrokes(strokes)(canvas)
  const { data } = canvas.getContext('2d')!.getImageData(0, 0, DRAWING_SIDE, DRAWING_SIDE)
  return Uint8Array.from({ length: data.length / 4 }, (_, i) => data[4 * i + 3]!)
}

/**
 * Small pictures as PNG data URLs. The background is transparent, so that they work on light and
 * on dark pages.
 */
import { PNG } from 'pngjs'

/** The colour of one pixel: red, green, blue and opacity, each 0 to 255. */
type Rgba = readonly [number, number, number, number]

/** A grey picture, row by row; 255 is full ink. The ink is black with that opacity. */
export const inkPng = (pixels: Uint8Array, width: number): string =>
  dataUri(
    width,
    Array.from(pixels, (ink): Rgba => [0, 0, 0, ink]),
    4,
  )

/** The number of colour steps on each side of zero: more than the eye can distinguish, and small to store. */
const STEPS = 24

/** Values on a scale with zero in the middle: blue above it, orange below; `full` and beyond in full colour. */
export const divergingPng = (values: ArrayLike<number>, width: number, full: number): string =>
  dataUri(
    width,
    Array.from(values, (value): Rgba => {
      const strength = full > 0 && Number.isFinite(value) ? Math.min(1, Math.abs(value) / full) : 0
      const opacity = Math.round((255 * Math.round(STEPS * strength)) / STEPS)
      return opacity === 0 ? [0, 0, 0, 0] : value > 0 ? [0, 104, 178, opacity] : [221, 94, 0, opacity]
    }),
    6,
  )

/** @param colorType of PNG: 4 grey and opacity, 6 colour and opacity */
const dataUri = (width: number, pixels: readonly Rgba[], colorType: 4 | 6): string => {
  const height = pixels.length / width
  const picture = new PNG({ width, height })
  picture.data.set(pixels.flat())
  const file = PNG.sync.write(picture, { colorType, inputColorType: 6, deflateLevel: 9 })
  return `data:image/png;base64,${file.toString('base64')}`
}

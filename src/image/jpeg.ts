/**
 * A JPEG file as a grey image (ITU-T T.81), upright as its Exif orientation says (CIPA DC-008).
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dataError, type DataError } from '../errors.ts'
import { counted } from '../format.ts'
import { luma, type GreyImage } from './grey.ts'

/** Limits of the decoder: in millions of pixels, and in MiB of memory. */
const MOST_MEGAPIXELS = 40
const MOST_MEMORY = 512

const EXIF = 0xe1
const SCAN = 0xda
const ORIENTATION = 0x0112

/** Whether bytes begin as a JPEG file does. */
export const isJpeg = (bytes: Uint8Array): boolean =>
  bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff

/**
 * The grey image of a JPEG file. The decoder is loaded when it is needed.
 *
 * @param file the name to use in errors
 */
export const decodeJpeg =
  (file: string) =>
  (bytes: Uint8Array): TE.TaskEither<DataError, GreyImage> => {
    const { orientation, scan } = markers(bytes)
    // the decoder fills in what is missing
    if (scan === undefined || Buffer.from(bytes).lastIndexOf('\xff\xd9', undefined, 'latin1') < scan)
      return TE.left(
        dataError(
          `${file}: the JPEG is cut: it ends after ${counted(bytes.length, 'byte')}`,
          'get the file again',
        ),
      )
    return pipe(
      TE.tryCatch(
        async () => {
          const { decode } = (await import('jpeg-js')).default
          return decode(bytes, {
            useTArray: true,
            tolerantDecoding: false,
            maxResolutionInMP: MOST_MEGAPIXELS,
            maxMemoryUsageInMB: MOST_MEMORY,
          })
        },
        error => refused(file, error as Error),
      ),
      TE.map(({ width, height, data }) => {
        const pixels = new Uint8Array(width * height)
        for (let i = 0; i < pixels.length; i++) pixels[i] = Math.round(luma(data, 4 * i))
        return upright({ width, height, pixels }, orientation)
      }),
    )
  }

const refused = (file: string, { message }: Error): DataError =>
  message.includes('limit exceeded')
    ? dataError(
        `${file}: the JPEG is too large; the limit is ${MOST_MEGAPIXELS} million pixels`,
        'scale the picture down',
      )
    : dataError(`${file}: the JPEG cannot be read (${message})`, 'save the picture as PNG')

/** The orientation, 1 to 8, of the Exif segment, 1 if there is none; and where the picture's first scan begins. */
const markers = (bytes: Uint8Array): { readonly orientation: number; readonly scan: number | undefined } => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  let orientation = 1
  for (let at = 2; at + 4 <= bytes.length && bytes[at] === 0xff; at += 2 + view.getUint16(at + 2)) {
    if (bytes[at + 1] === SCAN) return { orientation, scan: at }
    const end = at + 2 + view.getUint16(at + 2)
    if (bytes[at + 1] === EXIF && end <= bytes.length)
      orientation =
        exifOrientation(new DataView(view.buffer, view.byteOffset + at + 4, end - at - 4)) ?? orientation
  }
  return { orientation, scan: undefined }
}

/** The orientation that the first directory of an Exif segment states. */
const exifOrientation = (exif: DataView): number | undefined => {
  const start = 6
  const fits = (at: number, length: number): boolean => at >= start && at + length <= exif.byteLength
  if (!fits(start, 8) || exif.getUint32(0) !== 0x45786966) return undefined
  const little = exif.getUint16(start) === 0x4949
  const directory = start + exif.getUint32(start + 4, little)
  if (!fits(directory, 2)) return undefined
  const entries = exif.getUint16(directory, little)
  for (let at = directory + 2; at < directory + 2 + 12 * entries && fits(at, 12); at += 12)
    if (exif.getUint16(at, little) === ORIENTATION) return exif.getUint16(at + 8, little)
  return undefined
}

/** An image turned and mirrored as its Exif orientation says: 5 to 8 swap its sides. */
const upright = (grey: GreyImage, orientation: number): GreyImage => {
  const { width, height, pixels } = grey
  if (!(orientation > 1 && orientation <= 8)) return grey
  const isTurned = orientation >= 5
  const [isRight, isBottom] = [[2, 3, 7, 8].includes(orientation), [3, 4, 6, 7].includes(orientation)]
  const [newWidth, newHeight] = isTurned ? [height, width] : [width, height]
  const made = new Uint8Array(pixels.length)
  for (let at = 0; at < made.length; at++) {
    const [x, y] = [at % newWidth, Math.floor(at / newWidth)]
    const [column, row] = isTurned ? [y, x] : [x, y]
    made[at] = pixels[(isBottom ? height - 1 - row : row) * width + (isRight ? width - 1 - column : column)]!
  }
  return { width: newWidth, height: newHeight, pixels: made }
}

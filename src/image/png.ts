/**
 * A PNG file as a grey image (W3C, Portable Network Graphics).
 *
 * What a file claims is checked before it is unpacked: pngjs allocates what a header asks for, follows a second header,
 * and unpacks an interlaced picture without a limit.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { inflateSync } from 'node:zlib'
import { PNG } from 'pngjs'
import { dataError, type DataError } from '../errors.ts'
import { counted, grouped } from '../format.ts'
import { luma, type GreyImage } from './grey.ts'

const MOST_SIDE = 10_000

const MOST_PIXELS = 40_000_000

const SIGNATURE = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]

const AGAIN = 'get the file again, or save the picture as PNG again'

/** Whether bytes begin as a PNG file does. */
export const isPng = (bytes: Uint8Array): boolean => SIGNATURE.every((byte, i) => byte === bytes[i])

/**
 * The grey image of a PNG file. Colours are weighted by luma; of 16 bits the higher 8 are used. Transparent pixels show a
 * white background, or a black one if that gives more contrast.
 *
 * @param file the name to use in errors
 */
export const decodePng =
  (file: string) =>
  (bytes: Uint8Array): E.Either<DataError, GreyImage> =>
    pipe(
      chunks(bytes),
      E.flatMap(({ found, end }) =>
        pipe(
          header(found),
          E.flatMap(sane),
          E.flatMap(head => unpacks(found, head)),
          E.flatMap(({ depth }) => pixels(bytes.subarray(0, end), depth)),
        ),
      ),
      E.mapLeft(({ message, remedy }) => dataError(`${file}: ${message}`, remedy)),
    )

const pixels = (bytes: Uint8Array, depth: number): E.Either<DataError, GreyImage> =>
  pipe(
    E.tryCatch(
      () => PNG.sync.read(Buffer.from(bytes), { skipRescale: depth === 16 }),
      error => dataError(`the PNG is damaged (${(error as Error).message})`, AGAIN),
    ),
    E.map(({ width, height, data }) => ({
      width,
      height,
      pixels: greys(depth === 16 ? Uint8Array.from(data, value => value >> 8) : data),
    })),
  )

type Chunk = { readonly type: string; readonly body: Uint8Array }

/** The chunks of the file up to IEND, and where that ends. */
const chunks = (
  bytes: Uint8Array,
): E.Either<DataError, { readonly found: readonly Chunk[]; readonly end: number }> => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const found: Chunk[] = []
  for (let at = SIGNATURE.length; at + 12 <= bytes.length;) {
    const end = at + 12 + view.getUint32(at)
    if (end > bytes.length) break
    const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8))
    found.push({ type, body: bytes.subarray(at + 8, end - 4) })
    if (type === 'IEND') return E.right({ found, end })
    at = end
  }
  return E.left(dataError(`the PNG is cut: it ends after ${counted(bytes.length, 'byte')}`, AGAIN))
}

type Header = {
  readonly width: number
  readonly height: number
  /** Of one channel, in bits. */
  readonly depth: number
  readonly channels: number
  readonly isInterlaced: boolean
}

const header = (found: readonly Chunk[]): E.Either<DataError, Header> => {
  const [first, ...rest] = found
  if (first?.type !== 'IHDR' || first.body.length !== 13 || rest.some(({ type }) => type === 'IHDR'))
    return E.left(dataError('the PNG does not begin with its one header', AGAIN))
  const view = new DataView(first.body.buffer, first.body.byteOffset, first.body.byteLength)
  const [depth, colours] = [view.getUint8(8), view.getUint8(9)]
  return E.right({
    width: view.getUint32(0),
    height: view.getUint32(4),
    depth,
    channels: { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }[colours] ?? 4,
    isInterlaced: view.getUint8(12) !== 0,
  })
}

const sane = (head: Header): E.Either<DataError, Header> => {
  const { width, height } = head
  if (width === 0 || height === 0)
    return E.left(dataError(`the PNG says it is ${width} x ${height} pixels`, AGAIN))
  return width <= MOST_SIDE && height <= MOST_SIDE && width * height <= MOST_PIXELS
    ? E.right(head)
    : E.left(
        dataError(
          `the PNG says it is ${width} x ${height} pixels; the limits are ${MOST_SIDE} on a side and ` +
            `${MOST_PIXELS / 1e6} million in all`,
          'scale the picture down',
        ),
      )
}

/** The header, if the picture's data unpacks to the size that it states: pngjs invents missing data. */
const unpacks = (found: readonly Chunk[], head: Header): E.Either<DataError, Header> => {
  const { width, height, depth, channels, isInterlaced } = head
  const line = Math.ceil((width * channels * depth) / 8)
  const least = isInterlaced ? (height * width * channels * depth) / 8 : height * (line + 1)
  // an interlaced picture has up to 15/8 as many lines, each with one byte more, or two because of rounding
  const most = height * (line + 4) + 14
  const packed = Buffer.concat(found.filter(({ type }) => type === 'IDAT').map(({ body }) => body))
  return pipe(
    E.tryCatch(
      () => inflateSync(packed, { maxOutputLength: most }),
      error => {
        const { code, message } = error as NodeJS.ErrnoException
        if (code === 'ERR_BUFFER_TOO_LARGE')
          return dataError(`the PNG holds more than the ${width} x ${height} pixels of its header`, AGAIN)
        return code === 'Z_BUF_ERROR'
          ? dataError('the PNG is cut: its picture ends too early', AGAIN)
          : dataError(`the PNG is damaged (${message})`, AGAIN)
      },
    ),
    E.filterOrElse(
      ({ length }) => length >= least,
      ({ length }) =>
        dataError(
          `the PNG is damaged: it holds ${counted(length, 'byte')} of a picture of ${grouped(least)}`,
          AGAIN,
        ),
    ),
    E.map(() => head),
  )
}

/** The greys of RGBA values. */
const greys = (rgba: Uint8Array): Uint8Array => {
  const white = composed(rgba, 255)
  const black = composed(rgba, 0)
  return contrast(black) > contrast(white) ? black : white
}

const composed = (rgba: Uint8Array, paper: number): Uint8Array => {
  const made = new Uint8Array(rgba.length / 4)
  for (let i = 0; i < made.length; i++) {
    const opacity = rgba[4 * i + 3]! / 255
    made[i] = Math.round(opacity * luma(rgba, 4 * i) + (1 - opacity) * paper)
  }
  return made
}

const contrast = (pixels: Uint8Array): number => {
  let [least, most] = [255, 0]
  for (const pixel of pixels) {
    if (pixel < least) least = pixel
    if (pixel > most) most = pixel
  }
  return most - least
}

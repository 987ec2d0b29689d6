/**
 * The images of a PNG, JPEG, IDX or JSON file as the inputs of a network.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { gunzipIfNeeded } from '../data/gzip.ts'
import { decodeImages } from '../data/idx.ts'
import { dataError, type DataError } from '../errors.ts'
import { counted } from '../format.ts'
import { decodeText } from '../io/text.ts'
import type { GreyImage } from './grey.ts'
import { digitImage } from './ink.ts'
import { decodeJsonImages, type DecodedImages } from './json-image.ts'
import { imageKind } from './image-kind.ts'
import { decodeJpeg } from './jpeg.ts'
import { decodePng } from './png.ts'

/** The most bytes that a file may have, packed or unpacked. */
export const MOST_BYTES = 2 ** 28

/**
 * The images of a file, for a network with `width` inputs. A picture is brought into MNIST's form; IDX and JSON files
 * hold inputs as they are.
 *
 * @param file its name, for errors, and for its kind where the bytes do not show it
 * @param asIs take a picture's pixels as they are, from 0 for black to 1 for white
 */
export const readImages =
  (file: string, width: number, asIs = false) =>
  (bytes: Uint8Array): TE.TaskEither<DataError, DecodedImages> =>
    pipe(
      gunzipIfNeeded(file, MOST_BYTES)(bytes),
      TE.flatMap(unpacked => decode(file, width, asIs, unpacked)),
    )

const decode = (
  file: string,
  width: number,
  asIs: boolean,
  bytes: Uint8Array,
): TE.TaskEither<DataError, DecodedImages> => {
  const found = imageKind(file, bytes)
  switch (found.kind) {
    case 'png':
    case 'jpeg':
      return pipe(bytes, decodePicture(file), TE.flatMapEither(fromPicture(file, width, asIs)))
    case 'idx':
      return TE.fromEither(fromIdx(file, width, bytes))
    case 'json':
      return TE.fromEither(pipe(decodeText(file)(bytes), E.flatMap(decodeJsonImages(file, width))))
    case 'dataUrl':
      return decode(file, width, asIs, fromDataUrl(bytes))
    case 'gzip':
      return TE.left(dataError(`${file}: a gzip file in a gzip file`, 'unpack it once'))
    case 'other':
      return TE.left(
        dataError(
          `${file}: this is ${found.what}; PNG, JPEG, IDX and JSON are supported`,
          'save the picture as PNG or JPEG (an image viewer or editor can)',
        ),
      )
  }
}

/** The grey image of a PNG or JPEG file, as its bytes say, not its name. */
export const decodePicture =
  (file: string) =>
  (bytes: Uint8Array): TE.TaskEither<DataError, GreyImage> => {
    const found = imageKind(file, bytes)
    if (found.kind === 'png') return TE.fromEither(decodePng(file)(bytes))
    if (found.kind === 'jpeg') return decodeJpeg(file)(bytes)
    const what = found.kind === 'other' ? found.what : 'no picture'
    return TE.left(
      dataError(`${file}: this is ${what}; PNG and JPEG pictures are supported`, 'save it as PNG or JPEG'),
    )
  }

/** The bytes of a data URL in base64, such as a canvas returns: data:image/png;base64,… */
const fromDataUrl = (bytes: Uint8Array): Uint8Array => {
  const text = Buffer.from(bytes).toString('latin1')
  return Buffer.from(text.slice(text.indexOf(',') + 1), 'base64')
}

const fromPicture =
  (file: string, width: number, asIs: boolean) =>
  (grey: GreyImage): E.Either<DataError, DecodedImages> => {
    const side = Math.sqrt(width)
    if (!Number.isInteger(side))
      return E.left(
        dataError(
          `${file}: a picture does not fit this network: the number of its inputs, ${width}, is not that of a square of pixels`,
          `give its inputs as JSON: an array of ${counted(width, 'number')}`,
        ),
      )
    if (asIs && (grey.width !== side || grey.height !== side))
      return E.left(
        dataError(
          `${file}: --as-is: the picture has ${grey.width} x ${grey.height} pixels, the network ${side} x ${side}`,
          `scale the picture to ${side} x ${side} pixels, or leave --as-is out`,
        ),
      )
    return pipe(
      asIs ? E.right(grey) : digitImage(file, side)(grey),
      E.map(({ pixels }) => ({ listed: false, inputs: { kind: 'bytes', width, bytes: pixels } })),
    )
  }

const fromIdx = (file: string, width: number, bytes: Uint8Array): E.Either<DataError, DecodedImages> =>
  pipe(
    bytes,
    decodeImages(file),
    E.flatMap(({ rows, columns, pixels }) =>
      rows * columns === width
        ? E.right({ listed: true, inputs: { kind: 'bytes', width, bytes: pixels } })
        : E.left(
            dataError(
              `${file}: its images have ${rows} x ${columns} pixels, the network has ${counted(width, 'input')}`,
              'give images of the size that the network was trained on',
            ),
          ),
    ),
  )

/**
 * The images of a PNG, IDX or JSON file as the inputs of a network.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { gunzipIfNeeded } from '../data/gzip.ts'
import { decodeImages } from '../data/idx.ts'
import { dataError, type DataError } from '../errors.ts'
import { decodeText } from '../io/text.ts'
import { digitImage } from './ink.ts'
import { decodeJsonImages, type DecodedImages } from './json-image.ts'
import { imageKind } from './image-kind.ts'
import { decodePng } from './png.ts'

/** The most bytes that a file may have, packed or unpacked. */
export const MOST_BYTES = 2 ** 28

/**
 * The images of a file, for a network with `width` inputs. A PNG picture is brought into MNIST's form; IDX and JSON files
 * hold inputs as they are.
 *
 * @param file its name, for errors, and for its kind where the bytes do not show it
 */
export const readImages =
  (file: string, width: number) =>
  (bytes: Uint8Array): TE.TaskEither<DataError, DecodedImages> =>
    pipe(
      gunzipIfNeeded(file, MOST_BYTES)(bytes),
      TE.flatMapEither(unpacked => decode(file, width, unpacked)),
    )

const decode = (file: string, width: number, bytes: Uint8Array): E.Either<DataError, DecodedImages> => {
  const found = imageKind(file, bytes)
  switch (found.kind) {
    case 'png':
      return fromPng(file, width, bytes)
    case 'idx':
      return fromIdx(file, width, bytes)
    case 'json':
      return pipe(decodeText(file)(bytes), E.flatMap(decodeJsonImages(file, width)))
    case 'gzip':
      return E.left(dataError(`${file}: a gzip file in a gzip file`, 'unpack it once'))
    case 'other':
      return E.left(
        dataError(
          `${file}: this is ${found.what}; PNG, IDX and JSON are supported`,
          'save the picture as PNG (an image viewer or editor can)',
        ),
      )
  }
}

const fromPng = (file: string, width: number, bytes: Uint8Array): E.Either<DataError, DecodedImages> => {
  const side = Math.sqrt(width)
  return Number.isInteger(side)
    ? pipe(
        bytes,
        decodePng(file),
        E.flatMap(digitImage(file, side)),
        E.map(({ pixels }) => ({ listed: false, inputs: { kind: 'bytes', width, bytes: pixels } })),
      )
    : E.left(
        dataError(
          `${file}: a picture does not fit this network: its ${width} inputs are not a square of pixels`,
          `give its inputs as JSON: an array of ${width} numbers`,
        ),
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
              `${file}: its images have ${rows} x ${columns} pixels, the network has ${width} inputs`,
              'give images of the size that the network was trained on',
            ),
          ),
    ),
  )

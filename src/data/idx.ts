/**
 * The IDX format of MNIST's files: a header of big-endian numbers, then one unsigned byte per item.
 *
 * ```
 * 0, 0, type (8: unsigned byte), rank, then `rank` sizes of 4 bytes, then their product in bytes
 * ```
 *
 * The decoders are total: any bytes give data or an error. They allocate nothing, whatever a header claims.
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { dataError, type DataError } from '../errors.ts'

/** Grey images, [count, rows, columns], one byte per pixel: 0 is background, 255 is ink. */
export type Images = {
  readonly count: number
  readonly rows: number
  readonly columns: number
  readonly pixels: Uint8Array
}

const UNSIGNED_BYTE = 8

const AGAIN = 'the file is damaged or misnamed: get it again from its source'

const hex = (bytes: Uint8Array): string => [...bytes].map(b => b.toString(16).padStart(2, '0')).join(' ')

/** Whether a file is a web page or an XML message, which servers send instead of a file after a failure. */
export const isMarkup = (bytes: Uint8Array): boolean =>
  /^(\u00ef\u00bb\u00bf)?\s*<[!?a-z]/i.test(String.fromCharCode(...bytes.subarray(0, 64)))

/** The error for a file that is a web page where `expected` should be. */
export const markupError = (file: string, expected: string): DataError =>
  dataError(
    `${file}: this is an HTML page, not ${expected}`,
    'the server sent a web page (a log-in, a block or an error) instead: get the file from another source',
  )

type Body = { readonly sizes: ReadonlyArray<number>; readonly body: Uint8Array }

const decode =
  (file: string, what: string, rank: number) =>
  (bytes: Uint8Array): E.Either<DataError, Body> => {
    const fail = (found: string): E.Either<DataError, never> => E.left(dataError(`${file}: ${found}`, AGAIN))
    const magic = Uint8Array.of(0, 0, UNSIGNED_BYTE, rank)
    const start = 4 + 4 * rank
    if (isMarkup(bytes)) return E.left(markupError(file, `IDX ${what}`))
    if (bytes.length < start)
      return fail(`cut after ${bytes.length} bytes; the header of IDX ${what} alone has ${start}`)
    if (magic.some((byte, i) => byte !== bytes[i]))
      return fail(`begins with ${hex(bytes.subarray(0, 4))}; IDX ${what} begin with ${hex(magic)}`)

    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const sizes = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
    // the product of three such numbers may be rounded, but never to the length of a real file
    const expected = start + sizes.reduce((product, size) => product * size, 1)
    const claim = `its header says ${sizes.join(' x ')} ${what}`
    if (sizes.includes(0)) return fail(`${claim}; each of these must be at least 1`)
    if (bytes.length < expected)
      return fail(`cut: ${claim}, ${expected} bytes in all, but the file has ${bytes.length}`)
    if (bytes.length > expected)
      return fail(`too long: ${claim}, ${expected} bytes in all, but the file has ${bytes.length}`)
    return E.right({ sizes, body: bytes.subarray(start) })
  }

/**
 * Decodes images from IDX bytes; the pixels are a view of the same memory.
 *
 * @param file the name to use in errors
 */
export const decodeImages =
  (file: string) =>
  (bytes: Uint8Array): E.Either<DataError, Images> =>
    pipe(
      bytes,
      decode(file, 'images', 3),
      E.map(({ sizes, body }) => ({
        count: sizes[0]!,
        rows: sizes[1]!,
        columns: sizes[2]!,
        pixels: body,
      })),
    )

/**
 * Decodes labels 0 … `most` from IDX bytes; they are a view of the same memory.
 *
 * @param file the name to use in errors
 */
export const decodeLabels =
  (file: string, most: number) =>
  (bytes: Uint8Array): E.Either<DataError, Uint8Array> =>
    pipe(
      bytes,
      decode(file, 'labels', 1),
      E.flatMap(({ body }) => {
        const at = body.findIndex(label => label > most)
        return at < 0
          ? E.right(body)
          : E.left(dataError(`${file}: label ${at} is ${body[at]!}; labels here are 0 to ${most}`, AGAIN))
      }),
    )

const encode = (sizes: ReadonlyArray<number>, body: Uint8Array): Uint8Array => {
  const start = 4 + 4 * sizes.length
  const bytes = new Uint8Array(start + body.length)
  const view = new DataView(bytes.buffer)
  bytes.set([0, 0, UNSIGNED_BYTE, sizes.length])
  sizes.forEach((size, i) => view.setUint32(4 + 4 * i, size))
  bytes.set(body, start)
  return bytes
}

/** Encodes images as IDX bytes. */
export const encodeImages = ({ count, rows, columns, pixels }: Images): Uint8Array =>
  encode([count, rows, columns], pixels)

/** Encodes labels as IDX bytes. */
export const encodeLabels = (labels: Uint8Array): Uint8Array => encode([labels.length], labels)

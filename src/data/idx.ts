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
import { counted, grouped } from '../format.ts'

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

/** The types of IDX numbers, by their byte in the header: their name, and their size in bytes. */
const TYPES: Readonly<Record<number, readonly [name: string, bytes: number]>> = {
  0x08: ['unsigned bytes', 1],
  0x09: ['signed bytes', 1],
  0x0b: ['16-bit integers', 2],
  0x0c: ['32-bit integers', 4],
  0x0d: ['32-bit floats', 4],
  0x0e: ['64-bit floats', 8],
}

/** What a whole IDX file of any type and rank holds; undefined for other bytes. */
const idxContents = (bytes: Uint8Array): string | undefined => {
  const [zero, also, type = 0, rank = 0] = bytes
  const numbers = TYPES[type]
  const start = 4 + 4 * rank
  if (zero !== 0 || also !== 0 || numbers === undefined || rank === 0 || bytes.length < start)
    return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const sizes = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  if (start + sizes.reduce((product, size) => product * size, numbers[1]) !== bytes.length) return undefined
  const isQmnist = numbers[1] === 4 && rank === 2 && sizes[1] === 8
  if (isQmnist) return `QMNIST's extended labels (${numbers[0]}, ${sizes.join(' x ')})`
  return numbers[1] === 1 && rank === 3 && type === UNSIGNED_BYTE
    ? `IDX images (${sizes.join(' x ')})`
    : `IDX ${numbers[0]} (${sizes.join(' x ')})`
}

const RANKS = { images: 'count x rows x columns', labels: 'one per image' } as const

/** The error for a whole IDX file of another form. */
const otherForm = (file: string, what: 'images' | 'labels', found: string): DataError =>
  dataError(
    `${file}: these are ${found}; IDX ${what} are unsigned bytes, ${RANKS[what]}`,
    found.startsWith('QMNIST')
      ? 'write the first of the 8 numbers of each row, the class, as unsigned bytes with one size (idx1-ubyte)'
      : `give the file with the ${what} in this form; or convert the data to JSON`,
  )

type Body = { readonly sizes: ReadonlyArray<number>; readonly body: Uint8Array }

const decode =
  (file: string, what: 'images' | 'labels', rank: number) =>
  (bytes: Uint8Array): E.Either<DataError, Body> => {
    const fail = (found: string): E.Either<DataError, never> => E.left(dataError(`${file}: ${found}`, AGAIN))
    const magic = Uint8Array.of(0, 0, UNSIGNED_BYTE, rank)
    const start = 4 + 4 * rank
    if (isMarkup(bytes)) return E.left(markupError(file, `IDX ${what}`))
    const isOther = magic.some((byte, i) => byte !== bytes[i])
    const whole = isOther ? idxContents(bytes) : undefined
    if (whole !== undefined) return E.left(otherForm(file, what, whole))
    if (bytes.length < start)
      return fail(`cut after ${counted(bytes.length, 'byte')}; the header of IDX ${what} alone has ${start}`)
    if (isOther) return fail(`begins with ${hex(bytes.subarray(0, 4))}; IDX ${what} begin with ${hex(magic)}`)

    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const sizes = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
    // the product of three such numbers may be rounded, but never to the length of a real file
    const expected = start + sizes.reduce((product, size) => product * size, 1)
    const claim = `its header says ${what === 'labels' ? counted(sizes[0]!, 'label') : `${sizes.join(' x ')} images`}`
    if (sizes.includes(0)) return fail(`${claim}; each of these must be at least 1`)
    if (bytes.length < expected)
      return fail(
        `cut: ${claim}, ${counted(expected, 'byte')} in all, but the file has ${grouped(bytes.length)}`,
      )
    if (bytes.length > expected)
      return fail(
        `too long: ${claim}, ${counted(expected, 'byte')} in all, but the file has ${grouped(bytes.length)}`,
      )
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
 * Decodes labels from IDX bytes; they are a view of the same memory.
 *
 * @param file the name to use in errors
 */
export const decodeLabels =
  (file: string) =>
  (bytes: Uint8Array): E.Either<DataError, Uint8Array> =>
    pipe(
      bytes,
      decode(file, 'labels', 1),
      E.map(({ body }) => body),
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

/**
 * gzip, strictly: one member (RFC 1952), whole, of bounded size, and nothing after it.
 *
 * Node's own gunzip joins several members and skips zeros after the last one in silence, so the frame is read here
 * and only the deflate stream inside (RFC 1951) is Node's.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import zlib from 'node:zlib'
import { dataError, type DataError } from '../errors.ts'
import { isMarkup, markupError } from './idx.ts'

const AGAIN = 'the file is damaged: get it again from where it came'

/** Measured: 256 KiB at a time unpacks MNIST twice as fast as Node's 16 KiB. */
const CHUNK = 2 ** 18

/** CRC-32 (polynomial 0xedb88320), for the Node versions before 20.15 that have none. */
export const crc32 = (bytes: Uint8Array): number => {
  const table = Uint32Array.from({ length: 256 }, (_, byte) => {
    let c = byte
    for (let bit = 0; bit < 8; bit++) c = c & 1 ? (c >>> 1) ^ 0xedb88320 : c >>> 1
    return c
  })
  let crc = 0xffffffff
  for (const byte of bytes) crc = (crc >>> 8) ^ table[(crc ^ byte) & 255]!
  return (crc ^ 0xffffffff) >>> 0
}

const checksum: (bytes: Uint8Array) => number = 'crc32' in zlib ? bytes => zlib.crc32(bytes) : crc32

/** Whether bytes begin as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const FHCRC = 2
const FEXTRA = 4
const FNAME = 8
const FCOMMENT = 16

/** Where the deflate stream begins: behind the header and its optional fields. Beyond the end if it is cut. */
const headerLength = (bytes: Uint8Array): number => {
  const flags = bytes[3] ?? 0
  const afterText = (from: number): number => {
    const end = bytes.indexOf(0, from)
    return end < 0 ? Infinity : end + 1
  }
  const extra = flags & FEXTRA ? 12 + (bytes[10] ?? 0) + 256 * (bytes[11] ?? 0) : 10
  const name = flags & FNAME ? afterText(extra) : extra
  const comment = flags & FCOMMENT ? afterText(name) : name
  return flags & FHCRC ? comment + 2 : comment
}

type Inflated = { readonly body: Uint8Array; readonly consumed: number }

/** Node's result with `info: true`, which its types do not know. */
type WithInfo = { readonly buffer: Uint8Array; readonly engine: { readonly bytesWritten: number } }

const inflate = (bytes: Uint8Array, limit: number): TaskEither<NodeJS.ErrnoException, Inflated> => {
  const options = { maxOutputLength: limit, chunkSize: CHUNK, info: true }
  return () =>
    new Promise(resolve => {
      zlib.inflateRaw(bytes, options, (error, result) => {
        if (error) resolve(E.left(error))
        else {
          const { buffer, engine } = result as unknown as WithInfo
          resolve(E.right({ body: buffer, consumed: engine.bytesWritten }))
        }
      })
    })
}

/**
 * The one member of a gzip file, unpacked; not on the main thread.
 *
 * @param file the name to use in errors
 * @param limit the most bytes that may come out; a file that holds more fails before it is unpacked
 */
export const gunzip =
  (file: string, limit: number) =>
  (bytes: Uint8Array): TaskEither<DataError, Uint8Array> => {
    const fail = (found: string): DataError => dataError(`${file}: ${found}`, AGAIN)
    const cut = fail(`the gzip file is cut: its ${bytes.length} bytes end too early`)

    const why = (error: NodeJS.ErrnoException): DataError => {
      if (error.code === 'Z_BUF_ERROR') return cut
      return error.code === 'ERR_BUFFER_TOO_LARGE'
        ? fail(`unpacks to more than the ${limit} bytes allowed`)
        : fail(`the gzip file is damaged (${error.message})`)
    }

    const checked = ({ body, consumed }: Inflated): E.Either<DataError, Uint8Array> => {
      const trailer = bytes.subarray(headerLength(bytes) + consumed)
      if (trailer.length < 8) return E.left(cut)
      const view = new DataView(trailer.buffer, trailer.byteOffset, trailer.byteLength)
      if (view.getUint32(0, true) !== checksum(body))
        return E.left(fail('the gzip file is damaged (its CRC-32 does not fit its contents)'))
      if (view.getUint32(4, true) !== body.length)
        return E.left(
          fail(`the gzip file is damaged (it says ${view.getUint32(4, true)} bytes, holds ${body.length})`),
        )
      if (trailer.length > 8)
        return E.left(
          isGzip(trailer.subarray(8))
            ? fail('holds a second gzip member; one is expected')
            : fail(`${trailer.length - 8} bytes follow the end of the gzip file; none are expected`),
        )
      return E.right(body)
    }

    if (isMarkup(bytes)) return TE.left(markupError(file, 'gzip'))
    if (!isGzip(bytes)) return TE.left(fail('does not begin with 1f 8b, as gzip does'))
    if (bytes.length > 2 && bytes[2] !== 8)
      return TE.left(fail(`is packed with method ${bytes[2]!}; gzip's is 8`))
    return headerLength(bytes) >= bytes.length
      ? TE.left(cut)
      : pipe(inflate(bytes.subarray(headerLength(bytes)), limit), TE.mapLeft(why), TE.chainEitherK(checked))
  }

/** The contents of a file that may be gzipped: its name does not matter, its first bytes do. */
export const gunzipIfNeeded =
  (file: string, limit: number) =>
  (bytes: Uint8Array): TaskEither<DataError, Uint8Array> => {
    if (isGzip(bytes)) return gunzip(file, limit)(bytes)
    return bytes.length <= limit
      ? TE.right(bytes)
      : TE.left(dataError(`${file}: has ${bytes.length} bytes, more than the ${limit} allowed`, AGAIN))
  }

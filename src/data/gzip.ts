/**
 * gzip files, unpacked by Node's zlib: whole, of bounded size, one member (RFC 1952) and nothing after it.
 */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { promisify } from 'node:util'
import zlib from 'node:zlib'
import { dataError, type DataError } from '../errors.ts'
import { counted, grouped } from '../format.ts'
import { readBytes } from '../io/read.ts'

const AGAIN = 'get the file again from its source'

/** Whether bytes begin as gzip does. */
export const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

/** Why zlib refused a file. */
const reason = (error: unknown, { length }: Uint8Array, limit: number): string => {
  const { code, message } = error as NodeJS.ErrnoException
  if (code === 'ERR_BUFFER_TOO_LARGE') return `unpacks to more than the ${counted(limit, 'byte')} allowed`
  return code === 'Z_BUF_ERROR'
    ? `the gzip file is cut: it ends after ${counted(length, 'byte')}`
    : `the gzip file is damaged, or other bytes follow its end (${message})`
}

/** The length of the last member's contents, which a gzip file ends with. */
const lastLength = (bytes: Uint8Array): number =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(bytes.length - 4, true)

/** zlib takes no smaller chunk than this. */
const MIN_CHUNK = 64

/** The chunk of memory that the contents fit into, with a byte to spare: two chunks would have to be copied into one. */
const chunkFor = (bytes: Uint8Array, limit: number): number =>
  bytes.length < 4 ? MIN_CHUNK : Math.max(MIN_CHUNK, Math.min(lastLength(bytes), limit) + 1)

/** Whether a file ends as zeros, or an empty member, do. */
const isEmptyTail = (bytes: Uint8Array): boolean => bytes.subarray(-4).every(byte => byte === 0)

/**
 * The contents of a file that may be gzipped: its first bytes decide, not its name. Unpacking runs in a thread of its
 * own.
 *
 * @param file the name to use in errors
 * @param limit the most bytes of contents; unpacking stops beyond it
 */
export const gunzipIfNeeded =
  (file: string, limit: number) =>
  (bytes: Uint8Array): TaskEither<DataError, Uint8Array> => {
    const fail = (found: string): DataError => dataError(`${file}: ${found}`, AGAIN)
    if (!isGzip(bytes))
      return bytes.length <= limit
        ? TE.right(bytes)
        : TE.left(fail(`has ${counted(bytes.length, 'byte')}, more than the ${grouped(limit)} allowed`))
    return pipe(
      TE.tryCatch(
        () => promisify(zlib.gunzip)(bytes, { maxOutputLength: limit, chunkSize: chunkFor(bytes, limit) }),
        error => fail(reason(error, bytes, limit)),
      ),
      // zlib joins several members, and skips zeros after the last one
      TE.filterOrElse(
        body => lastLength(bytes) === body.length,
        () =>
          dataError(
            `${file}: ${isEmptyTail(bytes) ? 'zeros, or an empty gzip member, follow its end' : 'holds two or more gzip members, as several files joined into one have'}; one member is expected`,
            'unpack it with gunzip, and give each file by itself',
          ),
      ),
    )
  }

/** The contents of a file that may be gzipped, of at most `limit` bytes on the disk and unpacked. */
export const readUnpacked = (file: string, limit: number): TaskEither<DataError, Uint8Array> =>
  pipe(readBytes(file, limit), TE.flatMap(gunzipIfNeeded(file, limit)))

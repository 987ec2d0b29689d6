/**
 * Text out of bytes: UTF-8, with or without a byte order mark.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import { dataError, type DataError } from '../errors.ts'

/** UTF-16 begins with a byte order mark, or with an ASCII character, of which one byte is zero. */
const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) ||
  (first === 0xfe && second === 0xff) ||
  (second !== undefined && (first === 0) !== (second === 0))

/** The text of bytes, without its byte order mark; on the left what the bytes are instead. */
export const utf8Text = (bytes: Uint8Array): E.Either<string, string> =>
  isUtf16(bytes) ? E.left('this is UTF-16 text; UTF-8 is read') : E.right(new TextDecoder().decode(bytes))

/**
 * The text of a file, without its byte order mark.
 *
 * @param file the name to use in errors
 */
export const decodeText =
  (file: string) =>
  (bytes: Uint8Array): E.Either<DataError, string> =>
    pipe(
      utf8Text(bytes),
      E.mapLeft(what =>
        dataError(
          `${file}: ${what}`,
          'save it as UTF-8: in an editor by "Save as", in PowerShell by Set-Content -Encoding utf8',
        ),
      ),
    )

/** The text of bytes, or '' if they are not UTF-8: for logs, of which damaged lines are skipped. */
export const lenientText = (bytes: Uint8Array): string =>
  pipe(
    utf8Text(bytes),
    E.getOrElse(() => ''),
  )

/**
 * The text of the file `name` in a folder, for callers that report what is thrown.
 *
 * @throws Error if it is not UTF-8
 */
export const textOrThrow = (name: string, bytes: Uint8Array): string =>
  pipe(
    utf8Text(bytes),
    E.getOrElse((what): string => {
      throw new Error(`${name}: ${what}`)
    }),
  )

/** The text of bytes that must be UTF-8 throughout; a byte order mark is a part of it. */
export const strictText = (bytes: Uint8Array): E.Either<string, string> =>
  E.tryCatch(
    () => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes),
    () => 'it is not UTF-8',
  )

/** Whether the first bytes of a file are UTF-8 text. */
export const looksLikeText = (bytes: Uint8Array): boolean => {
  // the last of these bytes may be half a character
  const start = new TextDecoder().decode(bytes.subarray(0, 1000)).replace(/\ufffd{1,3}$/, '')
  // eslint-disable-next-line no-control-regex
  return !/[\x00-\x08\x0e-\x1f\ufffd]/.test(start)
}

/**
 * Text out of bytes: UTF-8, with or without a byte order mark.
 */
import * as E from 'fp-ts/lib/Either.js'
import { dataError, type DataError } from '../errors.ts'

/** UTF-16 begins with a byte order mark, or with an ASCII character, of which one byte is zero. */
const isUtf16 = ([first, second]: Uint8Array): boolean =>
  (first === 0xff && second === 0xfe) ||
  (first === 0xfe && second === 0xff) ||
  (second !== undefined && (first === 0) !== (second === 0))

/**
 * The text of a file, without its byte order mark.
 *
 * @param file the name to use in errors
 */
export const decodeText =
  (file: string) =>
  (bytes: Uint8Array): E.Either<DataError, string> =>
    isUtf16(bytes)
      ? E.left(
          dataError(
            `${file}: this is UTF-16 text; UTF-8 is read`,
            'save it as UTF-8: in an editor by "Save as", in PowerShell by Set-Content -Encoding utf8',
          ),
        )
      : E.right(new TextDecoder().decode(bytes))

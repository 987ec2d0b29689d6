/**
 * Whole files and their kinds, read for a command.
 */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { stat } from 'node:fs/promises'
import { dataError, type DataError } from '../errors.ts'
import { counted, grouped } from '../format.ts'
import { unreadable } from './failure.ts'
import { readRegular } from './files.ts'
import { decodeText } from './text.ts'

/** Whether a file or folder exists. */
export const exists = (path: string): TaskEither<never, boolean> =>
  TE.fromTask(() =>
    stat(path).then(
      () => true,
      () => false,
    ),
  )

/** Whether a path is a folder that exists; symbolic links are followed. */
export const isFolder = (path: string): TaskEither<never, boolean> =>
  TE.fromTask(() =>
    stat(path).then(
      found => found.isDirectory(),
      () => false,
    ),
  )

/** Whether a path is a file or a folder; symbolic links are followed. */
export const kindOf = (path: string): TaskEither<DataError, 'file' | 'folder'> =>
  pipe(
    TE.tryCatch(() => stat(path), unreadable(path)),
    TE.flatMap(found => {
      if (found.isFile()) return TE.right('file' as const)
      return found.isDirectory()
        ? TE.right('folder' as const)
        : TE.left(dataError(`${path} is neither a file nor a folder`, 'give the path of a file or a folder'))
    }),
  )

/** What to do about a file that cannot be read, and about one that is too large. */
type ReadRemedies = { readonly missing?: string; readonly large?: string }

/** The bytes of a file, at most `limit`; a larger one is an error before it is read. */
export const readBytes = (
  path: string,
  limit: number,
  { missing, large = 'use a smaller data set' }: ReadRemedies = {},
): TaskEither<DataError, Uint8Array> =>
  pipe(
    TE.tryCatch(() => stat(path), unreadable(path, missing)),
    TE.flatMap(found => {
      if (!found.isFile())
        return TE.left(dataError(`${path} is not a file`, missing ?? 'give the path of a file'))
      return found.size <= limit
        ? TE.tryCatch(() => readRegular(path), unreadable(path, missing))
        : TE.left(
            dataError(
              `${path} has ${counted(found.size, 'byte')}, more than the ${grouped(limit)} allowed`,
              large,
            ),
          )
    }),
  )

/** The text of a UTF-8 file of at most `limit` bytes. `what` says what it should be, such as "a saved network". */
export const readText = (path: string, what: string, limit: number): TaskEither<DataError, string> => {
  const remedy = `give the path of ${what}`
  return pipe(readBytes(path, limit, { missing: remedy, large: remedy }), TE.flatMapEither(decodeText(path)))
}

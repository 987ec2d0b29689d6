/** Files in, whole and of bounded size, with errors that a person can act on. */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { readFile, stat } from 'node:fs/promises'
import { data, type DataError } from '../errors.ts'

const reasons: Readonly<Record<string, readonly [found: string, remedy: string]>> = {
  ENOENT: ['no such file or folder', 'check the path; it is taken from the folder you are in'],
  ENOTDIR: ['no such file or folder', 'check the path; a part of it is a file, not a folder'],
  EACCES: ['may not be read', 'give yourself the right to read it'],
  EPERM: ['may not be read', 'give yourself the right to read it'],
  ELOOP: ['is a link that leads to itself', 'mend the link, or give the path of the file itself'],
}

const codeOf = (error: unknown): string =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** What a failed file operation means to the person who named the path. */
export const unreadable =
  (path: string) =>
  (error: unknown): DataError => {
    const [found, remedy] = reasons[codeOf(error)] ?? [
      `cannot be read (${error instanceof Error ? error.message : String(error)})`,
      'check the path and the disk it is on',
    ]
    return data(`${path}: ${found}`, remedy)
  }

/** What a path leads to; links are followed. */
export const kindOf = (path: string): TaskEither<DataError, 'file' | 'folder'> =>
  pipe(
    TE.tryCatch(() => stat(path), unreadable(path)),
    TE.chain(found => {
      if (found.isFile()) return TE.right('file' as const)
      return found.isDirectory()
        ? TE.right('folder' as const)
        : TE.left(data(`${path}: is neither a file nor a folder`, 'give the path of a file or a folder'))
    }),
  )

/** A whole file of at most `limit` bytes; a larger one fails before it is read. */
export const readBytes = (path: string, limit: number): TaskEither<DataError, Uint8Array> =>
  pipe(
    TE.tryCatch(() => stat(path), unreadable(path)),
    TE.chain(found => {
      if (!found.isFile()) return TE.left(data(`${path}: is not a file`, 'put the file itself there'))
      return found.size <= limit
        ? TE.tryCatch(() => readFile(path), unreadable(path))
        : TE.left(
            data(
              `${path}: has ${found.size} bytes, more than the ${limit} allowed`,
              'use a smaller data set',
            ),
          )
    }),
  )

/**
 * Text files, read and written whole.
 */
import { writeFileSync } from 'node:fs'
import { access, constants, open, readFile, stat, unlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as TE from 'fp-ts/lib/TaskEither.js'
import writeFileAtomic from 'write-file-atomic'
import { data, storage, type DataError, type StorageError } from '../errors.ts'

const reason = (error: unknown): string => {
  const code: string = (error as NodeJS.ErrnoException).code ?? ''
  switch (code) {
    case 'ENOENT':
      return 'it does not exist'
    case 'ENOTDIR':
      return 'its folder is a file'
    case 'EISDIR':
      return 'it is a folder'
    case 'EACCES':
    case 'EPERM':
      return 'access is denied'
    case 'EROFS':
      return 'it is on a read-only file system'
    case 'ENOSPC':
    case 'EFBIG':
    case 'EDQUOT':
      return 'there is no room left'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}

/** The text of a file. `what` says what it should be, such as "a saved network". */
export const readText = (path: string, what: string): TE.TaskEither<DataError, string> =>
  TE.tryCatch(
    () => readFile(path, 'utf8'),
    error => data(`${path} cannot be read: ${reason(error)}`, `give the path of ${what}`),
  )

/** Whether something is at that path. */
export const exists = (path: string): TE.TaskEither<never, boolean> =>
  TE.fromTask(() =>
    stat(path).then(
      () => true,
      () => false,
    ),
  )

/** Old or new, never half: written beside the file, then renamed onto it. */
export const writeText = (path: string, text: string): TE.TaskEither<StorageError, void> =>
  TE.tryCatch(
    // the package's own write takes a disk that fills up half-way for success
    () => writeFileAtomic(path, '', { tmpfileCreated: temporary => writeFileSync(temporary, text) }),
    error =>
      storage(`${path} cannot be written: ${reason(error)}`, 'give a folder that can be written, with room'),
  )

/** Whether a file can be written at that path, found out without touching what is there. */
export const canWrite = (flag: string, path: string): TE.TaskEither<StorageError, void> =>
  TE.tryCatch(
    async () => {
      const there = await stat(path).catch(() => undefined)
      if (there?.isDirectory() === true) throw Object.assign(new Error(), { code: 'EISDIR' })
      if (there !== undefined) await access(path, constants.W_OK)
      const probe = join(dirname(path), `.network2-${process.pid}`)
      await (await open(probe, 'wx')).close()
      await unlink(probe)
    },
    error =>
      storage(
        (error as NodeJS.ErrnoException).code === 'ENOENT'
          ? `${flag} ${path}: the folder ${dirname(path)} does not exist`
          : `${flag} ${path}: ${reason(error)}`,
        'give a file in a folder that can be written',
      ),
  )

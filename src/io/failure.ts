/**
 * Failed file operations in plain words.
 */
import { dataError, writeFailed, type DataError, type WriteFailed } from '../errors.ts'

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? ''

/** The code of an error of ours: something that is neither a file nor a folder. */
export const NOT_REGULAR = 'NOT_REGULAR'

/** The code of an error of ours: a file with more bytes than are read. */
export const TOO_LARGE = 'TOO_LARGE'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'a part of its path is a file',
  EISDIR: 'it is a folder',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EFBIG: 'it is larger than the limit on file sizes',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'it is a symbolic link that may not be followed, or leads back to itself',
  [NOT_REGULAR]: 'it is a pipe, a device or a socket, not a file',
  ENXIO: 'it is a pipe, a device or a socket, not a file',
}

/** Why a file could not be read, in a few words. */
export const readFailureReason = (error: unknown): string =>
  reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))

/** Why a file could not be written, in a few words: if a new file "does not exist", its folder is missing. */
export const writeFailureReason = (error: unknown): string =>
  codeOf(error) === 'ENOENT' ? 'its folder does not exist' : readFailureReason(error)

export const unreadable =
  (path: string, remedy?: string) =>
  (error: unknown): DataError =>
    dataError(
      `${path} cannot be read: ${readFailureReason(error)}`,
      remedy ??
        (['EACCES', 'EPERM'].includes(codeOf(error))
          ? 'change its permissions, so that you can read it'
          : 'check the path, which is relative to the current folder'),
    )

export const unwritable =
  (path: string) =>
  (error: unknown): WriteFailed =>
    writeFailed(
      `${path} cannot be written: ${writeFailureReason(error)}`,
      'free disk space, or give a folder that you can write to',
    )

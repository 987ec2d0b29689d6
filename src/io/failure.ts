/**
 * What a file operation that failed means to a person.
 */
import { dataError, writeFailed, type DataError, type WriteFailed } from '../errors.ts'

export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException | undefined)?.code ?? ''

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'it does not exist',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'it is on a read-only file system',
  ENOSPC: 'there is no room left',
  EDQUOT: 'there is no room left',
  EFBIG: 'it is larger than files may be here',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'it is a link that leads to itself',
}

/** A few words on why a file could not be read. */
export const readFailureReason = (error: unknown): string =>
  reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))

/** A few words on why a file could not be written: of a new file it is the folder that is missing. */
export const writeFailureReason = (error: unknown): string =>
  codeOf(error) === 'ENOENT' ? 'its folder does not exist' : readFailureReason(error)

export const unreadable =
  (path: string, remedy?: string) =>
  (error: unknown): DataError =>
    dataError(
      `${path} cannot be read: ${readFailureReason(error)}`,
      remedy ??
        (['EACCES', 'EPERM'].includes(codeOf(error))
          ? 'give yourself the right to read it'
          : 'check the path; it is taken from the folder you are in'),
    )

export const unwritable =
  (path: string) =>
  (error: unknown): WriteFailed =>
    writeFailed(
      `${path} cannot be written: ${writeFailureReason(error)}`,
      'make room, or give a folder that can be written',
    )

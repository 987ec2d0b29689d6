/**
 * What a file operation that failed means to a person.
 */
import { storage, type StorageError } from '../errors.ts'
import { codeOf } from './files.ts'

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'its folder does not exist',
  ENOTDIR: 'its folder is a file',
  EISDIR: 'it is a folder',
  EACCES: 'access is denied',
  EPERM: 'access is denied',
  EROFS: 'it is on a read-only file system',
  ENOSPC: 'there is no room left',
  EFBIG: 'it is larger than files may be here',
  EDQUOT: 'there is no room left',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'it is a link that leads to itself',
}

/** A few words on why an operation failed. */
export const reason = (error: unknown): string =>
  reasons[codeOf(error)] ?? (error instanceof Error ? error.message : String(error))

export const unwritable =
  (path: string) =>
  (error: unknown): StorageError =>
    storage(`${path} cannot be written: ${reason(error)}`, 'make room, or give a folder that can be written')

/** Data files out, into the program's own cache. */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { writeFileSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import writeFileAtomic from 'write-file-atomic'

/**
 * Writes a file whole or not at all, and the folders above it; fails with a few words.
 *
 * It is not flushed to the disk: what is kept here is checked by its sum before it is used, and can be had again.
 */
export const saveFile = (file: string, bytes: Uint8Array): TaskEither<string, void> =>
  TE.tryCatch(
    async () => {
      await mkdir(dirname(file), { recursive: true })
      // the package's own write takes a disk that fills up half-way for success
      await writeFileAtomic(file, '', {
        fsync: false,
        tmpfileCreated: temporary => writeFileSync(temporary, bytes),
      })
    },
    error => (error instanceof Error ? error.message : String(error)),
  )

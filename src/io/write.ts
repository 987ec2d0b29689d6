/**
 * Files written for a command: replaced atomically.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { access, constants, open, realpath, stat, unlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { writeFailed, type WriteFailed } from '../errors.ts'
import { codeOf, unwritable, writeFailureReason } from './failure.ts'
import { disk } from './files.ts'

/**
 * Writes a file that the user has named. A symbolic link is kept and its target replaced; a device or a pipe, such as
 * /dev/stdout, is written into.
 */
export const writeText = (path: string, text: string): TE.TaskEither<WriteFailed, void> =>
  TE.tryCatch(async () => {
    const old = await stat(path).catch(() => undefined)
    if (old !== undefined && !old.isFile()) await writeFile(path, text)
    else await disk.save(old === undefined ? path : await realpath(path), text)
  }, unwritable(path))

/** Writes a file that the program can do without, and creates its folders. The left says why it failed, in a few words. */
export const writeBestEffort = (path: string, bytes: Uint8Array): TE.TaskEither<string, void> =>
  TE.tryCatch(async () => {
    await disk.makeFolder(dirname(path))
    await disk.save(path, bytes)
  }, writeFailureReason)

/** Checks that a file can be written, without changing it. */
export const canWrite = (flag: string, path: string): TE.TaskEither<WriteFailed, void> =>
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
      writeFailed(
        codeOf(error) === 'ENOENT'
          ? `${flag} ${path}: the folder ${dirname(path)} does not exist`
          : `${flag} ${path}: ${writeFailureReason(error)}`,
        'give a file in a folder that you can write to',
      ),
  )

/**
 * The checkpoints of a run: `last`, the one before it, and the `best`. Whenever the process ends, one of them is whole.
 */
import * as E from 'fp-ts/lib/Either.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { unfit, type AppError, type StorageError } from '../errors.ts'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.ts'
import { codeOf, type Files } from './files.ts'
import { reason, unwritable } from './unwritable.ts'

const NEWEST_FIRST = ['last', 'previous', 'best'] as const

export const checkpointPath = (folder: string, name: (typeof NEWEST_FIRST)[number]): string =>
  join(folder, 'checkpoints', `${name}.safetensors`)

/** Saves a checkpoint as the last one; what was last becomes the previous. */
export const saveLast = (
  files: Files,
  folder: string,
  checkpoint: Checkpoint,
): TE.TaskEither<StorageError, void> => {
  const last = checkpointPath(folder, 'last')
  return TE.tryCatch(async () => {
    await files.copy(last, checkpointPath(folder, 'previous')).catch((error: unknown) => {
      if (codeOf(error) !== 'ENOENT') throw error
    })
    await files.save(last, encodeCheckpoint(checkpoint))
  }, unwritable(last))
}

/** A file of its own: damage to one must not reach the other. */
export const saveBest = (
  files: Files,
  folder: string,
  checkpoint: Checkpoint,
): TE.TaskEither<StorageError, void> => {
  const best = checkpointPath(folder, 'best')
  return TE.tryCatch(() => files.save(best, encodeCheckpoint(checkpoint)), unwritable(best))
}

const readOne = async (
  files: Files,
  path: string,
  identity: string,
): Promise<E.Either<string, Checkpoint> | undefined> => {
  try {
    const read = decodeCheckpoint(await files.read(path))
    return E.isRight(read) && read.right.identity !== identity ? E.left('it belongs to another run') : read
  } catch (error) {
    return codeOf(error) === 'ENOENT' ? undefined : E.left(reason(error))
  }
}

/**
 * The newest good checkpoint of a run. Where that is not the last one, it is made the last one: a later save must not
 * push a damaged file over a good one.
 *
 * @param warn is given the sentence that names a damaged file
 */
export const loadNewest = (
  files: Files,
  folder: string,
  identity: string,
  warn: (line: string) => void,
): TE.TaskEither<AppError, Checkpoint> =>
  TE.flatten(
    TE.tryCatch(async () => {
      const damaged: string[] = []
      for (const name of NEWEST_FIRST) {
        const path = checkpointPath(folder, name)
        const read = await readOne(files, path, identity)
        if (read === undefined) continue
        if (E.isRight(read)) {
          for (const line of damaged) warn(`${line}; going on from ${path}, after epoch ${read.right.epochs}`)
          if (name !== 'last') await files.save(checkpointPath(folder, 'last'), encodeCheckpoint(read.right))
          return TE.right(read.right)
        }
        damaged.push(`${path} cannot be used: ${read.left}`)
      }
      return TE.left(
        unfit(
          damaged.length > 0 ? damaged.join('\n') : `${folder} has no checkpoint`,
          'no checkpoint of this run is left to go on from: train anew',
        ),
      )
    }, unwritable(folder)),
  )

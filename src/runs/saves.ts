/**
 * The checkpoints of a run: `last`, the one before it, and the `best`. Whenever the process ends, one of them is whole.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { incompatibleCheckpoint, type AppError, type WriteFailed } from '../errors.ts'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint } from './checkpoint.ts'
import { codeOf, readFailureReason, unwritable } from '../io/failure.ts'
import { readIfPresent, type Files } from '../io/files.ts'

const NEWEST_FIRST = ['last', 'previous', 'best'] as const

export const checkpointPath = (folder: string, name: (typeof NEWEST_FIRST)[number]): string =>
  join(folder, 'checkpoints', `${name}.safetensors`)

/**
 * Saves a checkpoint as the last one, and what was last becomes the previous; as the best; or as both, a file each:
 * damage to one must not reach the other. The best comes first, for whoever goes on from the last will not look back.
 */
export const saveCheckpoint = (
  files: Files,
  folder: string,
  checkpoint: Checkpoint,
  { best, last }: { readonly best: boolean; readonly last: boolean },
): TE.TaskEither<WriteFailed, void> => {
  if (!best && !last) return TE.right(undefined)
  const bytes = encodeCheckpoint(checkpoint)
  const path = checkpointPath(folder, 'last')
  const save = (path: string): TE.TaskEither<WriteFailed, void> =>
    TE.tryCatch(() => files.save(path, bytes), unwritable(path))
  const setAside = TE.tryCatch(
    () =>
      files.copy(path, checkpointPath(folder, 'previous')).catch((error: unknown) => {
        if (codeOf(error) !== 'ENOENT') throw error
      }),
    unwritable(path),
  )
  return pipe(
    best ? save(checkpointPath(folder, 'best')) : TE.right(undefined),
    TE.flatMap(() => (last ? setAside : TE.right(undefined))),
    TE.flatMap(() => (last ? save(path) : TE.right(undefined))),
  )
}

const readOne = async (
  files: Files,
  path: string,
  identities: readonly string[],
): Promise<E.Either<string, Checkpoint> | undefined> => {
  try {
    const bytes = await readIfPresent(files, path)
    if (bytes === undefined) return undefined
    const read = decodeCheckpoint(bytes)
    return E.isRight(read) && !identities.includes(read.right.identity)
      ? E.left('it belongs to another run')
      : read
  } catch (error) {
    return E.left(readFailureReason(error))
  }
}

/**
 * The newest good checkpoint of a run. Where that is not the last one, it is made the last one: a later save must not
 * push a damaged file over a good one.
 *
 * @param identities what the checkpoint may belong to
 * @param warn is called with the sentence that names a damaged file
 */
export const loadNewest = (
  files: Files,
  folder: string,
  identities: readonly string[],
  warn: (line: string) => void,
): TE.TaskEither<AppError, Checkpoint> =>
  TE.flatten(
    TE.tryCatch(async () => {
      const damaged: string[] = []
      for (const name of NEWEST_FIRST) {
        const path = checkpointPath(folder, name)
        const read = await readOne(files, path, identities)
        if (read === undefined) continue
        if (E.isRight(read)) {
          for (const line of damaged) warn(`${line}; resuming from ${path}, after epoch ${read.right.epochs}`)
          if (name !== 'last') await files.save(checkpointPath(folder, 'last'), encodeCheckpoint(read.right))
          return TE.right(read.right)
        }
        damaged.push(`${path} cannot be used: ${read.left}`)
      }
      return TE.left(
        incompatibleCheckpoint(
          damaged.length > 0 ? damaged.join('\n') : `${folder} has no checkpoint`,
          'no checkpoint of this run is left to go on from: train anew',
        ),
      )
    }, unwritable(folder)),
  )

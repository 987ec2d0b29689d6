/**
 * The checkpoints of a run: `last`, the one before it, and the `best`; and history.jsonl, which only grows, with the
 * epochs that lead up to them. Whenever the process ends, one of them is whole.
 *
 * A checkpoint names the part of history.jsonl that belongs to it. The history is written first, so it may be ahead of
 * the checkpoint after a kill: what is beyond that part is cut off with the next save.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { incompatibleCheckpoint, type AppError, type WriteFailed } from '../errors.ts'
import { counted, grouped } from '../format.ts'
import { decodeCheckpoint, encodeCheckpoint, type Checkpoint, type HistoryPart } from './checkpoint.ts'
import { decodeHistory, encodeHistory, type TimedEpoch } from './history.ts'
import { codeOf, readFailureReason, unwritable } from '../io/failure.ts'
import { readIfPresent, type Files } from '../io/files.ts'
import { lenientText } from '../io/text.ts'

const NEWEST_FIRST = ['last', 'previous', 'best'] as const

export const checkpointPath = (folder: string, name: (typeof NEWEST_FIRST)[number]): string =>
  join(folder, 'checkpoints', `${name}.safetensors`)

const historyPath = (folder: string): string => join(folder, 'checkpoints', 'history.jsonl')

/** A network, how far its training is, and how it came there. */
export type TrainSnapshot = Pick<Checkpoint, 'epochs' | 'examples' | 'layers' | 'optimizer'>

/** Where a run starts: at the beginning, or at a checkpoint. */
export type TrainStart = TrainSnapshot & {
  readonly history: readonly TimedEpoch[]
  /** The bytes of history.jsonl that hold this history; none if it is not in that file yet. */
  readonly saved: Uint8Array
  /** Set if the run was killed: the whole epochs that it had logged after its last checkpoint. */
  readonly lost?: number
}

export type CheckpointWriter = {
  /** Takes the epochs of the next checkpoint. They are written with it. */
  readonly add: (epoch: TimedEpoch) => void
  /**
   * Saves a checkpoint as the last one (the old one becomes the previous), as the best, or as both. These are two files:
   * damage to one must not reach the other. The best is saved first: a run that resumes from the last does not save it again.
   */
  readonly save: (
    snapshot: TrainSnapshot,
    as: { readonly best: boolean; readonly last: boolean },
  ) => TE.TaskEither<WriteFailed, void>
}

/** Writes the checkpoints of a run that starts there. `identity` says what they belong to. */
export const checkpointWriter = (
  files: Files,
  folder: string,
  identity: string,
  { history, saved }: Pick<TrainStart, 'history' | 'saved'>,
): CheckpointWriter => {
  const hash = createHash('sha256').update(saved)
  let bytes = saved.length
  // a run of an older version has its history in the checkpoint
  let unsaved: TimedEpoch[] = saved.length === 0 ? [...history] : []

  const saveHistory = async (): Promise<HistoryPart> => {
    const text = new TextEncoder().encode(encodeHistory(unsaved))
    if (text.length > 0) await files.extend(historyPath(folder), bytes, text)
    hash.update(text)
    bytes += text.length
    unsaved = []
    return { bytes, sha256: hash.copy().digest('hex') }
  }

  return {
    add: epoch => void unsaved.push(epoch),
    save: (snapshot, as) => {
      if (!as.best && !as.last) return TE.right(undefined)
      const path = checkpointPath(folder, 'last')
      const setAside = TE.tryCatch(
        () =>
          files.copy(path, checkpointPath(folder, 'previous')).catch((error: unknown) => {
            if (codeOf(error) !== 'ENOENT') throw error
          }),
        unwritable(path),
      )
      return pipe(
        TE.tryCatch(saveHistory, unwritable(historyPath(folder))),
        TE.map(history => encodeCheckpoint({ identity, ...snapshot, history })),
        TE.flatMap(bytes => {
          const save = (path: string): TE.TaskEither<WriteFailed, void> =>
            TE.tryCatch(() => files.save(path, bytes), unwritable(path))
          return pipe(
            as.best ? save(checkpointPath(folder, 'best')) : TE.right(undefined),
            TE.flatMap(() => (as.last ? setAside : TE.right(undefined))),
            TE.flatMap(() => (as.last ? save(path) : TE.right(undefined))),
          )
        }),
      )
    },
  }
}

/** The epochs before a checkpoint, or the reason why they cannot be read. */
export const historyOf = async (
  files: Files,
  folder: string,
  { history, epochs }: Pick<Checkpoint, 'history' | 'epochs'>,
): Promise<E.Either<string, Pick<TrainStart, 'history' | 'saved'>>> => {
  if (!('bytes' in history)) return E.right({ history, saved: new Uint8Array() })
  const path = historyPath(folder)
  const read = await readIfPresent(files, path).catch(readFailureReason)
  if (typeof read === 'string') return E.left(`${path} cannot be read: ${read}`)
  const all = read ?? new Uint8Array()
  if (all.length < history.bytes)
    return E.left(
      `it has ${counted(epochs, 'epoch')}, whose history takes ${counted(history.bytes, 'byte')}, but ${path} has only ${grouped(all.length)}`,
    )
  const saved = all.slice(0, history.bytes)
  const found =
    createHash('sha256').update(saved).digest('hex') === history.sha256
      ? decodeHistory(lenientText(saved))
      : undefined
  return found?.length === epochs
    ? E.right({ history: found, saved })
    : E.left(`${path} has been changed: it does not have the history of ${counted(epochs, 'epoch')}`)
}

/** A checkpoint with its history, and its bytes. */
type Loaded = { readonly start: TrainStart; readonly bytes: Uint8Array }

const readOne = async (
  files: Files,
  folder: string,
  path: string,
  identities: readonly string[],
): Promise<E.Either<string, Loaded> | undefined> => {
  try {
    const bytes = await readIfPresent(files, path)
    if (bytes === undefined) return undefined
    const read = decodeCheckpoint(bytes)
    if (E.isLeft(read)) return read
    const { identity, ...checkpoint } = read.right
    if (!identities.includes(identity)) return E.left('it belongs to another run')
    return pipe(
      await historyOf(files, folder, checkpoint),
      E.map(history => ({ start: { ...checkpoint, ...history }, bytes })),
    )
  } catch (error) {
    return E.left(readFailureReason(error))
  }
}

/**
 * The newest good checkpoint of a run. If it is not the last one, it becomes the last one: a later save must not
 * replace a good file by a damaged one.
 *
 * @param identities the hashes that the checkpoint may have
 * @param warn called with a sentence for each damaged file
 */
export const loadNewest = (
  files: Files,
  folder: string,
  identities: readonly string[],
  warn: (line: string) => void,
): TE.TaskEither<AppError, TrainStart> =>
  TE.flatten(
    TE.tryCatch(async () => {
      const damaged: string[] = []
      for (const name of NEWEST_FIRST) {
        const path = checkpointPath(folder, name)
        const read = await readOne(files, folder, path, identities)
        if (read === undefined) continue
        if (E.isRight(read)) {
          const { start, bytes } = read.right
          for (const line of damaged) warn(`${line}; resuming from ${path}, after epoch ${start.epochs}`)
          if (name !== 'last') await files.save(checkpointPath(folder, 'last'), bytes)
          return TE.right(start)
        }
        damaged.push(`${path} cannot be used: ${read.left}`)
      }
      return TE.left(
        incompatibleCheckpoint(
          damaged.length > 0 ? damaged : `${folder} has no checkpoint`,
          'no checkpoint of this run is usable: start a new run',
        ),
      )
    }, unwritable(folder)),
  )

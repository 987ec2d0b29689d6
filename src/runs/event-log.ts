/**
 * Logs for TensorBoard, written during training: a folder each for `train` and `evaluation`, with the tags
 * `epoch_cost` and `epoch_accuracy`.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { dirname, join } from 'node:path'
import type { WriteFailed } from '../errors.ts'
import type { Metrics } from '../core/evaluate.ts'
import type { Files } from '../io/files.ts'
import { refuseLink } from '../io/own-folder.ts'
import type { TimedEpoch } from './history.ts'
import type { Owner } from '../io/lock.ts'
import { eventFileName, fileVersion, scalars, sessionStart } from './tensorboard.ts'
import { unwritable } from '../io/failure.ts'

export type EventLog = { readonly epoch: (timed: TimedEpoch) => TE.TaskEither<WriteFailed, void> }

/**
 * Appends to new files, which are created with the first epoch.
 *
 * @param epochs the epochs that are done already: a resumed run discards the values after them
 */
export const eventLog = (
  files: Files,
  folder: string,
  date: () => Date,
  { host, pid }: Owner,
  epochs: number,
): EventLog => {
  const began = date().getTime() / 1000
  const begun = new Set<string>()
  const add = async (set: string, epoch: number, { cost, correct, n }: Metrics): Promise<void> => {
    const path = join(folder, set, eventFileName(began, host, pid))
    if (!begun.has(set)) {
      for (const own of [folder, dirname(path)]) await refuseLink(files, own)
      await files.makeFolder(dirname(path))
      await files.append(path, fileVersion(began))
      if (epochs > 0) await files.append(path, sessionStart(began, epochs + 1))
      begun.add(set)
    }
    const values = { epoch_cost: cost, epoch_accuracy: correct / n }
    await files.append(path, scalars(date().getTime() / 1000, epoch, values))
  }
  return {
    epoch: ({ report: { epoch, training, evaluation } }) =>
      TE.tryCatch(async () => {
        if (training !== undefined) await add('train', epoch, training)
        if (evaluation !== undefined) await add('evaluation', epoch, evaluation)
      }, unwritable(folder)),
  }
}

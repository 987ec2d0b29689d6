/**
 * The folders that the program makes within the folder of a run or a study. A folder may have come from a stranger, and a
 * link in it may lead to any folder of the user.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { writeFailed, type AppError } from '../errors.ts'
import type { Files } from './files.ts'

const isLink = async (files: Files, folder: string): Promise<boolean> =>
  (await files.follow(folder)) !== folder

/** The same as `checkNoLink`, for callers that turn the errors of `node:fs` into messages. */
export const refuseLink = async (files: Files, folder: string): Promise<void> => {
  if (await isLink(files, folder)) throw Object.assign(new Error(`${folder} is a link`), { code: 'ELOOP' })
}

/** Fails where a folder is a symbolic link: nothing is written outside the folder that the user has named. */
export const checkNoLink = (files: Files, folder: string): TE.TaskEither<AppError, void> =>
  pipe(
    TE.fromTask(() => isLink(files, folder)),
    TE.filterOrElse(
      link => !link,
      (): AppError =>
        writeFailed(
          `${folder} is a symbolic link, and nothing is written outside the folder that it is in`,
          'put the folder that it leads to in its place',
        ),
    ),
    TE.asUnit,
  )

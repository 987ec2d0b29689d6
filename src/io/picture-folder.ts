/**
 * The pictures of a folder.
 */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { unreadable } from './failure.ts'
import { isFolder } from './read.ts'

/** Endings of pictures; of those that cannot be read, the error says so file by file. */
const PICTURE = /\.(png|jpe?g|gif|webp|bmp|tiff?|heic|avif)$/i

/** The pictures in a folder, 2.png before 10.png; any other path is returned as it is. */
export const pictureFiles = (path: string): TaskEither<DataError, readonly string[]> =>
  pipe(
    isFolder(path),
    TE.flatMap(folder => (folder ? picturesIn(path) : TE.right([path]))),
  )

const picturesIn = (folder: string): TaskEither<DataError, readonly string[]> =>
  pipe(
    TE.tryCatch(() => readdir(folder, { withFileTypes: true }), unreadable(folder)),
    TE.map(entries =>
      entries
        .filter(entry => !entry.isDirectory() && PICTURE.test(entry.name) && !entry.name.startsWith('.'))
        .map(entry => entry.name)
        .toSorted(new Intl.Collator('en', { numeric: true }).compare)
        .map(name => join(folder, name)),
    ),
    TE.filterOrElse(
      found => found.length > 0,
      () =>
        dataError(
          `${folder}: this folder has no pictures`,
          'give a folder with .png files, or the files themselves',
        ),
    ),
  )

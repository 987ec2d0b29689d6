/**
 * The pictures and the folders in a folder.
 */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { Dirent } from 'node:fs'
import { opendir } from 'node:fs/promises'
import { join } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { grouped } from '../format.ts'
import { unreadable } from './failure.ts'
import { isFolder } from './read.ts'

/** Endings of pictures; of those that cannot be read, the error says so file by file. */
const PICTURE = /\.(png|jpe?g|gif|webp|bmp|tiff?|heic|avif)$/i

/** The most entries of a folder that are listed. */
const MOST_ENTRIES = 1_000_000

const { compare } = new Intl.Collator('en', { numeric: true })

/** 2.png before 10.png; of names that differ in zeros only, such as 1 and 01, always the same one first. */
const byName = (a: string, b: string): number => compare(a, b) || (a < b ? -1 : 1)

/** The names of folders and of pictures, each in order; hidden entries and other files are left out. */
export type PictureFolder = { readonly folders: readonly string[]; readonly pictures: readonly string[] }

/** What a folder holds. A link to a folder is a folder; a link with the name of a picture is a picture. */
export const listPictures = (folder: string): TaskEither<DataError, PictureFolder> =>
  pipe(
    TE.tryCatch(() => entriesOf(folder), unreadable(folder)),
    TE.filterOrElse(
      entries => entries.length <= MOST_ENTRIES,
      () =>
        dataError(
          `${folder}: has more than ${grouped(MOST_ENTRIES)} entries`,
          'give a folder with fewer pictures',
        ),
    ),
    TE.flatMapTask(entries => async () => {
      const folders: string[] = []
      const pictures: string[] = []
      for (const entry of entries) {
        const isLink = !entry.isDirectory() && !entry.isFile()
        if (entry.isDirectory() || (isLink && (await isFolderNow(join(folder, entry.name)))))
          folders.push(entry.name)
        else if (PICTURE.test(entry.name)) pictures.push(entry.name)
      }
      return { folders: folders.toSorted(byName), pictures: pictures.toSorted(byName) }
    }),
  )

/** The entries that are not hidden, as far as the limit. */
const entriesOf = async (folder: string): Promise<readonly Dirent[]> => {
  const found: Dirent[] = []
  for await (const entry of await opendir(folder, { bufferSize: 1024 })) {
    if (!entry.name.startsWith('.')) found.push(entry)
    if (found.length > MOST_ENTRIES) break
  }
  return found
}

const isFolderNow = async (path: string): Promise<boolean> => {
  const found = await isFolder(path)()
  return found._tag === 'Right' && found.right
}

/** The pictures in a folder; any other path is returned as it is. */
export const pictureFiles = (path: string): TaskEither<DataError, readonly string[]> =>
  pipe(
    isFolder(path),
    TE.flatMap(folder => (folder ? picturesIn(path) : TE.right([path]))),
  )

const picturesIn = (folder: string): TaskEither<DataError, readonly string[]> =>
  pipe(
    listPictures(folder),
    TE.map(({ pictures }) => pictures.map(name => join(folder, name))),
    TE.filterOrElse(
      found => found.length > 0,
      () =>
        dataError(
          `${folder}: this folder has no pictures`,
          'give a folder with PNG or JPEG files (.png, .jpg), or the files themselves',
        ),
    ),
  )

/**
 * The IDX files of a data set in a folder, under the names that are in use for them.
 *
 * MNIST's own names, with `-idx` or `.idx`, with `.gz` or without; EMNIST's and QMNIST's, which have a prefix and `test` in
 * place of `t10k`; each file also inside a folder of its name, as Kaggle's archive has it; all of them also in `raw` or
 * `MNIST/raw`, where torchvision puts them.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { unreadable } from '../io/failure.ts'

/** Where the four files may be, from the folder that was given. */
const PLACES = ['', 'raw', 'MNIST/raw']

/** The name of an IDX file: its prefix, which set, what it holds, and its form. */
const NAME = /^(.*?)(train|t10k|test)-(images|labels)[-.](idx\d-[a-z]+)(\.gz)?$/

type IdxName = {
  readonly prefix: string
  readonly set: string
  readonly what: string
  /** Such as `idx3-ubyte`. */
  readonly form: string
}

const parsed = (name: string): IdxName | undefined => {
  const [, prefix, set, what, form] = NAME.exec(name) ?? []
  return prefix === undefined || set === undefined || what === undefined || form === undefined
    ? undefined
    : { prefix, set: set === 'test' ? 't10k' : set, what, form }
}

type Listed = IdxName & { readonly path: string }

/** The IDX files by their names; a folder with such a name is looked into. A dangling link counts, so that it is named. */
const listed = async (folder: string, within = 1): Promise<readonly Listed[]> => {
  const names = (await readdir(folder)).sort()
  const found = await Promise.all(
    names.map(async (name): Promise<readonly Listed[]> => {
      const [path, what] = [join(folder, name), parsed(name)]
      if (what === undefined) return []
      const isFolder = await stat(path).then(
        found => found.isDirectory(),
        () => false,
      )
      if (isFolder) return within > 0 ? listed(path, within - 1) : []
      return [{ ...what, path }]
    }),
  )
  return found.flat()
}

const inPlaces = async (folder: string): Promise<readonly Listed[]> => {
  for (const place of PLACES) {
    const found = await listed(join(folder, place)).catch((error: unknown) => {
      if (place === '') throw error
      return []
    })
    if (found.length > 0) return found
  }
  return []
}

/** The IDX files of a folder. */
export const listIdxFiles = (folder: string): TaskEither<DataError, readonly Listed[]> =>
  TE.tryCatch(() => inPlaces(folder), unreadable(folder))

/** `emnist-letters-` as `emnist-letters`. */
export const setName = (prefix: string): string => prefix.replace(/[-_.]$/, '')

/**
 * The paths of the files with these names of MNIST's, such as `train-images-idx3-ubyte`, in their order. A file of another
 * form is found where the right one is missing: its decoder says what it is.
 *
 * @param set its name, such as `emnist-letters`, where a folder holds several; undefined if it must hold one
 */
export const findIdxFiles = (
  folder: string,
  names: readonly string[],
  set: string | undefined,
): TaskEither<DataError, readonly string[]> =>
  pipe(
    listIdxFiles(folder),
    TE.flatMapEither(files => {
      const sets = [...new Set(files.map(({ prefix }) => prefix))]
      const prefix = sets.find(prefix => setName(prefix) === (set ?? ''))
      if (prefix === undefined && sets.length > 1)
        return E.left(
          dataError(
            `${folder}: holds the files of several data sets: ${sets.map(setName).join(', ')}`,
            `give one of them: --data ${join(folder, setName(sets[0]!))}`,
          ),
        )
      return pipe(
        names,
        E.traverseArray(name =>
          find(
            folder,
            files.filter(file => file.prefix === (prefix ?? sets[0])),
            name,
          ),
        ),
      )
    }),
  )

const find = (folder: string, files: readonly Listed[], name: string): E.Either<DataError, string> => {
  const wanted = parsed(name)
  const fitting = files.filter(file => file.set === wanted?.set && file.what === wanted.what)
  return pipe(
    fitting.find(file => file.form === wanted?.form) ?? fitting[0],
    E.fromNullable(
      dataError(
        `${folder}: has no ${name}, nor ${name}.gz`,
        "put MNIST's four files there, each gzipped or not: " +
          'train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte, t10k-labels-idx1-ubyte',
      ),
    ),
    E.map(({ path }) => path),
  )
}

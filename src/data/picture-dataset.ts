/**
 * A data set as a folder of pictures: a folder for each class, in one set or in `train` and `test`.
 *
 * ```
 * FOLDER/<class>/….png      FOLDER/train/<class>/….png  FOLDER/test/<class>/….png
 * ```
 *
 * Pictures are taken as they are, a pixel from 0 for black to 255 for white: a set is not cropped. All must have one size.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { dataError, type DataError } from '../errors.ts'
import { counted, grouped } from '../format.ts'
import type { GreyImage, Size } from '../image/grey.ts'
import { listPictures } from '../io/picture-folder.ts'
import { readBytes } from '../io/read.ts'
import type { Dataset, Examples } from './dataset.ts'
import { folderName, splitTraining } from './mnist.ts'
import type { LoadProgress } from './progress.ts'
import { shuffled, splitInThree, splitNote } from './split.ts'

/** The most bytes of one file, and of the pixels of a set. */
const MOST_FILE_BYTES = 2 ** 24
const MOST_PIXELS = 2 ** 29

/** A label is a byte. */
const MOST_CLASSES = 256

/** Files that are read at the same time. */
const AT_ONCE = 8

/** The folders of a set that comes in two parts. */
const TRAIN = /^train(ing)?$/i
const TEST = /^test(ing)?$/i

/** The folder of a class, and its pictures. */
type ClassFolder = { readonly name: string; readonly folder: string; readonly files: readonly string[] }

export type PictureOptions = {
  readonly onProgress: (progress: LoadProgress) => void
  /** Stops the reading, with an error. */
  readonly signal: AbortSignal
}

/** The folders in a folder, each with its pictures. */
const classFolders = (folder: string): TaskEither<DataError, readonly ClassFolder[]> =>
  pipe(
    listPictures(folder),
    TE.flatMap(({ folders }) =>
      pipe(
        folders,
        TE.traverseSeqArray(name =>
          pipe(
            listPictures(join(folder, name)),
            TE.map(({ pictures }) => ({ name, folder: join(folder, name), files: pictures })),
          ),
        ),
      ),
    ),
  )

/** The folders of a set's parts, each with the folders of its classes. */
export type PictureFolders = {
  readonly train: readonly ClassFolder[]
  /** Undefined for a set that comes in one part. */
  readonly test: readonly ClassFolder[] | undefined
}

/** The pictures of a data set in a folder; undefined if it has no folders with pictures. */
export const findPictures = (folder: string): TaskEither<DataError, PictureFolders | undefined> =>
  pipe(
    listPictures(folder),
    TE.flatMap(({ folders }) => {
      const train = folders.find(name => TRAIN.test(name))
      const test = folders.find(name => TEST.test(name))
      return pipe(
        classFolders(train === undefined ? folder : join(folder, train)),
        TE.flatMap((found): TaskEither<DataError, PictureFolders | undefined> => {
          if (train === undefined) return TE.right({ train: found, test: undefined })
          // a class may be named so
          if (!hasPictures(found)) return oneSet(folder)
          return test === undefined
            ? TE.left(
                dataError(
                  `${folder}: has a folder ${train}, but none for the test set`,
                  `add ${join(folder, 'test')} with the same classes, or give --data ${join(folder, train)}: it is split at random`,
                ),
              )
            : pipe(
                classFolders(join(folder, test)),
                TE.map(tested => ({ train: found, test: tested })),
              )
        }),
      )
    }),
    TE.map(found => (found !== undefined && hasPictures(found.train) ? found : undefined)),
  )

const oneSet = (folder: string): TaskEither<DataError, PictureFolders> =>
  pipe(
    classFolders(folder),
    TE.map(train => ({ train, test: undefined })),
  )

const hasPictures = (folders: readonly ClassFolder[]): boolean =>
  folders.some(({ files }) => files.length > 0)

/** The data set in these folders. */
export const readPictures = (
  folder: string,
  { train, test }: PictureFolders,
  options: PictureOptions,
): TaskEither<DataError, Dataset> =>
  pipe(
    E.Do,
    E.bind('classes', () => classesOfFolders(folder, train)),
    E.tap(() => withoutEmpty([...train, ...(test ?? [])])),
    E.tap(({ classes }) => areKnown(classes, test ?? [])),
    TE.fromEither,
    TE.bind('first', () => readPicture(undefined)(fileOf(train[0]!, 0))),
    TE.bind('training', ({ classes, first }) => readSet(train, classes, first, options)),
    TE.bind('test', ({ classes, first }) =>
      test === undefined ? TE.right(undefined) : readSet(test, classes, first, options),
    ),
    TE.map(({ classes, training, test }) => {
      const sets =
        test === undefined ? splitInThree(training) : { ...splitTraining(shuffled(training)), test }
      const notes = [classNote(classes), ...(test === undefined ? [splitNote(sets)] : [])]
      return {
        name: folderName(folder),
        source: folder,
        note: notes.filter(note => note !== '').join('; ') || undefined,
        ...sets,
      }
    }),
  )

/** The label of each class, by the name of its folder. */
type Labels = ReadonlyMap<string, number>

/** A folder named by a digit keeps its number, so that 3 and 8 are still 3 and 8; other folders count from 0. */
const classesOfFolders = (folder: string, train: readonly ClassFolder[]): E.Either<DataError, Labels> => {
  const areDigits = train.every(({ name }) => /^\d$/.test(name))
  return train.length > MOST_CLASSES
    ? E.left(
        dataError(
          `${folder}: has ${train.length} folders of classes; the limit is ${MOST_CLASSES}`,
          'give fewer classes',
        ),
      )
    : E.right(new Map(train.map(({ name }, i) => [name, areDigits ? Number(name) : i])))
}

/** The names that stand for classes, where a name is not the number of its class. */
const classNote = (classes: Labels): string =>
  [...classes].every(([name, label]) => name === String(label))
    ? ''
    : `classes: ${[...classes].map(([name, label]) => `${label} = ${name}`).join(', ')}`

const withoutEmpty = (folders: readonly ClassFolder[]): E.Either<DataError, void> => {
  const empty = folders.find(({ files }) => files.length === 0)
  return empty === undefined
    ? E.right(undefined)
    : E.left(
        dataError(
          `${empty.folder}: this folder of a class has no pictures`,
          `put the PNG or JPEG files of the class directly into it, or remove it; if it holds the folders of the classes, give --data ${empty.folder}`,
        ),
      )
}

const areKnown = (classes: Labels, test: readonly ClassFolder[]): E.Either<DataError, void> => {
  const unknown = test.find(({ name }) => !classes.has(name))
  return unknown === undefined
    ? E.right(undefined)
    : E.left(
        dataError(
          `${unknown.folder}: the training set has no class ${unknown.name}`,
          `give the test set the classes of the training set: ${[...classes.keys()].slice(0, 10).join(', ')}`,
        ),
      )
}

const fileOf = ({ folder, files }: ClassFolder, i: number): string => join(folder, files[i]!)

type Picture = GreyImage & { readonly file: string }

/** A picture, if it has the size of the first one. */
const readPicture =
  (first: Picture | undefined) =>
  (file: string): TaskEither<DataError, Picture> =>
    pipe(
      readBytes(file, MOST_FILE_BYTES),
      // on demand: most data sets are no pictures
      TE.bindTo('bytes'),
      TE.bind('images', () => TE.fromTask(() => import('../image/image-files.ts'))),
      TE.flatMap(({ bytes, images }) => images.decodePicture(file)(bytes)),
      TE.filterOrElse(
        ({ width, height }) => first === undefined || (width === first.width && height === first.height),
        found =>
          dataError(
            `${file}: has ${shapeOf(found)} pixels, ${first?.file} has ${first === undefined ? '' : shapeOf(first)}`,
            'scale all pictures of the set to one size',
          ),
      ),
      TE.map(found => ({ ...found, file })),
    )

const shapeOf = ({ width, height }: Size): string => `${width} x ${height}`

/** The pictures of these folders, class by class, with their labels. */
const readSet = (
  folders: readonly ClassFolder[],
  classes: Labels,
  first: Picture,
  { onProgress, signal }: PictureOptions,
): TaskEither<DataError, Examples> => {
  const files = folders.flatMap(of => of.files.map((_, i) => fileOf(of, i)))
  const width = first.width * first.height
  if (files.length * width > MOST_PIXELS)
    return TE.left(
      dataError(
        `${folders[0]!.folder} and the folders beside it: ${counted(files.length, 'picture')} of ${shapeOf(first)} have ${grouped(files.length * width)} pixels in all; the limit is ${grouped(MOST_PIXELS)}`,
        'scale the pictures down, or give fewer of them',
      ),
    )
  return async () => {
    const bytes = new Uint8Array(files.length * width)
    for (let from = 0; from < files.length; from += AT_ONCE) {
      if (signal.aborted) return E.left(dataError('the reading of the pictures was stopped', 'run it again'))
      const found = await pipe(files.slice(from, from + AT_ONCE), TE.traverseArray(readPicture(first)))()
      if (E.isLeft(found)) return found
      found.right.forEach(({ pixels }, i) => bytes.set(pixels, (from + i) * width))
      onProgress({ what: 'reading pictures', done: from + found.right.length, of: files.length })
      // lets Ctrl-C be handled
      await setImmediate()
    }
    return E.right({
      size: files.length,
      inputs: { kind: 'bytes', width, bytes },
      desired: {
        kind: 'labels',
        labels: Uint8Array.from(folders.flatMap(of => of.files.map(() => classes.get(of.name)!))),
      },
    })
  }
}

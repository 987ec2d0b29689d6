/**
 * MNIST, and other data sets in the form of MNIST's four files, such as Fashion-MNIST.
 *
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
 */
import * as A from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { identity, pipe } from 'fp-ts/lib/function.js'
import { createHash } from 'node:crypto'
import { basename, dirname, join, resolve } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { counted } from '../format.ts'
import { classesOf } from './classes.ts'
import { sliceExamples, type Dataset, type Examples } from './dataset.ts'
import { findIdxFiles } from './find-idx.ts'
import { readUnpacked } from './gzip.ts'
import { decodeImages, decodeLabels, encodeLabels, type Images } from './idx.ts'
import { kindOf } from '../io/read.ts'

/** The four files, by their content. */
export type FileRole = 'trainImages' | 'trainLabels' | 'testImages' | 'testLabels'

/** One value for each of the four files. */
export type MnistFiles<T> = Readonly<Record<FileRole, T>>

/** The smaller files first, so that a download that fails does so early. */
export const fileRoles: ReadonlyArray<FileRole> = ['testLabels', 'trainLabels', 'testImages', 'trainImages']

/** The names of four files, and the length and SHA-256 of their unpacked content. */
export type KnownFiles = MnistFiles<{ readonly name: string; readonly bytes: number; readonly sum: string }>

/** MNIST's own files. */
export const mnist: KnownFiles = {
  trainImages: {
    name: 'train-images-idx3-ubyte',
    bytes: 47_040_016,
    sum: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
  },
  trainLabels: {
    name: 'train-labels-idx1-ubyte',
    bytes: 60_008,
    sum: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
  },
  testImages: {
    name: 't10k-images-idx3-ubyte',
    bytes: 7_840_016,
    sum: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
  },
  testLabels: {
    name: 't10k-labels-idx1-ubyte',
    bytes: 10_008,
    sum: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  },
}

/** One of the four files, unpacked. */
export type CheckedFile = {
  /** The name to use in errors. */
  readonly file: string
  readonly bytes: Uint8Array
  /** SHA-256 of the bytes, in hexadecimal. */
  readonly sum: string
}

/** SHA-256 in hexadecimal. */
export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

/** Bytes with the name to use in errors and their SHA-256. */
export const checkFile =
  (file: string) =>
  (bytes: Uint8Array): CheckedFile => ({ file, bytes, sum: sha256(bytes) })

/** Whether labels are those of MNIST's test set, in whatever file they came. */
export const isMnistTest = (labels: Uint8Array): boolean =>
  sha256(encodeLabels(labels)) === mnist.testLabels.sum

/** All four in parallel, or the first error. */
const all = A.sequenceS(TE.ApplyPar)
const both = A.sequenceS(E.Apply)

/** The most bytes of an unpacked file. EMNIST's digits, the largest set of this kind, have 220 MB. */
const LIMIT = 2 ** 29

const readPart = (file: string): TaskEither<DataError, CheckedFile> =>
  pipe(readUnpacked(file, LIMIT), TE.map(checkFile(file)))

/**
 * The four files of a folder, unpacked, with their SHA-256; not yet decoded.
 *
 * @param set its name, where the folder holds several data sets
 */
export const readFour = (
  folder: string,
  known: KnownFiles,
  set?: string,
): TaskEither<DataError, MnistFiles<CheckedFile>> =>
  pipe(
    kindOf(folder),
    TE.filterOrElse(
      kind => kind === 'folder',
      () => dataError(`${folder}: is a file, not a folder`, "give the folder with MNIST's four files"),
    ),
    TE.flatMap(() =>
      findIdxFiles(
        folder,
        fileRoles.map(role => known[role].name),
        set,
      ),
    ),
    TE.flatMap(paths => {
      const read = (role: FileRole): TaskEither<DataError, CheckedFile> =>
        readPart(paths[fileRoles.indexOf(role)]!)
      return all({
        trainImages: read('trainImages'),
        trainLabels: read('trainLabels'),
        testImages: read('testImages'),
        testLabels: read('testLabels'),
      })
    }),
  )

/** Whether the four files must be MNIST's, or may be another data set's. */
export type FolderRule = 'must be MNIST' | 'any'

const roleOf = (known: KnownFiles, sum: string): FileRole | undefined =>
  fileRoles.find(role => known[role].sum === sum)

/**
 * Whether the four files are MNIST's.
 *
 * If one of them is, all must be. This finds a changed byte in a file of MNIST and files that were swapped, and yet
 * accepts other data sets.
 */
const isMnist =
  (rule: FolderRule, known: KnownFiles) =>
  (four: MnistFiles<CheckedFile>): E.Either<DataError, boolean> => {
    const expected =
      rule === 'must be MNIST' || fileRoles.some(role => roleOf(known, four[role].sum) !== undefined)
    const wrong = expected ? fileRoles.find(role => four[role].sum !== known[role].sum) : undefined
    if (wrong === undefined) return E.right(expected)
    const { file, sum } = four[wrong]
    const other = roleOf(known, sum)
    const holds = other === undefined ? '' : ` (the contents of ${known[other].name})`
    return E.left(
      dataError(
        `${file}: is not MNIST's ${known[wrong].name}: its SHA-256, unpacked, is ${sum}${holds}, expected ${known[wrong].sum}`,
        rule === 'any'
          ? "get this file again, since others in the folder are MNIST's; or put other data into another folder"
          : 'get this file again; for other data, use --data FOLDER',
      ),
    )
  }

type Labelled = { readonly images: Images; readonly labels: Uint8Array }

const shape = ({ rows, columns }: Images): string => `${rows} x ${columns}`

/** The images and the labels of a pair of files. */
const decodePair = (
  images: CheckedFile,
  labels: CheckedFile,
  isTransposed: boolean,
): E.Either<DataError, Labelled> =>
  pipe(
    both({
      images: pipe(decodeImages(images.file)(images.bytes), E.map(isTransposed ? transpose : identity)),
      labels: decodeLabels(labels.file)(labels.bytes),
    }),
    E.filterOrElse(
      decoded => decoded.images.count === decoded.labels.length,
      decoded =>
        dataError(
          `${labels.file}: has ${counted(decoded.labels.length, 'label')} for the ${counted(decoded.images.count, 'image')} of ${images.file}`,
          'take both files from the same data set',
        ),
    ),
  )

/**
 * The data set in four files. The first five sixths of the training file become the training set, the last sixth the
 * validation set, as in the book: 50,000 and 10,000 of MNIST's 60,000.
 */
export const assembleDataset =
  (rule: FolderRule, known: KnownFiles, name: string, source: string, isTransposed = false) =>
  (four: MnistFiles<CheckedFile>): E.Either<DataError, Dataset> =>
    pipe(
      both({
        train: decodePair(four.trainImages, four.trainLabels, isTransposed),
        test: decodePair(four.testImages, four.testLabels, isTransposed),
      }),
      E.filterOrElse(
        ({ train, test }) => shape(train.images) === shape(test.images),
        ({ train, test }) =>
          dataError(
            `${four.testImages.file}: has images of ${shape(test.images)}, ${four.trainImages.file} of ${shape(train.images)}`,
            'take all four files from the same data set',
          ),
      ),
      E.bind('isMnist', () => isMnist(rule, known)(four)),
      E.bind('classes', ({ train, test }) =>
        classesOf([
          { file: four.trainLabels.file, labels: train.labels },
          { file: four.testLabels.file, labels: test.labels },
        ]),
      ),
      E.map(({ train, test, isMnist, classes: { labels, note } }) => ({
        name: isMnist ? 'MNIST' : name,
        source,
        note,
        ...splitTraining(examplesOf(train.images, labels[0]!)),
        test: examplesOf(test.images, labels[1]!),
      })),
    )

const examplesOf = ({ count, rows, columns, pixels }: Images, labels: Uint8Array): Examples => ({
  size: count,
  inputs: { kind: 'bytes', width: rows * columns, columns, bytes: pixels },
  desired: { kind: 'labels', labels },
})

/** The first five sixths for training, the last sixth for validation. */
export const splitTraining = (all: Examples): Pick<Dataset, 'training' | 'validation'> => {
  const split = all.size - Math.floor(all.size / 6)
  return {
    training: sliceExamples(0, split)(all),
    validation: split < all.size ? sliceExamples(split, all.size)(all) : undefined,
  }
}

/** Images with rows and columns exchanged: EMNIST's are stored by columns. */
const transpose = ({ count, rows, columns, pixels }: Images): Images => {
  const turned = new Uint8Array(pixels.length)
  const size = rows * columns
  for (let i = 0; i < count; i++)
    for (let y = 0; y < rows; y++)
      for (let x = 0; x < columns; x++) turned[i * size + x * rows + y] = pixels[i * size + y * columns + x]!
  return { count, rows: columns, columns: rows, pixels: turned }
}

export type FolderOptions = {
  /** The name of the data set, where the folder holds the files of several. */
  readonly set?: string | undefined
  /** Exchanges rows and columns. */
  readonly isTransposed?: boolean
}

/**
 * The data set in a folder of MNIST's four files, gzipped or not.
 *
 * Exit code 3 for a folder or a file that is missing or damaged, or does not fit the others.
 */
export const readFolder = (
  folder: string,
  rule: FolderRule,
  known = mnist,
  { set, isTransposed = false }: FolderOptions = {},
): TaskEither<DataError, Dataset> =>
  pipe(
    readFour(folder, known, set),
    TE.flatMapEither(assembleDataset(rule, known, set ?? folderName(folder), folder, isTransposed)),
  )

/** The name of a folder; of torchvision's `FashionMNIST/raw`, that of the folder above. */
export const folderName = (folder: string): string => {
  const path = resolve(folder)
  return basename(path) === 'raw' ? basename(dirname(path)) : basename(path)
}

/** The files of MNIST that a folder already has, whole; none if the folder is missing. */
export const readWhole = (
  folder: string,
  known: KnownFiles,
): TaskEither<never, Partial<MnistFiles<CheckedFile>>> =>
  pipe(
    fileRoles,
    TE.traverseArray(role => {
      const file = join(folder, known[role].name)
      return pipe(
        readPart(file),
        TE.map(found => (found.sum === known[role].sum ? { [role]: found } : {})),
        TE.orElse((): TaskEither<never, Partial<MnistFiles<CheckedFile>>> => TE.right({})),
      )
    }),
    TE.map(found =>
      found.reduce<Partial<MnistFiles<CheckedFile>>>((whole, one) => ({ ...whole, ...one }), {}),
    ),
  )

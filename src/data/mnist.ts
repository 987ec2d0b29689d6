/**
 * MNIST, and other data sets in the form of MNIST's four files, such as Fashion-MNIST.
 *
 * Source: Y. LeCun, C. Cortes, C. J. C. Burges, "The MNIST database of handwritten digits".
 */
import * as A from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { sliceExamples, type Dataset, type Examples } from './dataset.ts'
import { gunzipIfNeeded } from './gzip.ts'
import { decodeImages, decodeLabels, type Images } from './idx.ts'
import { kindOf, readBytes } from '../io/read.ts'
import { unreadable } from '../io/failure.ts'

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

/** All four in parallel, or the first error. */
const all = A.sequenceS(TE.ApplyPar)
const both = A.sequenceS(E.Apply)

/** The most bytes of an unpacked file. EMNIST's digits, the largest set of this kind, have 220 MB. */
const LIMIT = 2 ** 29

/** MNIST's names, the spelling in some archives, and both with .gz. */
const spellings = (name: string): ReadonlyArray<string> =>
  [name, name.replace('-idx', '.idx')].flatMap(spelling => [spelling, `${spelling}.gz`])

const find = (folder: string, present: ReadonlyArray<string>, name: string): E.Either<DataError, string> =>
  pipe(
    spellings(name).find(spelling => present.includes(spelling)),
    E.fromNullable(
      dataError(
        `${folder}: has no ${name}, nor ${name}.gz`,
        `put MNIST's four files there: ${fileRoles.map(role => mnist[role].name).join(', ')}, each gzipped or not`,
      ),
    ),
    E.map(found => join(folder, found)),
  )

const readPart = (file: string): TaskEither<DataError, CheckedFile> =>
  pipe(readBytes(file, LIMIT), TE.flatMap(gunzipIfNeeded(file, LIMIT)), TE.map(checkFile(file)))

/** The four files of a folder, unpacked, with their SHA-256; not yet decoded. */
export const readFour = (folder: string, known: KnownFiles): TaskEither<DataError, MnistFiles<CheckedFile>> =>
  pipe(
    kindOf(folder),
    TE.filterOrElse(
      kind => kind === 'folder',
      () => dataError(`${folder}: is a file, not a folder`, "give the folder with MNIST's four files"),
    ),
    TE.flatMap(() => TE.tryCatch(() => readdir(folder), unreadable(folder))),
    TE.flatMap(present => {
      const read = (role: FileRole): TaskEither<DataError, CheckedFile> =>
        pipe(TE.fromEither(find(folder, present, known[role].name)), TE.flatMap(readPart))
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

/** The largest label of a data set of ten digits. */
const MOST = 9

const shape = ({ rows, columns }: Images): string => `${rows} x ${columns}`

const examples = (
  images: CheckedFile,
  labels: CheckedFile,
): E.Either<DataError, { images: Images; examples: Examples }> =>
  pipe(
    both({
      images: decodeImages(images.file)(images.bytes),
      labels: decodeLabels(labels.file, MOST)(labels.bytes),
    }),
    E.filterOrElse(
      decoded => decoded.images.count === decoded.labels.length,
      decoded =>
        dataError(
          `${labels.file}: has ${decoded.labels.length} labels for the ${decoded.images.count} images of ${images.file}`,
          'take both files from the same data set',
        ),
    ),
    E.map(decoded => ({
      images: decoded.images,
      examples: {
        size: decoded.images.count,
        inputs: {
          kind: 'bytes' as const,
          width: decoded.images.rows * decoded.images.columns,
          bytes: decoded.images.pixels,
        },
        desired: { kind: 'labels' as const, labels: decoded.labels },
      },
    })),
  )

/**
 * The data set in four files. The first five sixths of the training file become the training set, the last sixth the
 * validation set, as in the book: 50,000 and 10,000 of MNIST's 60,000.
 */
export const assembleDataset =
  (rule: FolderRule, known: KnownFiles, name: string, source: string) =>
  (four: MnistFiles<CheckedFile>): E.Either<DataError, Dataset> =>
    pipe(
      both({
        train: examples(four.trainImages, four.trainLabels),
        test: examples(four.testImages, four.testLabels),
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
      E.map(({ train, test, isMnist }) => {
        const { size } = train.examples
        const split = size - Math.floor(size / 6)
        return {
          name: isMnist ? 'MNIST' : name,
          source,
          training: sliceExamples(0, split)(train.examples),
          validation: split < size ? sliceExamples(split, size)(train.examples) : undefined,
          test: test.examples,
        }
      }),
    )

/**
 * The data set in a folder of MNIST's four files, gzipped or not.
 *
 * Exit code 3 for a folder or a file that is missing or damaged, or does not fit the others.
 */
export const readFolder = (folder: string, rule: FolderRule, known = mnist): TaskEither<DataError, Dataset> =>
  pipe(
    readFour(folder, known),
    TE.flatMapEither(assembleDataset(rule, known, basename(resolve(folder)), folder)),
  )

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

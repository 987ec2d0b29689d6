/** The data set that `--data` asks for, or the best one that is available. */
import * as T from 'fp-ts/lib/Task.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { basename, dirname, join } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import type { Dataset } from './dataset.ts'
import { digitsCounts, type DigitsCounts } from './digits.ts'
import { loadDigits } from './digits-cache.ts'
import { findCsvPairs, readCsv } from './csv-dataset.ts'
import { download, mirrors, patience, type Patience } from './download.ts'
import { listIdxFiles, setName } from './find-idx.ts'
import { readJson } from './json-dataset.ts'
import { mnist, readFolder, type KnownFiles } from './mnist.ts'
import { readPickle } from './pickle-dataset.ts'
import { findPictures, readPictures } from './picture-dataset.ts'
import type { LoadProgress } from './progress.ts'
import { defaultDataFolder } from '../io/data-folder.ts'
import { exists, kindOf } from '../io/read.ts'

/** What to load, and where from. */
export type LoadOptions = {
  /** auto, mnist, digits, or the path of a folder or of a file. */
  readonly choice: string
  /** Environment variables. */
  readonly env: NodeJS.ProcessEnv
  /** Where the program keeps data sets; by default `data` in the current folder of a clone, else the user's cache. */
  readonly dataFolder?: string
  /** Called with each line that the user must see. */
  readonly onNotice: (line: string) => void
  /** Receives how much of a long operation is done. */
  readonly onProgress: (progress: LoadProgress) => void
  /** Stops long operations, with an error. */
  readonly signal?: AbortSignal
  /** The addresses to download MNIST from, in the order in which they are tried. */
  readonly mirrors?: ReadonlyArray<string>
  /** How long to wait for a mirror. */
  readonly patience?: Patience
  /** The checksums of MNIST's files. */
  readonly known?: KnownFiles
  /** How many digits are generated. */
  readonly digits?: DigitsCounts
}

type Options = Required<LoadOptions>

const NO_MNIST = 'or train on synthetic digits with --data digits'

const changed =
  (message: (before: string) => string, remedy: (before: string) => string) =>
  (error: DataError): DataError =>
    dataError(message(error.message), remedy(error.remedy))

/** MNIST in the folder of MNIST_DIR. Since the user asked for it, nothing replaces it if it cannot be used. */
const fromEnvironment = (folder: string, known: KnownFiles): TaskEither<DataError, Dataset> =>
  pipe(
    readFolder(folder, 'must be MNIST', known),
    TE.mapLeft(
      changed(
        message => `MNIST_DIR: ${message}`,
        remedy => `${remedy}; or unset MNIST_DIR`,
      ),
    ),
  )

/** MNIST from the data folder, or downloaded and then kept there. */
const keptOrDownloaded = (options: Options): TaskEither<DataError, Dataset> => {
  const folder = join(options.dataFolder, 'mnist')
  return pipe(
    readFolder(folder, 'must be MNIST', options.known),
    TE.orElse(() => download({ ...options, folder })),
  )
}

const findMnist = (options: Options): TaskEither<DataError, Dataset> => {
  const folder = options.env.MNIST_DIR ?? ''
  return folder === '' ? keptOrDownloaded(options) : fromEnvironment(folder, options.known)
}

/** A notice that is hard to miss: the results of this run are not about MNIST. */
const standIn = ({ message, remedy }: DataError): ReadonlyArray<string> => [
  '',
  '*** THIS IS NOT MNIST: training on synthetic digits. ***',
  `    ${message}.`,
  `    For the real digits: ${remedy}.`,
  '',
]

const automatic = (options: Options): TaskEither<DataError, Dataset> =>
  (options.env.MNIST_DIR ?? '') !== ''
    ? findMnist(options)
    : pipe(
        keptOrDownloaded(options),
        TE.orElse(error => {
          if (options.signal.aborted) return TE.left(error)
          standIn(error).forEach(options.onNotice)
          return syntheticDigits(options)
        }),
      )

const syntheticDigits = (options: Options): TaskEither<DataError, Dataset> =>
  loadDigits({ ...options, counts: options.digits })

/** After the path of IDX files: exchanges rows and columns of the images, since EMNIST's are stored by columns. */
const TRANSPOSED = ':transposed'

/** What `--data` reads, for errors. */
const FORMS =
  "give a folder of IDX files (MNIST's four names, or EMNIST's; FOLDER:transposed for images stored by columns), " +
  'mnist.pkl.gz of the book, a FILE.csv (label first or last; mnist_train.csv with mnist_test.csv beside it), ' +
  'a folder of PNG or JPEG pictures (FOLDER/<class>/…, or FOLDER/train/<class>/… with FOLDER/test/<class>/…), or a FILE.json'

const fromPath = (options: Options): TaskEither<DataError, Dataset> => {
  const { choice, known } = options
  const isTransposed = choice.endsWith(TRANSPOSED)
  const path = isTransposed ? choice.slice(0, -TRANSPOSED.length) : choice
  return pipe(
    exists(path),
    TE.flatMap(there =>
      there ? fromFileOrFolder(path, isTransposed, options) : oneOfSeveral(path, isTransposed, known),
    ),
    TE.mapLeft(
      changed(
        message => `--data ${message}`,
        remedy => remedy,
      ),
    ),
  )
}

/** How a file is read, by the end of its name. */
const readers: readonly (readonly [RegExp, (path: string) => TaskEither<DataError, Dataset>])[] = [
  [/\.json$/i, readJson],
  [/\.(pkl|pickle)(\.gz)?$/i, readPickle],
  [/\.csv(\.gz)?$/i, readCsv],
]

const fromFileOrFolder = (
  path: string,
  isTransposed: boolean,
  options: Options,
): TaskEither<DataError, Dataset> =>
  pipe(
    kindOf(path),
    TE.flatMap(kind => {
      if (kind === 'folder' && !isTransposed) return fromFolder(path, options)
      if (kind === 'folder') return readFolder(path, 'any', options.known, { isTransposed })
      if (isTransposed)
        return TE.left(
          dataError(`${path}${TRANSPOSED}: only IDX files can be transposed`, `leave out ${TRANSPOSED}`),
        )
      const read = readers.find(([ending]) => ending.test(path))?.[1]
      return read !== undefined ? read(path) : noDataset(path)
    }),
  )

const noDataset = (path: string): TaskEither<DataError, never> =>
  TE.left(dataError(`${path}: this is no data set that can be read`, FORMS))

/** The data set in a folder: IDX files, else a pair of CSV files, else pictures. */
const fromFolder = (path: string, options: Options): TaskEither<DataError, Dataset> =>
  pipe(
    listIdxFiles(path),
    TE.flatMap(idx =>
      idx.length > 0
        ? readFolder(path, 'any', options.known)
        : pipe(
            findCsvPairs(path),
            TE.flatMap(([pair, other]) => {
              if (other !== undefined)
                return TE.left(
                  dataError(
                    `${path}: holds the CSV files of several data sets`,
                    `give one of them: --data ${pair}`,
                  ),
                )
              return pair !== undefined ? readCsv(pair) : fromPictures(path, options)
            }),
          ),
    ),
  )

const fromPictures = (path: string, options: Options): TaskEither<DataError, Dataset> =>
  pipe(
    findPictures(path),
    TE.flatMap(found => (found === undefined ? noDataset(path) : readPictures(path, found, options))),
  )

/** The data set with this name among several in a folder, such as `gzip/emnist-letters`. */
const oneOfSeveral = (
  path: string,
  isTransposed: boolean,
  known: KnownFiles,
): TaskEither<DataError, Dataset> => {
  const [folder, set] = [dirname(path), basename(path)]
  return pipe(
    listIdxFiles(folder),
    TE.map(files => files.some(({ prefix }) => setName(prefix) === set)),
    TE.getOrElse(() => T.of(false)),
    TE.fromTask,
    TE.flatMap(there =>
      there
        ? readFolder(folder, 'any', known, { set, isTransposed })
        : pipe(
            kindOf(path),
            TE.flatMap(() => noDataset(path)),
          ),
    ),
  )
}

/**
 * The data set of a choice:
 *
 * - `auto`: MNIST from `$MNIST_DIR`; else from `mnist` in the data folder; else from its mirrors; else synthetic
 *   digits, with a notice
 * - `mnist`: the same, without the synthetic digits
 * - `digits`: synthetic digits
 * - a folder with four files in MNIST's form, whatever they show, with a pair of CSV files, or with pictures by class; or a
 *   file: JSON, CSV, or the book's pickle
 *
 * Exit code 3 if the data is missing, damaged or of another kind. That holds for the folder of `MNIST_DIR`, too:
 * nothing replaces it.
 */
export const loadChosenData = (given: LoadOptions): TaskEither<DataError, Dataset> => {
  const options: Options = {
    dataFolder: defaultDataFolder(given.env),
    mirrors,
    patience,
    known: mnist,
    digits: digitsCounts,
    signal: new AbortController().signal,
    ...given,
  }
  return pipe(
    chosen(options),
    TE.tapIO(({ name, note }) => () => {
      if (note !== undefined) options.onNotice(`network2: ${name}: ${note}`)
    }),
  )
}

const chosen = (options: Options): TaskEither<DataError, Dataset> => {
  switch (options.choice) {
    case 'auto':
      return automatic(options)
    case 'mnist':
      return pipe(
        findMnist(options),
        TE.mapLeft(
          changed(
            message => message,
            remedy => `${remedy}; ${NO_MNIST}`,
          ),
        ),
      )
    case 'digits':
      return syntheticDigits(options)
    default:
      return fromPath(options)
  }
}

/** From what a person asks for, or from nothing, to a data set. */
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import type { Dataset } from './dataset.ts'
import { digitsCounts, loadDigits, type Counts } from './digits-cache.ts'
import { download, mirrors, patience, type Patience } from './download.ts'
import { readJson } from './json-dataset.ts'
import { mnist, readFolder, type KnownFiles } from './mnist.ts'
import type { LoadProgress } from './progress.ts'
import { kindOf } from '../io/read.ts'

export type LoadOptions = {
  /** auto, mnist, digits, or the path of a folder or of a JSON file. */
  readonly choice: string
  /** Environment variables. */
  readonly env: NodeJS.ProcessEnv
  /** Where the program keeps data sets: `data` in the folder one is in, unless given. */
  readonly dataFolder?: string
  /** Called with each line of something that a person must know. */
  readonly onNotice: (line: string) => void
  readonly onProgress: (progress: LoadProgress) => void
  /** Ends what takes long, with an error. */
  readonly signal?: AbortSignal
  readonly mirrors?: ReadonlyArray<string>
  readonly patience?: Patience
  readonly known?: KnownFiles
  readonly digits?: Counts
}

type Options = Required<LoadOptions>

const NO_MNIST = '--data digits trains on digits that this program draws'

const changed =
  (message: (before: string) => string, remedy: (before: string) => string) =>
  (error: DataError): DataError =>
    dataError(message(error.message), remedy(error.remedy))

/** MNIST in the folder that the environment names. It was asked for: where it is unfit, nothing takes its place. */
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

/** MNIST as it was kept, or downloaded and then kept. */
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

/** What a person must not overlook: the numbers of this run are not about MNIST. */
const standIn = ({ message, remedy }: DataError): ReadonlyArray<string> => [
  '',
  '*** THIS IS NOT MNIST: training on digits that this program draws itself. ***',
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
          return drawn(options)
        }),
      )

const drawn = (options: Options): TaskEither<DataError, Dataset> =>
  loadDigits({ ...options, counts: options.digits })

const fromPath = ({ choice, known }: Options): TaskEither<DataError, Dataset> =>
  pipe(
    kindOf(choice),
    TE.flatMap(kind => {
      if (kind === 'folder') return readFolder(choice, 'any', known)
      return choice.toLowerCase().endsWith('.json')
        ? readJson(choice)
        : TE.left(
            dataError(
              `${choice}: is neither a folder nor a .json file`,
              "give the folder that MNIST's four files are in, or a data set as FILE.json",
            ),
          )
    }),
    TE.mapLeft(
      changed(
        message => `--data ${message}`,
        remedy => remedy,
      ),
    ),
  )

/**
 * The data set of a choice:
 *
 * - `auto`: MNIST in `$MNIST_DIR`; else in `mnist` of the data folder; else from its mirrors; else, with a notice that
 *   nobody can miss, drawn digits
 * - `mnist`: the same, without the digits
 * - `digits`: drawn digits
 * - a folder with MNIST's four files, of whatever they are; or a JSON file
 *
 * Exit code 3 where the data is missing, damaged or not what it should be. `MNIST_DIR` set to a folder that is unfit is
 * such an error too, never a reason to take something else.
 */
export const loadData = (given: LoadOptions): TaskEither<DataError, Dataset> => {
  const options: Options = {
    dataFolder: 'data',
    mirrors,
    patience,
    known: mnist,
    digits: digitsCounts,
    signal: new AbortController().signal,
    ...given,
  }
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
      return drawn(options)
    default:
      return fromPath(options)
  }
}

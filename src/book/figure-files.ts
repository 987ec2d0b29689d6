/** The files of the author's figures: downloaded from his repository, checked, and stored for the next time. */
import * as E from 'fp-ts/lib/Either.js'
import type { Task } from 'fp-ts/lib/Task.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { patience, type Patience } from '../data/download.ts'
import { get } from '../data/get.ts'
import { sha256 } from '../data/mnist.ts'
import { readBytes } from '../io/read.ts'
import { writeBestEffort } from '../io/write.ts'
import { decodeText } from '../io/text.ts'
import { dataError, type DataError } from '../errors.ts'
import { decodeFigure, published, source, type Figure, type FigureName, type Published } from './published.ts'

type Sum = Pick<Published, 'bytes' | 'sum'>

export type FigureOptions = {
  /** A folder that has the files; if it is given, nothing is downloaded. */
  readonly folder?: string | undefined
  /** The folder for stored data sets. */
  readonly dataFolder: string
  readonly onNotice: (line: string) => void
  readonly source?: string
  readonly patience?: Patience
  readonly known?: Readonly<Record<FigureName, Sum>>
}

/**
 * A figure's data: from the given folder; without one, from the stored file, or downloaded and then stored.
 *
 * Fails if the folder lacks the file or has another one, or if the download fails: a caller can still compare with the
 * facts in `published`.
 */
export const loadFigure = (name: FigureName, given: FigureOptions): TaskEither<DataError, Figure> =>
  load(name, given, fetched)

/** Why the data of a figure are missing. */
export type MissingFigure = { readonly name: FigureName; readonly error: DataError }

/**
 * The data of several figures, each as `loadFigure` loads it. After a download that fails, no other one is tried: without a
 * network, each of them would have to fail first. The figures without a stored file then have the error of that download.
 */
export const loadFigures =
  (
    names: readonly FigureName[],
    given: FigureOptions,
  ): Task<{
    readonly figures: ReadonlyMap<FigureName, Figure>
    readonly missing: readonly MissingFigure[]
  }> =>
  async () => {
    const figures = new Map<FigureName, Figure>()
    const missing: MissingFigure[] = []
    let failure: DataError | undefined
    const fetchedOnce: Fetcher = (...of) =>
      failure !== undefined
        ? TE.left(failure)
        : pipe(
            fetched(...of),
            TE.tapError(error => TE.fromIO(() => void (failure = error))),
          )
    for (const name of new Set(names)) {
      const loaded = await load(name, given, fetchedOnce)()
      if (E.isRight(loaded)) figures.set(name, loaded.right)
      else missing.push({ name, error: loaded.left })
    }
    return { figures, missing }
  }

/** Downloads a file. */
type Fetcher = (address: string, known: Sum, patience: Patience) => TaskEither<DataError, Uint8Array>

const load = (name: FigureName, given: FigureOptions, fetch: Fetcher): TaskEither<DataError, Figure> => {
  const { folder, dataFolder, onNotice, ...from } = {
    folder: undefined,
    source,
    patience,
    known: published,
    ...given,
  }
  const known = from.known[name]
  const file = `${name}.json`
  const bytes =
    folder === undefined
      ? storedOrFetched(
          join(dataFolder, 'published', file),
          `${from.source}${file}`,
          known,
          address => fetch(address, known, from.patience),
          onNotice,
        )
      : inFolder(join(folder, file), known)
  return pipe(
    bytes,
    TE.flatMapEither(decodeText(file)),
    TE.flatMapEither(text => decodeFigure(file, text)),
  )
}

const inFolder = (path: string, known: Sum): TaskEither<DataError, Uint8Array> =>
  pipe(
    read(path, known),
    TE.mapLeft(({ message, remedy }) => dataError(`--published ${message}`, remedy)),
  )

const storedOrFetched = (
  path: string,
  address: string,
  known: Sum,
  fetch: (address: string) => TaskEither<DataError, Uint8Array>,
  log: (line: string) => void,
): TaskEither<DataError, Uint8Array> =>
  pipe(
    read(path, known),
    TE.orElse(() =>
      pipe(
        fetch(address),
        TE.tap(bytes => store(path, bytes, log)),
      ),
    ),
  )

const sumIs =
  ({ sum }: Sum) =>
  (bytes: Uint8Array): E.Either<string, Uint8Array> => {
    const found = sha256(bytes)
    return found === sum ? E.right(bytes) : E.left(`its SHA-256 is ${found}, expected ${sum}`)
  }

/** More than any figure has, so that the error for a wrong file is about its content and not about its size. */
const LIMIT = 2 ** 20

const read = (path: string, known: Sum): TaskEither<DataError, Uint8Array> =>
  pipe(
    readBytes(path, LIMIT),
    TE.flatMapEither(bytes =>
      pipe(
        sumIs(known)(bytes),
        E.mapLeft(why => dataError(`${path} is not the author's file: ${why}`, `get it from ${source}`)),
      ),
    ),
  )

const fetched: Fetcher = (address, known, patience) =>
  pipe(
    address,
    get({ ...patience, bytes: known.bytes }, () => undefined),
    TE.flatMapEither(sumIs(known)),
    TE.mapLeft(why =>
      dataError(
        `${address}: ${why}`,
        'connect to the internet and try again, or give the folder that has the file with --published DIR',
      ),
    ),
  )

/** A folder that cannot be written does not prevent the comparison. */
const store = (path: string, bytes: Uint8Array, log: (line: string) => void): TaskEither<never, void> =>
  pipe(
    writeBestEffort(path, bytes),
    TE.orElse(why => TE.fromIO(() => log(`${path} could not be stored for the next time: ${why}`))),
  )

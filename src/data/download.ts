/** MNIST from its public mirrors: bounded in size and time, checked by its SHA-256, and kept for the next run. */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import type { Dataset } from './dataset.ts'
import { get, proxyNote, type Bounds } from './get.ts'
import { gunzipIfNeeded } from './gzip.ts'
import { isMarkup } from './idx.ts'
import {
  assembleDataset,
  checkFile,
  readWhole,
  fileRoles,
  type MnistFiles,
  type KnownFiles,
  type CheckedFile,
  type FileRole,
} from './mnist.ts'
import type { LoadProgress } from './progress.ts'
import { writeBestEffort } from '../io/write.ts'

/** The public mirrors of MNIST's gzipped files, in the order in which they are tried. */
export const mirrors: ReadonlyArray<string> = [
  'https://ossci-datasets.s3.amazonaws.com/mnist/',
  'https://storage.googleapis.com/cvdf-datasets/mnist/',
]

/** How long a server may take. `answerMs` is short: offline, every start waits for it. */
export type Patience = Omit<Bounds, 'bytes' | 'signal'>

export const patience: Patience = { answerMs: 3_000, pauseMs: 10_000, totalMs: 600_000 }

export type Download = {
  /** Where the files are kept. */
  readonly folder: string
  readonly mirrors: ReadonlyArray<string>
  readonly patience: Patience
  /** What the files must be: MNIST's own. */
  readonly known: KnownFiles
  readonly onNotice: (line: string) => void
  readonly onProgress: (progress: LoadProgress) => void
  /** Stops the download, with an error. */
  readonly signal: AbortSignal
  /** Environment variables: a proxy that is set is named in errors. */
  readonly env: NodeJS.ProcessEnv
}

/** The file of MNIST in the body of an answer, or why it is not that file. */
const check =
  ({ name, bytes, sum }: KnownFiles[FileRole]) =>
  (body: Uint8Array): TaskEither<string, CheckedFile> => {
    if (isMarkup(body)) return TE.left('sent an HTML page instead of gzip')
    return pipe(
      gunzipIfNeeded(name, bytes)(body),
      TE.bimap(error => error.message, checkFile(name)),
      TE.filterOrElse(
        found => found.sum === sum,
        found => `SHA-256 of ${name} is ${found.sum}, expected ${sum}`,
      ),
    )
  }

/** The most bytes that gzip makes of contents that cannot be compressed. */
const packedAtMost = (bytes: number): number => bytes + Math.ceil(bytes / 1000) + 1024

const fetchPart = (options: Download, mirror: string, role: FileRole): TaskEither<string, CheckedFile> => {
  const { name, bytes } = options.known[role]
  const report = (done: number, total: number | undefined): void =>
    options.onProgress({ what: `downloading ${name}`, done, of: total ?? Math.max(done, bytes) })
  return pipe(
    `${mirror}${name}.gz`,
    get({ ...options.patience, bytes: packedAtMost(bytes), signal: options.signal }, report),
    TE.flatMap(check(options.known[role])),
  )
}

/**
 * Keeps a file, unpacked: checksums are of the unpacked bytes, and the next start is faster. If the folder cannot be
 * written, the training goes on without it.
 */
const store =
  ({ folder, onNotice }: Download) =>
  ({ file, bytes }: CheckedFile): TaskEither<never, void> =>
    pipe(
      writeBestEffort(join(folder, file), bytes),
      TE.orElse(why => TE.fromIO(() => onNotice(`${file} is not kept for the next run: ${why}`))),
    )

/** The files so far, and why each mirror failed. */
type Tried = { readonly have: Partial<MnistFiles<CheckedFile>>; readonly answers: ReadonlyArray<string> }

const complete = ({
  trainImages,
  trainLabels,
  testImages,
  testLabels,
}: Partial<MnistFiles<CheckedFile>>): MnistFiles<CheckedFile> | undefined =>
  trainImages &&
  trainLabels &&
  testImages &&
  testLabels && { trainImages, trainLabels, testImages, testLabels }

/** Fetches the missing files from one mirror, one after the other, until one fails. */
const from =
  (options: Download, mirror: string) =>
  (tried: Tried): TaskEither<never, Tried> =>
  async () => {
    let have = tried.have
    for (const role of fileRoles.filter(missing => tried.have[missing] === undefined)) {
      const fetched = await fetchPart(options, mirror, role)()
      if (E.isLeft(fetched))
        return E.right({ have, answers: [...tried.answers, `${mirror}: ${fetched.left}`] })
      await store(options)(fetched.right)()
      have = { ...have, [role]: fetched.right }
    }
    return E.right({ ...tried, have })
  }

/**
 * MNIST from the first mirror that has it; files that are whole in the folder already are not fetched again.
 *
 * Exit code 3, with the failure of each mirror, if none has it.
 */
export const download = (options: Download): TaskEither<DataError, Dataset> =>
  pipe(
    options.mirrors.reduce(
      (before, mirror) => pipe(before, TE.flatMap(from(options, mirror))),
      pipe(
        readWhole(options.folder, options.known),
        TE.map((have): Tried => ({ have, answers: [] })),
      ),
    ),
    TE.flatMap(({ have, answers }) => {
      const four = complete(have)
      return four === undefined
        ? TE.left(
            dataError(
              `MNIST could not be downloaded. Tried ${answers.join('; ')}`,
              "connect to the internet and try again, or set MNIST_DIR to a folder with MNIST's four files" +
                proxyNote(options.env),
            ),
          )
        : TE.fromEither(assembleDataset('must be MNIST', options.known, 'MNIST', options.folder)(four))
    }),
  )

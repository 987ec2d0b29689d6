/** The data set of synthetic digits: three parts of MNIST's sizes, generated once and kept as IDX files. */
import * as E from 'fp-ts/lib/Either.js'
import * as T from 'fp-ts/lib/Task.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { dataError, type DataError } from '../errors.ts'
import { fold, key, type Key } from '../core/rng.ts'
import { GENERATED_DIGITS, type Dataset } from './dataset.ts'
import { DIGITS_VERSION, digitsSeed, generateDigits, SIDE, type DigitsCounts } from './digits.ts'
import { encodeImages, encodeLabels } from './idx.ts'
import {
  assembleDataset,
  mnist,
  checkFile,
  readFour,
  fileRoles,
  type MnistFiles,
  type CheckedFile,
} from './mnist.ts'
import type { LoadProgress } from './progress.ts'
import { readBytes } from '../io/read.ts'
import { writeBestEffort } from '../io/write.ts'

/** Digits generated between two reports of progress. */
const AT_ONCE = 1000

const SUMS = 'SHA256SUMS'

const sums = (four: MnistFiles<CheckedFile>): string =>
  fileRoles.map(role => `${four[role].sum}  ${mnist[role].name}\n`).join('')

type Drawing = {
  readonly pixels: Uint8Array
  readonly labels: Uint8Array
}

const drawMany = async (
  of: Key,
  count: number,
  signal: AbortSignal,
  onDrawn: (done: number) => void,
): Promise<Drawing> => {
  const pixels = new Uint8Array(count * SIDE * SIDE)
  const labels = new Uint8Array(count)
  for (let from = 0; from < count; from += AT_ONCE) {
    const drawn = generateDigits(of, from, Math.min(AT_ONCE, count - from))
    pixels.set(drawn.images.pixels, from * SIDE * SIDE)
    labels.set(drawn.labels, from)
    onDrawn(from + drawn.labels.length)
    // lets progress be shown and Ctrl-C be handled
    await setImmediate(undefined, { signal })
  }
  return { pixels, labels }
}

const encode = (folder: string, train: Drawing, test: Drawing): MnistFiles<CheckedFile> => {
  const images = ({ pixels, labels }: Drawing): Uint8Array =>
    encodeImages({ count: labels.length, rows: SIDE, columns: SIDE, pixels })
  return {
    trainImages: checkFile(join(folder, mnist.trainImages.name))(images(train)),
    trainLabels: checkFile(join(folder, mnist.trainLabels.name))(encodeLabels(train.labels)),
    testImages: checkFile(join(folder, mnist.testImages.name))(images(test)),
    testLabels: checkFile(join(folder, mnist.testLabels.name))(encodeLabels(test.labels)),
  }
}

export type DigitsOptions = {
  /** Where data sets are kept; the digits get a folder in it. */
  readonly dataFolder: string
  readonly counts: DigitsCounts
  readonly onNotice: (line: string) => void
  readonly onProgress: (progress: LoadProgress) => void
  /** Stops the generation, with an error. */
  readonly signal: AbortSignal
}

/** The folder of this version's digits: a changed generator does not read the files of an older one. */
export const digitsFolder = (dataFolder: string): string => join(dataFolder, 'digits', `v${DIGITS_VERSION}`)

const drawAll = (
  { counts, onProgress, signal }: DigitsOptions,
  folder: string,
): TaskEither<DataError, MnistFiles<CheckedFile>> =>
  TE.tryCatch(async () => {
    const of = counts.train + counts.test
    const report = (before: number) => (done: number) =>
      onProgress({ what: 'generating digits', done: before + done, of })
    const train = await drawMany(fold(key(digitsSeed), 0), counts.train, signal, report(0))
    const test = await drawMany(fold(key(digitsSeed), 1), counts.test, signal, report(counts.train))
    return encode(folder, train, test)
  }, isStopped)

/** An abort is the only expected error. */
const isStopped = (error: unknown): DataError => {
  if ((error as Error).name !== 'AbortError') throw error
  return dataError('the generation of digits was stopped', 'run it again')
}

/** Writes the checksums last: a cache without them, or with others, was not finished, and is generated again. */
const store = (four: MnistFiles<CheckedFile>, folder: string): TaskEither<string, void> =>
  pipe(
    fileRoles,
    TE.traverseSeqArray(role => writeBestEffort(four[role].file, four[role].bytes)),
    TE.flatMap(() => writeBestEffort(join(folder, SUMS), Buffer.from(sums(four)))),
  )

const assembled = (folder: string, four: MnistFiles<CheckedFile>): E.Either<DataError, Dataset> =>
  assembleDataset('any', mnist, GENERATED_DIGITS, folder)(four)

const isSize = (counts: DigitsCounts, found: Dataset): boolean =>
  found.training.size + (found.validation?.size ?? 0) === counts.train && found.test?.size === counts.test

const cached = (folder: string, counts: DigitsCounts): TaskEither<DataError, Dataset> =>
  pipe(
    readBytes(join(folder, SUMS), 4096),
    TE.bindTo('listed'),
    TE.bind('four', () => readFour(folder, mnist)),
    TE.filterOrElse(
      ({ listed, four }) => Buffer.from(listed).toString('latin1') === sums(four),
      () => dataError(`${folder}: its files do not match ${SUMS}`, 'delete the folder'),
    ),
    TE.flatMapEither(({ four }) => assembled(folder, four)),
    TE.filterOrElse(
      found => isSize(counts, found),
      () => dataError(`${folder}: has another number of digits`, 'delete the folder'),
    ),
  )

/**
 * The digits: from the cache, or generated (about 3 s) and then kept. A damaged or unfinished cache is generated again;
 * if the cache cannot be written, the digits are used without it.
 */
export const loadDigits = (options: DigitsOptions): TaskEither<DataError, Dataset> => {
  const folder = digitsFolder(options.dataFolder)
  return pipe(
    cached(folder, options.counts),
    TE.orElse(() =>
      pipe(
        drawAll(options, folder),
        TE.tapTask(four =>
          pipe(
            store(four, folder),
            TE.getOrElse(why =>
              T.fromIO(() => options.onNotice(`the digits are not kept for the next run: ${why}`)),
            ),
          ),
        ),
        TE.flatMapEither(four => assembled(folder, four)),
      ),
    ),
  )
}

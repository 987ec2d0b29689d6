/** The data set of drawn digits: three parts of MNIST's sizes, drawn once and kept as IDX files. */
import * as E from 'fp-ts/lib/Either.js'
import * as T from 'fp-ts/lib/Task.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { data, type DataError } from '../errors.ts'
import { fold, key, type Key } from '../core/rng.ts'
import type { Dataset } from './dataset.ts'
import { DIGITS_VERSION, drawDigits, SIDE } from './digits.ts'
import { encodeImages, encodeLabels } from './idx.ts'
import { assemble, mnist, part, readFour, roles, type Four, type Part } from './mnist.ts'
import type { Progress } from './progress.ts'
import { readBytes } from '../io/read.ts'
import { keepFile } from '../io/write.ts'

/** How many digits are drawn for the training file (a sixth of them for validation) and for the test file. */
export type Counts = { readonly train: number; readonly test: number }

export const digitsCounts: Counts = { train: 60_000, test: 10_000 }

/** The digits' own seed: the data set stays the same, whatever a run is seeded with. */
const SEED = 1

/** Digits drawn between two reports of progress. */
const AT_ONCE = 1000

const SUMS = 'SHA256SUMS'

const sums = (four: Four<Part>): string =>
  roles.map(role => `${four[role].sum}  ${mnist[role].name}\n`).join('')

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
    const drawn = drawDigits(of, from, Math.min(AT_ONCE, count - from))
    pixels.set(drawn.images.pixels, from * SIDE * SIDE)
    labels.set(drawn.labels, from)
    onDrawn(from + drawn.labels.length)
    // So that progress is shown, and that Ctrl-C is heard.
    await setImmediate(undefined, { signal })
  }
  return { pixels, labels }
}

const encode = (folder: string, train: Drawing, test: Drawing): Four<Part> => {
  const images = ({ pixels, labels }: Drawing): Uint8Array =>
    encodeImages({ count: labels.length, rows: SIDE, columns: SIDE, pixels })
  return {
    trainImages: part(join(folder, mnist.trainImages.name))(images(train)),
    trainLabels: part(join(folder, mnist.trainLabels.name))(encodeLabels(train.labels)),
    testImages: part(join(folder, mnist.testImages.name))(images(test)),
    testLabels: part(join(folder, mnist.testLabels.name))(encodeLabels(test.labels)),
  }
}

export type DigitsOptions = {
  /** Where data sets are kept; the digits get a folder inside. */
  readonly dataFolder: string
  readonly counts: Counts
  readonly onNotice: (line: string) => void
  readonly onProgress: (progress: Progress) => void
  /** Ends the drawing, with an error. */
  readonly signal: AbortSignal
}

/** The folder of this version's digits: a changed drawing does not find what an older one left. */
export const digitsFolder = (dataFolder: string): string => join(dataFolder, 'digits', `v${DIGITS_VERSION}`)

const drawAll = (
  { counts, onProgress, signal }: DigitsOptions,
  folder: string,
): TaskEither<DataError, Four<Part>> =>
  TE.tryCatch(async () => {
    const of = counts.train + counts.test
    const report = (before: number) => (done: number) =>
      onProgress({ what: 'drawing digits', done: before + done, of })
    const train = await drawMany(fold(key(SEED), 0), counts.train, signal, report(0))
    const test = await drawMany(fold(key(SEED), 1), counts.test, signal, report(counts.train))
    return encode(folder, train, test)
  }, isStopped)

/** Nothing else ends a drawing. */
const isStopped = (error: unknown): DataError => {
  if ((error as Error).name !== 'AbortError') throw error
  return data('the drawing was stopped', 'run it again')
}

/** The sums last: a cache without them, or with others, is one that was not finished, and is drawn again. */
const store = (four: Four<Part>, folder: string): TaskEither<string, void> =>
  pipe(
    roles,
    TE.traverseSeqArray(role => keepFile(four[role].file, four[role].bytes)),
    TE.chain(() => keepFile(join(folder, SUMS), Buffer.from(sums(four)))),
  )

const assembled = (folder: string, four: Four<Part>): E.Either<DataError, Dataset> =>
  assemble('any', mnist, 'digits', `drawn by this program, kept in ${folder}`)(four)

const isSize = (counts: Counts, found: Dataset): boolean =>
  found.training.size + (found.validation?.size ?? 0) === counts.train && found.test?.size === counts.test

const cached = (folder: string, counts: Counts): TaskEither<DataError, Dataset> =>
  pipe(
    readBytes(join(folder, SUMS), 4096),
    TE.bindTo('listed'),
    TE.bind('four', () => readFour(folder, mnist)),
    TE.filterOrElse(
      ({ listed, four }) => Buffer.from(listed).toString('latin1') === sums(four),
      () => data(`${folder}: its files are not those that ${SUMS} lists`, 'remove the folder'),
    ),
    TE.chainEitherK(({ four }) => assembled(folder, four)),
    TE.filterOrElse(
      found => isSize(counts, found),
      () => data(`${folder}: holds digits of another number`, 'remove the folder'),
    ),
  )

/**
 * The digits: as they were kept, or drawn (about 3 s) and then kept. A damaged or unfinished cache is drawn again, and
 * one that cannot be written is done without.
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
              T.fromIO(() => options.onNotice(`the digits are not kept for the next time: ${why}`)),
            ),
          ),
        ),
        TE.chainEitherKW(four => assembled(folder, four)),
      ),
    ),
  )
}

/**
 * The data set in `mnist.pkl.gz`, the file that comes with the book.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { basename } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { compactInputs, type Dataset, type Examples } from './dataset.ts'
import { readUnpacked } from './gzip.ts'
import { isMnistTest } from './mnist.ts'
import { decodePickle, type PickledArray } from './pickle.ts'

/** The book's file has 220 MB, unpacked. */
const LIMIT = 2 ** 29

const aligned = (bytes: Uint8Array): ArrayBuffer => new Uint8Array(bytes).buffer

const images = ({ shape: [n = 0, width = 0], type, bytes }: PickledArray): Float32Array | undefined =>
  type === '<f4' && n > 0 && width > 0 && bytes.length === 4 * n * width
    ? new Float32Array(aligned(bytes))
    : undefined

const labels = ({ shape: [n = 0, more], type, bytes }: PickledArray): Uint8Array | undefined => {
  if (type !== '<i8' || more !== undefined || bytes.length !== 8 * n) return undefined
  const all = new BigInt64Array(aligned(bytes))
  return all.every(label => label >= 0n && label < 256n) ? Uint8Array.from(all, Number) : undefined
}

const examples = ([x, y]: readonly PickledArray[]): Examples | undefined => {
  if (x === undefined || y === undefined) return undefined
  const [floats, classes] = [images(x), labels(y)]
  if (floats === undefined || classes === undefined || x.shape[0] !== classes.length) return undefined
  return {
    size: classes.length,
    inputs: compactInputs({ kind: 'floats', width: x.shape[1]!, floats }),
    desired: { kind: 'labels', labels: classes },
  }
}

/** Decodes a data set from the bytes of a pickle; `file` is the name to use in errors. */
export const decodePickleDataset =
  (file: string) =>
  (bytes: Uint8Array): E.Either<DataError, Dataset> =>
    pipe(
      decodePickle(bytes),
      E.flatMap(parts => {
        const [training, validation, test] = parts.map(examples)
        return parts.length === 3 &&
          training !== undefined &&
          validation !== undefined &&
          test !== undefined &&
          [validation, test].every(({ inputs }) => inputs.width === training.inputs.width)
          ? E.right({
              name:
                test.desired.kind === 'labels' && isMnistTest(test.desired.labels) ? 'MNIST' : basename(file),
              source: file,
              training,
              validation,
              test,
            })
          : E.left('it holds something else')
      }),
      E.mapLeft(why =>
        dataError(
          `${file}: this pickle is not that of the book's mnist.pkl.gz: ${why}`,
          'only (training, validation, test) is read, each of (images, float32 n x 784; labels, int64 n); for other data, use IDX, CSV or JSON',
        ),
      ),
    )

/** The data set in a file like the book's `mnist.pkl.gz`, gzipped or not. */
export const readPickle = (file: string): TaskEither<DataError, Dataset> =>
  pipe(readUnpacked(file, LIMIT), TE.flatMapEither(decodePickleDataset(file)))

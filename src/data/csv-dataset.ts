/**
 * A data set as CSV, as Kaggle and others have MNIST: an image a line, its label first or last, pixels 0 to 255.
 *
 * ```
 * label,pixel0,pixel1,…
 * 7,0,0,…
 * ```
 *
 * One file is split at random; of a pair, such as mnist_train.csv and mnist_test.csv, the second is the test set.
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { readdir } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { counted } from '../format.ts'
import { classesOf } from './classes.ts'
import type { Dataset, Examples } from './dataset.ts'
import { readUnpacked } from './gzip.ts'
import { isMarkup, markupError } from './idx.ts'
import { isMnistTest, splitTraining } from './mnist.ts'
import { shuffled, splitInThree, splitNote } from './split.ts'
import { unreadable } from '../io/failure.ts'
import { exists } from '../io/read.ts'
import { decodeText } from '../io/text.ts'

const LIMIT = 2 ** 28

/** The names of the column with the label. */
const LABEL = /^"?(label|class|target|digit|y)"?$/i

const FORM =
  'write one image a line: its label, 0 to 255, first or last, and its pixels, 0 to 255, separated by commas'

/** Where the label is: in the column that a header names so, else in the first. */
const columnOf = (header: readonly string[] | undefined): E.Either<string, number> => {
  if (header === undefined) return E.right(0)
  const at = header.findIndex(name => LABEL.test(name.trim()))
  if (at === 0 || (at > 0 && at === header.length - 1)) return E.right(at)
  return E.left(
    at < 0
      ? "no column is named label, so these images have no classes (Kaggle's test.csv has none)"
      : `the label is in column ${at + 1}; it must be the first or the last`,
  )
}

type Rows = { readonly width: number; readonly pixels: Uint8Array; readonly labels: Uint8Array }

const rowsOf = (lines: readonly string[], first: number, column: number): E.Either<string, Rows> => {
  const columns = lines[first]!.split(',').length
  const width = columns - 1
  if (width < 1) return E.left(`line ${first + 1} has no comma`)
  const count = lines.length - first
  const [pixels, labels] = [new Uint8Array(count * width), new Uint8Array(count)]
  for (let i = 0; i < count; i++) {
    const fields = lines[first + i]!.split(',')
    if (fields.length !== columns)
      return E.left(
        `line ${first + i + 1} has ${counted(fields.length, 'column')}, the lines before it ${columns}`,
      )
    for (let j = 0, to = i * width; j < columns; j++) {
      const value = Number(fields[j])
      if (!Number.isInteger(value) || value < 0 || value > 255 || fields[j]!.trim() === '')
        return E.left(
          `line ${first + i + 1}, column ${j + 1} is ${JSON.stringify(fields[j]!.slice(0, 20))}, not a whole number from 0 to 255`,
        )
      if (j === column) labels[i] = value
      else pixels[to++] = value
    }
  }
  return E.right({ width, pixels, labels })
}

/** The images and labels of one file. */
const decodeRows =
  (file: string) =>
  (text: string): E.Either<DataError, Rows> => {
    const lines = text.trimEnd().split(/\r?\n/)
    const head = headerOf(lines[0]!)
    const first = head === undefined ? 0 : 1
    return pipe(
      lines.length > first && lines[first] !== '' ? columnOf(head) : E.left('it has no images'),
      E.flatMap(column => rowsOf(lines, first, column)),
      E.mapLeft(found => dataError(`${file}: ${found}`, FORM)),
    )
  }

/** The names of the columns, if a first line has them. */
const headerOf = (line: string): readonly string[] | undefined => {
  const fields = line.split(',')
  return fields.some(name => !Number.isFinite(Number(name.replaceAll('"', '')))) ? fields : undefined
}

/** Whether a header names columns, none of which is the label: Kaggle's digit-recognizer has such a test.csv. */
const lacksLabels = (text: string): boolean => {
  const end = text.indexOf('\n')
  const header = headerOf(end < 0 ? text : text.slice(0, end))
  return header !== undefined && !header.some(name => LABEL.test(name.trim()))
}

const examplesOfRows = ({ width, pixels }: Rows, labels: Uint8Array): Examples => ({
  size: labels.length,
  inputs: { kind: 'bytes', width, bytes: pixels },
  desired: { kind: 'labels', labels },
})

const joined = (...notes: readonly (string | undefined)[]): string =>
  notes.filter(note => note !== undefined).join('; ')

/** Decodes a data set from CSV text; `file` is its path, for errors and as its source. */
export const decodeCsvDataset =
  (file: string) =>
  (text: string): E.Either<DataError, Dataset> =>
    pipe(
      decodeRows(file)(text),
      E.bindTo('rows'),
      E.bind('classes', ({ rows: { labels } }) => classesOf([{ file, labels }])),
      E.map(({ rows, classes: { labels, note } }) => {
        const split = splitInThree(examplesOfRows(rows, labels[0]!))
        return { name: basename(file), source: file, note: joined(note, splitNote(split)), ...split }
      }),
    )

/** Decodes a data set from the texts of two files, of which the second has the test set. */
export const decodeCsvPair =
  (file: string, testFile: string) =>
  (text: string, testText: string): E.Either<DataError, Dataset> =>
    pipe(
      E.Do,
      E.bind('train', () => decodeRows(file)(text)),
      E.bind('test', () => decodeRows(testFile)(testText)),
      E.filterOrElse(
        ({ train, test }) => train.width === test.width,
        ({ train, test }) =>
          dataError(
            `${testFile}: has ${counted(test.width, 'pixel')} in a line, ${file} has ${train.width}`,
            'take both files from the same data set, or move one of them to another folder',
          ),
      ),
      E.bind('classes', ({ train, test }) =>
        classesOf([
          { file, labels: train.labels },
          { file: testFile, labels: test.labels },
        ]),
      ),
      E.map(({ train, test, classes: { labels, note } }) => {
        const training = examplesOfRows(train, labels[0]!)
        const isMnist = isMnistTest(labels[1]!)
        return {
          name: isMnist ? 'MNIST' : basename(file),
          source: file,
          note: joined(note, `the test set is ${testFile}`),
          // MNIST keeps its order, and so its validation set; other files may be sorted by class
          ...splitTraining(isMnist ? training : shuffled(training)),
          test: examplesOfRows(test, labels[1]!),
        }
      }),
    )

const readCsvText = (file: string): TaskEither<DataError, string> =>
  pipe(
    readUnpacked(file, LIMIT),
    TE.flatMapEither(bytes => (isMarkup(bytes) ? E.left(markupError(file, 'CSV')) : decodeText(file)(bytes))),
  )

/** The name of the file with the test set, for one with the training set: mnist_test.csv for mnist_train.csv. */
const partnerOf = (name: string): string | undefined => {
  const partner = name.replace(/train(?!.*train)/i, 'test')
  return partner === name ? undefined : partner
}

/** The data set in a CSV file, gzipped or not; with `train` in its name, the file with `test` beside it is its test set. */
export const readCsv = (file: string): TaskEither<DataError, Dataset> => {
  const name = partnerOf(basename(file))
  const partner = name === undefined ? undefined : join(dirname(file), name)
  return pipe(
    TE.Do,
    TE.bind('text', () => readCsvText(file)),
    TE.bind('isThere', () => (partner === undefined ? TE.right(false) : exists(partner))),
    TE.flatMap(({ text, isThere }) =>
      partner === undefined || !isThere
        ? TE.fromEither(decodeCsvDataset(file)(text))
        : pipe(
            readCsvText(partner),
            TE.flatMapEither(testText =>
              lacksLabels(testText)
                ? pipe(
                    decodeCsvDataset(file)(text),
                    E.map(set => ({
                      ...set,
                      note: joined(set.note, `${partner} is not used: it has no labels`),
                    })),
                  )
                : decodeCsvPair(file, partner)(text, testText),
            ),
          ),
    ),
  )
}

/** The CSV files with a training set in a folder that also holds their test set. */
export const findCsvPairs = (folder: string): TaskEither<DataError, readonly string[]> =>
  pipe(
    TE.tryCatch(() => readdir(folder), unreadable(folder)),
    TE.map(names => {
      const csv = new Set(names.filter(name => /^[^.].*\.csv(\.gz)?$/i.test(name)))
      return [...csv]
        .filter(name => csv.has(partnerOf(name) ?? ''))
        .toSorted()
        .map(name => join(folder, name))
    }),
  )

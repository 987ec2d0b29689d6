/**
 * A data set as CSV, as Kaggle and others have MNIST: an image a line, its label first or last, pixels 0 to 255.
 *
 * ```
 * label,pixel0,pixel1,…
 * 7,0,0,…
 * ```
 */
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { basename } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { classesOf } from './classes.ts'
import type { Dataset } from './dataset.ts'
import { readUnpacked } from './gzip.ts'
import { isMarkup, markupError } from './idx.ts'
import { splitInThree, splitNote } from './split.ts'
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
      return E.left(`line ${first + i + 1} has ${fields.length} columns, the lines before it ${columns}`)
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

/** Decodes a data set from CSV text; `file` is its path, for errors and as its source. */
export const decodeCsvDataset =
  (file: string) =>
  (text: string): E.Either<DataError, Dataset> => {
    const lines = text.trimEnd().split(/\r?\n/)
    const head = lines[0]!.split(',')
    const hasHeader = head.some(name => !Number.isFinite(Number(name.replaceAll('"', ''))))
    const first = hasHeader ? 1 : 0
    return pipe(
      lines.length > first && lines[first] !== ''
        ? columnOf(hasHeader ? head : undefined)
        : E.left('it has no images'),
      E.flatMap(column => rowsOf(lines, first, column)),
      E.mapLeft(found => dataError(`${file}: ${found}`, FORM)),
      E.bindTo('rows'),
      E.bind('classes', ({ rows: { labels } }) => classesOf([{ file, labels }])),
      E.map(({ rows: { width, pixels }, classes: { labels, note } }) => {
        const split = splitInThree({
          size: labels[0]!.length,
          inputs: { kind: 'bytes', width, bytes: pixels },
          desired: { kind: 'labels', labels: labels[0]! },
        })
        const notes = [...(note === undefined ? [] : [note]), splitNote(split)]
        return { name: basename(file), source: file, note: notes.join('; '), ...split }
      }),
    )
  }

/** The data set in a CSV file, gzipped or not. */
export const readCsv = (file: string): TaskEither<DataError, Dataset> =>
  pipe(
    readUnpacked(file, LIMIT),
    TE.flatMapEither(bytes =>
      isMarkup(bytes)
        ? E.left(markupError(file, 'CSV'))
        : pipe(decodeText(file)(bytes), E.flatMap(decodeCsvDataset(file))),
    ),
  )

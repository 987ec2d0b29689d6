/**
 * A data set as JSON, for small data written by hand or by another program.
 *
 * ```
 * { "training": { "inputs": [[0, 1], …], "targets": [[1], …] or "labels": [1, …] }, "validation"?, "test"? }
 * ```
 */
import * as A from 'fp-ts/lib/Apply.js'
import * as E from 'fp-ts/lib/Either.js'
import type { TaskEither } from 'fp-ts/lib/TaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { basename } from 'node:path'
import { dataError, type DataError } from '../errors.ts'
import { counted } from '../format.ts'
import { parts, type DesiredOutputs, type Dataset, type Examples, type Inputs } from './dataset.ts'
import { isMarkup, markupError } from './idx.ts'
import { parseJson, shortValue } from '../io/json.ts'
import { readBytes } from '../io/read.ts'
import { decodeText } from '../io/text.ts'

/** An error without the name of its file: what is wrong and where, and what to do. */
type Flaw = { readonly found: string; readonly remedy: string }

type Decoded<T> = E.Either<Flaw, T>

const flaw = (found: string, remedy: string): E.Either<Flaw, never> => E.left({ found, remedy })

const both = A.sequenceS(E.Apply)

/** The value of an own key: keys such as `__proto__` or `constructor` are ordinary ones. */
const own = (object: object, name: string): unknown =>
  Object.hasOwn(object, name) ? (object as Readonly<Record<string, unknown>>)[name] : undefined

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const list = (at: string, value: unknown): Decoded<ReadonlyArray<unknown>> => {
  if (!Array.isArray(value))
    return flaw(`${at} is ${shortValue(value)}, not an array`, `write ${at} as [ … ]`)
  return value.length > 0
    ? E.right(value as ReadonlyArray<unknown>)
    : flaw(`${at} is empty`, 'give at least one example')
}

const NUMBER = "write a number that float32 can hold: JSON's own numbers, up to 3.4e38"

/** Rows of numbers of equal width, as float32, [rows, width]. */
const matrix = (at: string, value: unknown): Decoded<{ width: number; floats: Float32Array }> => {
  const rows = list(at, value)
  if (E.isLeft(rows)) return rows
  const first: unknown = rows.right[0]
  const width = Array.isArray(first) ? first.length : 0
  const floats = new Float32Array(rows.right.length * width)
  for (let i = 0; i < rows.right.length; i++) {
    const row: unknown = rows.right[i]
    if (!Array.isArray(row))
      return flaw(`${at}[${i}] is ${shortValue(row)}, not a row of numbers`, 'write each row as [ … ]')
    if (row.length === 0) return flaw(`${at}[${i}] is empty`, 'give each row at least one number')
    if (row.length !== width)
      return flaw(
        `${at}[${i}] has ${counted(row.length, 'number')}, the rows before it ${width}`,
        `give every row of ${at} the same number of numbers`,
      )
    for (let j = 0; j < width; j++) {
      const x: unknown = row[j]
      if (typeof x !== 'number') return flaw(`${at}[${i}][${j}] is ${shortValue(x)}, not a number`, NUMBER)
      if (!Number.isFinite(Math.fround(x)))
        return flaw(`${at}[${i}][${j}] is ${shortValue(x)}, too large for float32`, NUMBER)
      floats[i * width + j] = x
    }
  }
  return E.right({ width, floats })
}

const inputs = (at: string, value: unknown): Decoded<Inputs> =>
  pipe(
    matrix(at, value),
    E.map(found => ({ kind: 'floats', ...found })),
  )

const targets = (at: string, value: unknown): Decoded<DesiredOutputs> =>
  pipe(
    matrix(at, value),
    E.map(({ width, floats }) => ({ kind: 'targets', width, targets: floats })),
  )

const labels = (at: string, value: unknown): Decoded<DesiredOutputs> =>
  pipe(
    list(at, value),
    E.flatMap(found => {
      const wrong = found.findIndex(x => !(Number.isInteger(x) && (x as number) >= 0 && (x as number) <= 255))
      return wrong < 0
        ? E.right({ kind: 'labels' as const, labels: Uint8Array.from(found as ReadonlyArray<number>) })
        : flaw(
            `${at}[${wrong}] is ${shortValue(found[wrong])}, not a whole number from 0 to 255`,
            'write a class as its number, and anything else as "targets"',
          )
    }),
  )

const desired = (at: string, of: object): Decoded<DesiredOutputs> => {
  const [rows, classes] = [own(of, 'targets'), own(of, 'labels')]
  if (rows !== undefined && classes !== undefined)
    return flaw(`${at} has both "targets" and "labels"`, 'remove one of them')
  if (rows !== undefined) return targets(`${at}.targets`, rows)
  if (classes !== undefined) return labels(`${at}.labels`, classes)
  return flaw(
    `${at} has neither "targets" nor "labels"`,
    'add "targets" (a row of numbers per example) or "labels" (a class per example)',
  )
}

const rowsOf = (found: DesiredOutputs): number =>
  found.kind === 'labels' ? found.labels.length : found.targets.length / found.width

const examples = (at: string, value: unknown): Decoded<Examples> =>
  isRecord(value)
    ? pipe(
        both({ inputs: inputs(`${at}.inputs`, own(value, 'inputs')), desired: desired(at, value) }),
        E.flatMap(found => {
          const size = found.inputs.kind === 'floats' ? found.inputs.floats.length / found.inputs.width : 0
          return rowsOf(found.desired) === size
            ? E.right({ size, ...found })
            : flaw(
                `${at} has ${counted(size, 'input')} and ${counted(rowsOf(found.desired), found.desired.kind.slice(0, -1))}`,
                'give one desired output per input, in the same order',
              )
        }),
      )
    : flaw(
        `${at} is ${shortValue(value)}, not an object`,
        `write "${at}": {"inputs": [ … ], "labels": [ … ]}`,
      )

const optional = (at: string, value: unknown): Decoded<Examples | undefined> =>
  value === undefined ? E.right(undefined) : examples(at, value)

const largest = (of: Uint8Array): number => of.reduce((most, label) => Math.max(most, label), 0)

type Part = readonly [name: string, examples: Examples]

const labelsFit = (
  [name, labels]: readonly [string, Uint8Array],
  [other, width]: readonly [string, number],
): string | undefined =>
  largest(labels) < width
    ? undefined
    : `${name}.labels goes up to ${largest(labels)}, but ${other}.targets has rows of ${counted(width, 'number')}`

/** Why two parts of a data set cannot be used with one network, if they cannot. */
const disagreement = ([nameA, a]: Part, [nameB, b]: Part): string | undefined => {
  if (a.inputs.width !== b.inputs.width)
    return `${nameB}.inputs has rows of ${counted(b.inputs.width, 'number')}, ${nameA}.inputs of ${a.inputs.width}`
  if (a.desired.kind === 'labels')
    return b.desired.kind === 'labels'
      ? undefined
      : labelsFit([nameA, a.desired.labels], [nameB, b.desired.width])
  if (b.desired.kind === 'labels') return labelsFit([nameB, b.desired.labels], [nameA, a.desired.width])
  return a.desired.width === b.desired.width
    ? undefined
    : `${nameB}.targets has rows of ${counted(b.desired.width, 'number')}, ${nameA}.targets of ${a.desired.width}`
}

const agree = (dataset: Dataset): Decoded<Dataset> => {
  const all = parts(dataset)
  const found = all
    .flatMap((one, i) => all.slice(i + 1).map(other => disagreement(one, other)))
    .find(wrong => wrong !== undefined)
  return found === undefined
    ? E.right(dataset)
    : flaw(found, 'give all parts the same number of inputs and of outputs')
}

/**
 * Decodes a data set from JSON text.
 *
 * @param file its path, for errors and as the data set's source
 */
export const decodeJsonDataset =
  (file: string) =>
  (text: string): E.Either<DataError, Dataset> =>
    pipe(
      parseJson(text),
      E.filterOrElse(isRecord, value => `it is ${shortValue(value)}, not an object`),
      E.mapLeft(found => ({
        found,
        remedy: 'write it as {"training": {"inputs": [[0, 1], …], "labels": [1, …]}}',
      })),
      E.flatMap(root =>
        both({
          training: examples('training', own(root, 'training')),
          validation: optional('validation', own(root, 'validation')),
          test: optional('test', own(root, 'test')),
        }),
      ),
      E.map((found): Dataset => ({ name: basename(file), source: file, ...found })),
      E.flatMap(agree),
      E.mapLeft(({ found, remedy }) => dataError(`${file}: ${found}`, remedy)),
    )

/** The most bytes of a JSON data set: the longest string of Node has about 2^29 characters. */
const LIMIT = 2 ** 28

/** The data set in a JSON file. Exit code 3 if it is missing, not JSON, or not a data set. */
export const readJson = (file: string): TaskEither<DataError, Dataset> =>
  pipe(
    readBytes(file, LIMIT),
    TE.flatMapEither(bytes =>
      isMarkup(bytes)
        ? E.left(markupError(file, 'JSON'))
        : pipe(decodeText(file)(bytes), E.flatMap(decodeJsonDataset(file))),
    ),
  )

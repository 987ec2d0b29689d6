/**
 * A journal: what an experiment has found out so far, in a file of JSON lines. It only grows; whoever runs the experiment
 * again reads it first, and does what it lacks.
 *
 * The first line says what the journal is of. A line counts once its end is written: what a killed process left without
 * one is cut off. Everything else that is not as it should be is an error, and never mended.
 */
import {
  closeSync,
  fdatasyncSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { IO } from 'fp-ts/lib/IO.js'
import * as IOE from 'fp-ts/lib/IOEither.js'
import * as t from 'io-ts'
import { codeOf, unwritable } from '../io/failure.ts'
import {
  incompatibleCheckpoint,
  type AppError,
  type WriteFailed,
  type IncompatibleCheckpoint,
} from '../errors.ts'
import { identify } from './identity.ts'

/** What a journal is of: all that its lines have in common. Two journals with equal subjects can go on from each other. */
export type StudyIdentity = Parameters<typeof identify>[0] & Readonly<Record<string, unknown>>

export type Journal<Entry> = {
  /** What was in it when it was opened, in its order. */
  readonly entries: readonly Entry[]
  /** Writes a line, and returns when it is on the disk. */
  readonly append: (entry: Entry) => IOE.IOEither<WriteFailed, void>
  readonly close: IO<void>
}

/** Changes when the lines are written in another way. */
const FORMAT = 1

const Heading = t.type({
  event: t.literal('journal'),
  format: t.number,
  plan: t.string,
  settings: t.UnknownRecord,
})

const headingOf = (subject: StudyIdentity): string =>
  `${JSON.stringify({ event: 'journal', format: FORMAT, plan: identify(subject), settings: subject })}\n`

const NEWLINE = 10

/** The bytes up to the end of the last whole line. */
const wholeLines = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1)

/**
 * Reads the bytes of a journal.
 *
 * @param file its path, for errors
 * @param subject what it should be of
 * @param entry what a line is, after the first
 * @returns the entries, in their order; none of an empty file
 */
export const decodeJournal = <Entry>(
  file: string,
  subject: StudyIdentity,
  entry: t.Decoder<unknown, Entry>,
  bytes: Buffer,
): E.Either<IncompatibleCheckpoint, readonly Entry[]> => {
  const heading = headingOf(subject)
  const whole = wholeLines(bytes)
  if (whole.length === 0)
    return heading.startsWith(bytes.toString()) ? E.right([]) : E.left(wrongLine(file, 1, 'is no journal'))
  const [first = '', ...rest] = whole.toString().split('\n').slice(0, -1)
  return pipe(
    decodeHeading(file, subject, first),
    E.flatMap(() =>
      pipe(
        rest,
        E.traverseArrayWithIndex((i, line) =>
          pipe(
            parse(line),
            E.flatMap(json => entry.decode(json)),
            E.mapLeft(() => wrongLine(file, i + 2, 'is damaged, or none of this journal')),
          ),
        ),
      ),
    ),
  )
}

const decodeHeading = (
  file: string,
  subject: StudyIdentity,
  line: string,
): E.Either<IncompatibleCheckpoint, unknown> =>
  pipe(
    parse(line),
    E.flatMap(json => Heading.decode(json)),
    E.mapLeft(() => wrongLine(file, 1, 'is not the first line of a journal')),
    E.filterOrElse(
      ({ format }) => format === FORMAT,
      ({ format }) => wrongLine(file, 1, `is of a journal in format ${format}, and not ${FORMAT}`),
    ),
    E.filterOrElse(
      ({ plan }) => plan === identify(subject),
      ({ settings }) =>
        incompatibleCheckpoint(
          `${file} is the journal of another experiment: ${differences(settings, subject)}`,
          'give the settings that it was begun with, or another folder (--out)',
        ),
    ),
  )

const parse = (line: string): E.Either<unknown, unknown> =>
  E.tryCatch(
    () => JSON.parse(line) as unknown,
    error => error,
  )

const wrongLine = (file: string, line: number, what: string): IncompatibleCheckpoint =>
  incompatibleCheckpoint(
    `${file}, line ${line}: ${what}`,
    'restore the file, or move it away: the experiment then begins from the first trial',
  )

/** Such as `data is "digits" there, and here "MNIST"`. */
const differences = (there: Readonly<Record<string, unknown>>, here: StudyIdentity): string =>
  [...new Set([...Object.keys(there), ...Object.keys(here)])]
    .map(key => ({ key, was: shown(there[key]), is: shown(here[key]) }))
    .filter(({ was, is }) => was !== is)
    .map(({ key, was, is }) => `${key} is ${was} there, and here ${is}`)
    .join('; ')

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value))

/**
 * Opens a journal to go on with it, or begins one, its folder included. It has one writer: whoever opens it makes sure
 * of that.
 */
export const openJournal =
  <Entry>(
    file: string,
    subject: StudyIdentity,
    entry: t.Decoder<unknown, Entry>,
  ): IOE.IOEither<AppError, Journal<Entry>> =>
  () =>
    pipe(
      IOE.tryCatch(() => contents(file), unwritable(file))(),
      E.bindTo('bytes'),
      E.bindW('entries', ({ bytes }) => decodeJournal(file, subject, entry, bytes)),
      E.flatMap(({ bytes, entries }) =>
        E.tryCatch(() => {
          mkdirSync(dirname(file), { recursive: true })
          const write = writer(openSync(file, 'a'), wholeLines(bytes).length)
          if (wholeLines(bytes).length === 0) write.line(headingOf(subject))
          return {
            entries,
            append: one => IOE.tryCatch(() => write.line(`${JSON.stringify(one)}\n`), unwritable(file)),
            close: write.close,
          }
        }, unwritable(file)),
      ),
    )

const contents = (file: string): Buffer => {
  try {
    return readFileSync(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Writes whole lines, from this length of the file on. */
const writer = (descriptor: number, from: number) => {
  let length = from
  ftruncateSync(descriptor, length)
  return {
    line: (line: string): void => {
      try {
        writeFileSync(descriptor, line)
        fdatasyncSync(descriptor)
      } catch (error) {
        // a full disk takes a part of a line, and the next one must not follow it
        ftruncateSync(descriptor, length)
        throw error
      }
      length += Buffer.byteLength(line)
    },
    close: (): void => closeSync(descriptor),
  }
}

/** The entries by what they are of. Where there are several of one, the first counts. */
export const firstById = <Entry extends { readonly id: string }>(
  entries: readonly Entry[],
): ReadonlyMap<string, Entry> => new Map(entries.toReversed().map(entry => [entry.id, entry]))

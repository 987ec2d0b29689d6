/**
 * A journal: the results of an experiment so far, one JSON value per line. It only grows. The same command reads it
 * first and does what is missing.
 *
 * The first line says which experiment the journal belongs to. A line counts once its newline is written: what a killed
 * process left without one is cut off. Any other damage is an error, and is not repaired.
 */
import { closeSync, fdatasyncSync, ftruncateSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type { IO } from 'fp-ts/lib/IO.js'
import * as IOE from 'fp-ts/lib/IOEither.js'
import * as t from 'io-ts'
import { codeOf, readFailureReason, TOO_LARGE, unwritable } from '../io/failure.ts'
import { checkRegular, checkSize, makeFolderSync, openToAppend } from '../io/files.ts'
import { parseJson } from '../io/json.ts'
import { utf8Text } from '../io/text.ts'
import {
  incompatibleCheckpoint,
  type AppError,
  type WriteFailed,
  type IncompatibleCheckpoint,
} from '../errors.ts'
import { identify, type JsonValue } from './identity.ts'

/** What all lines of a journal have in common. Journals of equal identities can be merged. */
export type StudyIdentity = Parameters<typeof identify>[0] & Readonly<Record<string, unknown>>

export type Journal<Entry> = {
  /** The entries that it had when it was opened, in their order. */
  readonly entries: readonly Entry[]
  /** Writes a line, and returns once it is on the disk. */
  readonly append: (entry: Entry) => IOE.IOEither<WriteFailed, void>
  readonly close: IO<void>
}

/** Raise it when the format of the lines changes. */
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

/** In bytes: 5,000 for each of 100,000 trials, more than any study has. A text of 536,870,888 bytes does not fit in a string. */
export const LONGEST_JOURNAL = 500_000_000

/** From the JSON of a line to its entry, or to what is wrong with it. */
export type EntryDecoder<Entry> = (json: unknown) => E.Either<string, Entry>

/** The bytes up to the end of the last whole line. */
const wholeLines = (bytes: Buffer): Buffer => bytes.subarray(0, bytes.lastIndexOf(NEWLINE) + 1)

/**
 * Reads the bytes of a journal.
 *
 * @param file its path, for errors
 * @param subject the experiment that it should belong to
 * @param decode for each line after the first
 * @returns the entries, in their order; none if the file is empty
 */
export const decodeJournal = <Entry>(
  file: string,
  subject: StudyIdentity,
  decode: EntryDecoder<Entry>,
  bytes: Buffer,
): E.Either<IncompatibleCheckpoint, readonly Entry[]> => {
  const heading = headingOf(subject)
  const text = utf8Text(bytes)
  if (E.isLeft(text)) return E.left(wrongLine(file, 1, text.left))
  const lines = text.right.split('\n')
  if (lines.length === 1)
    return heading.startsWith(text.right) ? E.right([]) : E.left(wrongLine(file, 1, 'this is not a journal'))
  // what follows the last line break is not a whole line
  const [first = '', ...rest] = lines.slice(0, -1)
  return pipe(
    decodeHeading(file, subject, first),
    E.flatMap(() => decodeEntries(file, decode, rest)),
  )
}

/** The lines after the first. There may be 100,000: a loop takes half the time of a traversal. */
const decodeEntries = <Entry>(
  file: string,
  decode: EntryDecoder<Entry>,
  lines: readonly string[],
): E.Either<IncompatibleCheckpoint, readonly Entry[]> => {
  const entries: Entry[] = []
  for (const [i, line] of lines.entries()) {
    const json = parseJson(line)
    const entry = E.isLeft(json) ? json : decode(json.right)
    if (E.isLeft(entry)) return E.left(wrongLine(file, i + 2, `the line is damaged: ${entry.left}`))
    entries.push(entry.right)
  }
  return E.right(entries)
}

const decodeHeading = (
  file: string,
  subject: StudyIdentity,
  line: string,
): E.Either<IncompatibleCheckpoint, unknown> =>
  pipe(
    parseJson(line),
    E.flatMap(json => pipe(Heading.decode(json), E.mapLeft(String))),
    E.mapLeft(() => wrongLine(file, 1, 'this is not the first line of a journal')),
    E.filterOrElse(
      ({ format }) => format === FORMAT,
      ({ format }) =>
        wrongLine(file, 1, `the journal has format ${format}; this program reads format ${FORMAT}`),
    ),
    E.filterOrElse(
      ({ plan }) => plan === identify(subject),
      ({ settings }) =>
        incompatibleCheckpoint(
          `${file} is the journal of another experiment: ${differences(settings, subject)}`,
          'give the settings of that journal, or another folder (--out)',
        ),
    ),
  )

const wrongLine = (file: string, line: number, what: string): IncompatibleCheckpoint =>
  incompatibleCheckpoint(
    `${file}, line ${line}: ${what}`,
    'restore the file; or remove it, and all trials are done again',
  )

/** Such as `data is "digits" there and "MNIST" here`. */
const differences = (there: Readonly<Record<string, unknown>>, here: StudyIdentity): string =>
  [...new Set([...Object.keys(there), ...Object.keys(here)])]
    .filter(
      key => identify({ [key]: there[key] as JsonValue }) !== identify({ [key]: here[key] as JsonValue }),
    )
    .map(key => `${key} is ${shown(there[key])} there and ${shown(here[key])} here`)
    .join('; ')

const shown = (value: unknown): string => (value === undefined ? 'missing' : JSON.stringify(value))

/** Opens a journal, or creates it with its folder. It must have one writer: the caller holds the folder's lock. */
export const openJournal =
  <Entry>(
    file: string,
    subject: StudyIdentity,
    decode: EntryDecoder<Entry>,
  ): IOE.IOEither<AppError, Journal<Entry>> =>
  () =>
    pipe(
      IOE.tryCatch(() => contents(file), unusable(file))(),
      E.bindTo('bytes'),
      E.bindW('entries', ({ bytes }) => decodeJournal(file, subject, decode, bytes)),
      E.flatMap(({ bytes, entries }) =>
        E.tryCatch(() => {
          makeFolderSync(dirname(file))
          const write = writer(openToAppend(file), wholeLines(bytes).length)
          if (wholeLines(bytes).length === 0) write.line(headingOf(subject))
          return {
            entries,
            append: one => IOE.tryCatch(() => write.line(`${JSON.stringify(one)}\n`), unwritable(file)),
            close: write.close,
          }
        }, unwritable(file)),
      ),
    )

const unusable =
  (file: string) =>
  (error: unknown): AppError =>
    codeOf(error) === TOO_LARGE
      ? incompatibleCheckpoint(
          `${file} cannot be read: ${readFailureReason(error)}`,
          'give another folder (--out)',
        )
      : unwritable(file)(error)

const contents = (file: string): Buffer => {
  try {
    const found = statSync(file)
    checkRegular(found)
    checkSize(found, LONGEST_JOURNAL)
    return readFileSync(file)
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return Buffer.alloc(0)
    throw error
  }
}

/** Writes whole lines, after the first `from` bytes of the file. */
const writer = (descriptor: number, from: number) => {
  let length = from
  ftruncateSync(descriptor, length)
  return {
    line: (line: string): void => {
      try {
        writeFileSync(descriptor, line)
        fdatasyncSync(descriptor)
      } catch (error) {
        // a full disk may have taken a part of the line: the next one must not follow it
        ftruncateSync(descriptor, length)
        throw error
      }
      length += Buffer.byteLength(line)
    },
    close: (): void => closeSync(descriptor),
  }
}

/**
 * The errors that a user can cause or meet: a closed union, with one constructor each.
 *
 * A message says what and where (the flag or the file, and the value found); the remedy says what to do.
 * Programming errors are not here: they are thrown.
 */

type Failure<Tag extends string> = {
  readonly _tag: Tag
  readonly message: string
  readonly remedy: string
  /** What the message says, as data, where the page says it in other languages too. */
  readonly reasons?: readonly Reason[]
}

/** Why a setting or a picture is refused. */
export type Reason =
  | { readonly kind: 'value'; readonly flag: string; readonly text: string; readonly expected: string }
  | { readonly kind: 'too-large'; readonly flag: string; readonly given: number; readonly most: number }
  | { readonly kind: 'too-many-weights'; readonly given: number; readonly most: number }
  | { readonly kind: 'other-sizes'; readonly given: string; readonly needed: string }
  | { readonly kind: 'no-hidden-layer' }
  | { readonly kind: 'no-neuron-left'; readonly neurons: number }
  | InkReason

/** Why a picture shows no digit. */
export type InkReason =
  | { readonly kind: 'blank' | 'specks' | 'ruled-paper' | 'several-shapes' }
  | { readonly kind: 'too-small' | 'too-wide' | 'filled'; readonly width: number; readonly height: number }
  | { readonly kind: 'covered'; readonly percent: number }
  | { readonly kind: 'many-strokes'; readonly strokes: number }

export type UsageError = Failure<'Usage'>
export type DataError = Failure<'Data'>
export type DivergedError = Failure<'Diverged'>
export type IncompatibleCheckpoint = Failure<'Unfit'>
export type Locked = Failure<'Busy'>
export type WriteFailed = Failure<'Storage'>
/** A program that was stopped: by a signal, or because its output was closed. */
export type Interrupted = Failure<'Interrupted'> & { readonly signal: StopReason }

/** Why a program should stop early. */
export type StopReason = 'SIGHUP' | 'SIGINT' | 'SIGTERM' | 'closed pipe'

/** An error that a user can cause or meet: what is wrong, and what to do. */
export type AppError =
  UsageError | DataError | DivergedError | IncompatibleCheckpoint | Locked | WriteFailed | Interrupted

/** One line, or several. */
type Lines = string | readonly string[]

/** The most characters of a line, and how many of its beginning and of its end are kept of a longer one. */
const LONGEST = 1000
const KEPT = 300

/** A line that a value of any length may be in: what stands before the value and after it is kept. */
const shortened = (line: string): string =>
  line.length <= LONGEST
    ? line
    : `${line.slice(0, KEPT)}… (${line.length - 2 * KEPT} more characters) …${line.slice(-KEPT)}`

/** A line break within a line comes from a name, and must not look like the end of the line. */
const joined = (lines: Lines): string =>
  [lines]
    .flat()
    .map(line => shortened(line.replace(/\r?\n/g, '\\n')))
    .join('\n')

/** A wrong command line or setting. */
export const usageError = (message: Lines, remedy: Lines, reasons?: readonly Reason[]): UsageError => ({
  _tag: 'Usage',
  message: joined(message),
  remedy: joined(remedy),
  ...(reasons && { reasons }),
})

/** A data set or a model is missing, corrupt or does not fit. */
export const dataError = (message: Lines, remedy: Lines, reasons?: readonly Reason[]): DataError => ({
  _tag: 'Data',
  message: joined(message),
  remedy: joined(remedy),
  ...(reasons && { reasons }),
})

/** The weights overflowed float32. */
export const diverged = (message: Lines, remedy: Lines): DivergedError => ({
  _tag: 'Diverged',
  message: joined(message),
  remedy: joined(remedy),
})

/** The checkpoint is corrupt or belongs to another configuration. */
export const incompatibleCheckpoint = (message: Lines, remedy: Lines): IncompatibleCheckpoint => ({
  _tag: 'Unfit',
  message: joined(message),
  remedy: joined(remedy),
})

/** A folder is in use by another process. */
export const locked = (message: Lines, remedy: Lines): Locked => ({
  _tag: 'Busy',
  message: joined(message),
  remedy: joined(remedy),
})

/** A file or folder cannot be written. */
export const writeFailed = (message: Lines, remedy: Lines): WriteFailed => ({
  _tag: 'Storage',
  message: joined(message),
  remedy: joined(remedy),
})

/** The program was asked to stop. */
export const interrupted = (by: StopReason, message: Lines, remedy: Lines): Interrupted => ({
  _tag: 'Interrupted',
  signal: by,
  message: joined(message),
  remedy: joined(remedy),
})

/** The process exit code of each error; 0 is success and 1 is an internal error. */
export const exitCode = (error: AppError): number => {
  switch (error._tag) {
    case 'Usage':
      return 2
    case 'Data':
      return 3
    case 'Diverged':
      return 4
    case 'Unfit':
      return 5
    case 'Busy':
      return 6
    case 'Storage':
      return 7
    case 'Interrupted':
      return { SIGHUP: 129, SIGINT: 130, SIGTERM: 143, 'closed pipe': 141 }[error.signal]
  }
}

/** The exit codes as the help text and the README list them. */
export const exitCodes: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [0, 'done'],
  [1, 'internal error'],
  [2, 'wrong usage'],
  [3, 'data or a model is missing, corrupt or does not fit'],
  [4, 'training diverged'],
  [5, 'a checkpoint is corrupt or belongs to another configuration'],
  [6, 'the folder is in use by another process'],
  [7, 'a file or folder cannot be written'],
  [129, 'the terminal was closed'],
  [130, 'interrupted (Ctrl-C)'],
  [141, 'the reader of standard output closed it'],
  [143, 'terminated'],
]

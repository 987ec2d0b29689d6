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
}

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

export type AppError =
  UsageError | DataError | DivergedError | IncompatibleCheckpoint | Locked | WriteFailed | Interrupted

/** A wrong command line or setting. */
export const usageError = (message: string, remedy: string): UsageError => ({
  _tag: 'Usage',
  message,
  remedy,
})

/** A data set or a model is missing, corrupt or does not fit. */
export const dataError = (message: string, remedy: string): DataError => ({ _tag: 'Data', message, remedy })

/** The weights overflowed float32. */
export const diverged = (message: string, remedy: string): DivergedError => ({
  _tag: 'Diverged',
  message,
  remedy,
})

/** The checkpoint is corrupt or belongs to another configuration. */
export const incompatibleCheckpoint = (message: string, remedy: string): IncompatibleCheckpoint => ({
  _tag: 'Unfit',
  message,
  remedy,
})

/** A folder is in use by another process. */
export const locked = (message: string, remedy: string): Locked => ({ _tag: 'Busy', message, remedy })

/** A file or folder cannot be written. */
export const writeFailed = (message: string, remedy: string): WriteFailed => ({
  _tag: 'Storage',
  message,
  remedy,
})

/** The program was asked to stop. */
export const interrupted = (by: StopReason, message: string, remedy: string): Interrupted => ({
  _tag: 'Interrupted',
  signal: by,
  message,
  remedy,
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

/**
 * What can go wrong for the person at the prompt: a closed union, one constructor each.
 *
 * A message says what and where (the flag or the file, and the value found); the remedy says what to do.
 * Programmer's mistakes are not here: they throw.
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
/** A program ended by a signal: not a failure to explain, but an exit code to keep. */
export type Interrupted = Failure<'Interrupted'> & { readonly signal: StopReason }

/** Why a program should end early: a signal, or nobody reads its output any more. */
export type StopReason = 'SIGINT' | 'SIGTERM' | 'closed pipe'

export type AppError =
  UsageError | DataError | DivergedError | IncompatibleCheckpoint | Locked | WriteFailed | Interrupted

/** The command line asks for something that cannot be. */
export const usageError = (message: string, remedy: string): UsageError => ({
  _tag: 'Usage',
  message,
  remedy,
})

/** A data set or a model is missing, damaged or does not fit. */
export const dataError = (message: string, remedy: string): DataError => ({ _tag: 'Data', message, remedy })

/** Training left the numbers that float32 can hold. */
export const diverged = (message: string, remedy: string): DivergedError => ({
  _tag: 'Diverged',
  message,
  remedy,
})

/** What was saved cannot be gone on with: it is damaged, or of something else. */
export const incompatibleCheckpoint = (message: string, remedy: string): IncompatibleCheckpoint => ({
  _tag: 'Unfit',
  message,
  remedy,
})

/** A folder belongs to another process for now. */
export const locked = (message: string, remedy: string): Locked => ({ _tag: 'Busy', message, remedy })

/** A file or folder cannot be written. */
export const writeFailed = (message: string, remedy: string): WriteFailed => ({
  _tag: 'Storage',
  message,
  remedy,
})

/** The person, or the machine, asked the program to stop. */
export const interrupted = (by: StopReason, message: string, remedy: string): Interrupted => ({
  _tag: 'Interrupted',
  signal: by,
  message,
  remedy,
})

/** The process exit code of each error; 0 is success and 1 is a bug of ours. */
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
      return { SIGINT: 130, SIGTERM: 143, 'closed pipe': 0 }[error.signal]
  }
}

/** The exit codes as the help text and the README list them. */
export const exitCodes: ReadonlyArray<readonly [code: number, meaning: string]> = [
  [0, 'done'],
  [1, 'a bug of ours'],
  [2, 'the command line is wrong'],
  [3, 'data or a model is missing, damaged or does not fit'],
  [4, 'training diverged'],
  [5, 'what was saved is damaged, or of another configuration'],
  [6, 'the folder is in use by another run'],
  [7, 'a file or folder cannot be written'],
  [130, 'interrupted (Ctrl-C)'],
  [143, 'terminated'],
]

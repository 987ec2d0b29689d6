/**
 * The environment of the application: clock, files, processes, and where it reports. It is passed as a parameter, so
 * that a program or a test can supply its own.
 */
import type { StopReason } from '../errors.ts'
import { disk, type Files } from './files.ts'
import { systemProcesses, type Processes } from './lock.ts'

export type ProgressBar = {
  /** @param done the finished fraction, 0 to 1 */
  readonly update: (done: number, label: string, remaining: string) => void
  /** Removes the bar, so that a line can be printed. */
  readonly clear: () => void
}

/** What the application is given from outside. */
export type Env = {
  /** Prints a line about the work: notices and warnings. */
  readonly log: (line: string) => void
  /** Where progress is drawn; undefined without a terminal. */
  readonly bar: ProgressBar | undefined
  /** Milliseconds since an arbitrary moment. */
  readonly now: () => number
  /** The current date and time. */
  readonly date: () => Date
  /** Lets pending signals and timers run. */
  readonly yieldToEventLoop: () => Promise<void>
  /** Why the program was asked to stop, if it was. */
  readonly stopReason: () => StopReason | undefined
  /** Aborted when the program is asked to stop. */
  readonly abortSignal: AbortSignal
  /** The environment variables. */
  readonly variables: NodeJS.ProcessEnv
  /** Where runs are stored. */
  readonly files: Files
  /** What is known of other processes, which may hold a lock. */
  readonly processes: Processes
}

/** The real clock, files and processes; it reports nothing and is never asked to stop. */
export const systemEnv: Env = {
  log: () => undefined,
  bar: undefined,
  now: () => performance.now(),
  date: () => new Date(),
  yieldToEventLoop: () => new Promise(resolve => setImmediate(resolve)),
  stopReason: () => undefined,
  abortSignal: new AbortController().signal,
  variables: process.env,
  files: disk,
  processes: systemProcesses,
}

/** A progress bar that draws nothing. */
export const noProgressBar: ProgressBar = { update: () => undefined, clear: () => undefined }

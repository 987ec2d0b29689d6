/**
 * What a command needs of the world, so that it can be given another one.
 */
import type { ReaderTaskEither } from 'fp-ts/lib/ReaderTaskEither.js'
import type { AppError, Stop } from '../errors.ts'
import { disk, type Files } from './files.ts'
import { processes, type Processes } from './lock.ts'

export type Env = {
  /** A line of the result. */
  readonly out: (line: string) => void
  /** A line about the work. */
  readonly note: (line: string) => void
  /** Where a progress bar may be drawn, if anywhere. */
  readonly bar: NodeJS.WriteStream | undefined
  /** Milliseconds since some moment. */
  readonly now: () => number
  /** The time of day. */
  readonly date: () => Date
  /** Lets signals and timers in. */
  readonly rest: () => Promise<void>
  readonly stopped: () => Stop | undefined
  /** Is aborted when the program is asked to stop, for what waits for something else. */
  readonly stopping: AbortSignal
  readonly variables: NodeJS.ProcessEnv
  /** Where runs are kept. */
  readonly files: Files
  readonly processes: Processes
}

/** This machine, with nobody who listens or asks to stop. */
export const quietEnv: Env = {
  out: () => undefined,
  note: () => undefined,
  bar: undefined,
  now: () => performance.now(),
  date: () => new Date(),
  rest: () => new Promise(resolve => setImmediate(resolve)),
  stopped: () => undefined,
  stopping: new AbortController().signal,
  variables: process.env,
  files: disk,
  processes,
}

/** A command, ready to be run in a world. */
export type Program<A> = ReaderTaskEither<Env, AppError, A>

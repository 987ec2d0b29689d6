/**
 * What a command needs beyond the application's environment: where its result is printed.
 */
import type { ReaderTaskEither } from 'fp-ts/lib/ReaderTaskEither.js'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'

export type CliEnv = Env & {
  /** Prints a line of the result. */
  readonly out: (line: string) => void
  /** The width of the terminal; undefined without one. */
  readonly columns: number | undefined
}

/** What a command does, given its environment. */
export type CommandEffect<A> = ReaderTaskEither<CliEnv, AppError, A>

/**
 * What a command needs beyond the application's environment: where its result is printed.
 */
import type { Env } from '../io/env.ts'

export type CliEnv = Env & {
  /** Prints a line of the result. */
  readonly out: (line: string) => void
  /** The width of the terminal; undefined without one. */
  readonly columns: number | undefined
}

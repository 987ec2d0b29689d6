/**
 * What a command needs beyond the application's environment: where its result is printed.
 */
import type { Env } from '../io/env.ts'

export type CliEnv = Env & {
  /** Prints a line of the result. */
  readonly out: (line: string) => void
  /** Prints a line of the result in colour; undefined where there are no colours. */
  readonly highlight?: ((line: string) => void) | undefined
  /** The width of the terminal that shows the result; undefined without one. */
  readonly columns: number | undefined
}

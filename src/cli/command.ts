/**
 * What a command is: its help, its table of options, and what it does with their values.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { AppError } from '../errors.ts'
import {
  both,
  decodeOptions,
  positionals,
  type Argv,
  type OptionTable,
  type ValuesOf,
} from '../options/option.ts'
import type { CliEnv } from './cli-env.ts'

export type Command<O extends OptionTable = OptionTable> = {
  readonly describe: string
  /** The values that stand without a flag, if the command takes any: their name in the help, an example, and whether they may be missing. */
  readonly positionals?: { readonly usage: string; readonly example: string; readonly isOptional?: true }
  readonly options: O
  /** The arguments of an example, and what it does. */
  readonly examples: readonly (readonly [args: string, what: string])[]
  /** (A method, so that a registry can hold commands with different options.) */
  run(flags: ValuesOf<O>, env: CliEnv, positionals: readonly string[]): TE.TaskEither<AppError, void>
}

/** A command, typed by its own options. */
export const defineCommand = <O extends OptionTable>(command: Command<O>): Command<O> => command

/** Decodes the settings of a command, and runs it. */
export const runCommand = (command: Command, argv: Argv, env: CliEnv): TE.TaskEither<AppError, void> =>
  pipe(
    both(
      decodeOptions(command.options, argv),
      command.positionals === undefined || (command.positionals.isOptional === true && hasNone(argv))
        ? E.right([])
        : positionals(command.positionals.usage, command.positionals.example, argv),
    ),
    TE.fromEither<AppError, readonly [ValuesOf<OptionTable>, readonly string[]]>,
    TE.flatMap(([flags, words]) => command.run(flags, env, words)),
  )

/** Whether nothing stands on the command line without a flag. */
const hasNone = ({ _ = [] }: Argv): boolean => (_ as readonly unknown[]).length === 0

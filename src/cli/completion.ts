/**
 * What a shell is told when the reader presses Tab: yargs has the scripts for bash and zsh, which ask for the words.
 */
import type { Argv } from 'yargs'

/** The flag with which the scripts of yargs ask; after it stand the words of the line, the program's name first. */
export const COMPLETION_FLAG = '--get-yargs-completions'

/** Prints the script for the shell that the variable SHELL names. */
export const printCompletionScript = (parser: Argv): void =>
  void parser.scriptName('network2').showCompletionScript()

/**
 * The words that may stand at the end of a line.
 *
 * @param parserOf the parser of a command; undefined if there is no such command
 */
export const completions = async (
  line: readonly string[],
  names: readonly string[],
  parserOf: (name: string) => Promise<Argv | undefined>,
): Promise<readonly string[]> => {
  const [, name = '', ...rest] = line
  if (rest.length === 0) return names.filter(known => known.startsWith(name))
  const parser = await parserOf(name)
  return parser === undefined ? [] : parser.getCompletion(rest)
}

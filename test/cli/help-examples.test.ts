/** The examples that --help prints are command lines that the program accepts. */
import { describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/commands/index.ts'
import { checkKnown, decodeOptions, flagNames, flagOf, type OptionTable } from '../../src/options/option.ts'

const loaded = await Promise.all(
  Object.entries(commands).map(async ([name, load]) => [name, await load()] as const),
)

/** The words of a command line, as a shell splits it; quotes go around whole words. */
const wordsOf = (line: string): readonly string[] =>
  [...line.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare!,
  )

/** The flags and the other words, as the command line is read. */
const argvOf = (options: OptionTable, words: readonly string[]): Record<string, unknown> => {
  const names = flagNames(options)
  const argv: Record<string, unknown> & { _: string[] } = { _: [] }
  let at = 0
  const isValue = (word: string | undefined): word is string => word !== undefined && !word.startsWith('--')
  while (at < words.length) {
    const word = words[at++]!
    const flag = /^--(?:no-)?(.*)$/.exec(word)?.[1]
    if (flag === undefined) {
      argv._.push(word)
      continue
    }
    const option = Object.entries(options).find(([key]) => flagOf(key) === names[flag])?.[1]
    if (option?.kind === 'switch') argv[flag] = !word.startsWith('--no-')
    else if (option?.kind === 'list') {
      const values: string[] = []
      while (isValue(words[at])) values.push(words[at++]!)
      argv[flag] = values
    } else argv[flag] = words[at++]
  }
  return argv
}

const examplesOfAll = loaded.flatMap(([name, command]) =>
  command.examples.map(([args]) => [`${name} ${args}`, args, command] as const),
)

describe('an example of --help', () => {
  it.each(examplesOfAll)('%s', (_line, args, { options, positionals }) => {
    const known = checkKnown(options, positionals !== undefined, argvOf(options, wordsOf(args)))
    expect(known).toMatchObject({ _tag: 'Right' })
    if (known._tag === 'Right') expect(decodeOptions(options, known.right)).toMatchObject({ _tag: 'Right' })
  })
})

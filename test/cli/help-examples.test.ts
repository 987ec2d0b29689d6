/** The command lines that --help prints and that the documents have are accepted by the program. */
import { describe, expect, it } from 'vitest'
import { commands } from '../../src/cli/commands/index.ts'
import { manifest } from '../../scripts/package.mjs'
import { misuse, tools } from '../../scripts/tools.mjs'
import { checkKnown, decodeOptions, flagNames, flagOf, type OptionTable } from '../../src/options/option.ts'
import { codeBlocks, documents, readDocument } from '../support/documents.ts'

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

/** Whether a command accepts a line. */
const check = ({ options, positionals }: (typeof loaded)[number][1], args: string): void => {
  const known = checkKnown(options, positionals !== undefined, argvOf(options, wordsOf(args)))
  expect(known).toMatchObject({ _tag: 'Right' })
  if (known._tag === 'Right') expect(decodeOptions(options, known.right)).toMatchObject({ _tag: 'Right' })
}

const examplesOfAll = loaded.flatMap(([name, command]) =>
  command.examples.map(([args]) => [`${name} ${args}`, args, command] as const),
)

describe('an example of --help', () => {
  it.each(examplesOfAll)('%s', (_line, args, command) => check(command, args))
})

/** The lines that a reader types, by their files: all in blocks of shell, and those after a prompt. */
const typed = documents.flatMap(file => {
  const text = readDocument(file)
  const lines = [
    ...codeBlocks(text, 'sh').flatMap(block => block.trimEnd().split('\n')),
    ...codeBlocks(text, '').flatMap(block => block.match(/^\$ .*$/gm) ?? []),
  ]
  return lines.map(line => [line.replace(/^\$ /, ''), file] as const)
})

const { scripts } = manifest()

describe('a line that a document has the reader type', () => {
  it('is there', () => expect(typed.length).toBeGreaterThan(30))

  it.each(typed)('%s (%s)', (typedLine, _file) => {
    // what the shell adds to run it in the background
    const line = typedLine.replace(/^nohup (.*) > \S+ 2>&1 &$/, '$1')
    if (/^npm (test|install [\w.-]+)$/.test(line)) return
    const [, name, args = ''] =
      /^npm run (?:-s )?([\w:-]+)(?: -- (.*))?$/.exec(line) ??
      /^npx network2 (\S+)(?: (.*))?$/.exec(line) ??
      []
    expect(Object.keys(scripts)).toContain(name)
    const [, command] = loaded.find(([known]) => known === name) ?? []
    if (command !== undefined) check(command, args)
    else if (Object.hasOwn(tools, name!)) expect(misuse(tools[name!]!, wordsOf(args))).toBe(undefined)
  })
})

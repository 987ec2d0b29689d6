/**
 * The answer of `help`: the docstrings of the public names, from the sources of the package.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '#scripts/package'
import { shownValue } from '../api/arguments.ts'
import { Network2Error } from '../api/network2-error.ts'
import { aligned, toWidth } from '../format.ts'
import { documentedIn, firstSentence, membersIn, type Documented } from './docstring.ts'
import { typeNameOf } from './short-line.ts'

/** The names that help knows: those of a session alone, those that most users need, and all others. */
type Chapters = Readonly<Record<'session' | 'first' | 'others', readonly Documented[]>>

const chapters = (): Chapters => {
  const read = (path: string): string => readFileSync(join(root, path), 'utf8')
  const library = ['src/index.ts', 'src/runs/promises.ts'].flatMap(file => documentedIn(read, file))
  const isFirst = ({ file, declaration }: Documented): boolean =>
    /^src\/(api|core\/costs|runs)\//.test(file) && !isType(declaration)
  return {
    session: membersIn(read, 'src/repl/repl-session.ts', 'SessionNames'),
    first: library.filter(isFirst),
    others: library.filter(one => !isFirst(one)),
  }
}

const isType = (declaration: string): boolean => declaration.startsWith('type ')

const overview = ({ session, first, others }: Chapters, width: number): readonly string[] => [
  'help(NAME) explains one of these names:',
  '',
  ...aligned([...session, ...first].map(({ name, about }) => [`  ${name}`, firstSentence(about)])).map(
    line => (line.length <= width ? line : `${line.slice(0, width - 1)}…`),
  ),
  '',
  ...toWidth(width)(
    `Also, for a type in quotes, such as help('SgdOptions'): ${others.map(({ name }) => name).join(', ')}`,
  ),
]

/** The documented names that a declaration mentions, other than its own. */
const mentioned = (all: readonly Documented[], { name, declaration }: Documented): readonly string[] => {
  const words = new Set(declaration.match(/\b[A-Z]\w+/g) ?? [])
  return all.map(({ name: other }) => other).filter(other => other !== name && words.has(other))
}

const article = (all: readonly Documented[], found: Documented): readonly string[] => {
  const others = mentioned(all, found)
  const { declaration, about } = found
  // a type is long, and a function is called as it is declared
  const [first, second] = isType(declaration) ? [about, declaration] : [declaration, about]
  return [
    ...first.split('\n'),
    '',
    ...second.split('\n'),
    ...(others.length === 0 ? [] : ['', `See also ${others.map(name => `help('${name}')`).join(', ')}.`]),
  ]
}

/**
 * What is said about a name, about a value that has a name, or about the type of a value; without either, all names.
 *
 * @param nameOf the name that a value has in the session, if it has one
 */
export const helpLines = (
  asked: readonly unknown[],
  nameOf: (value: unknown) => string | undefined,
  width: number,
): readonly string[] => {
  const all = chapters()
  if (asked.length === 0) return overview(all, width)
  const [value] = asked
  const name = typeof value === 'string' ? value : (nameOf(value) ?? typeNameOf(value))
  const documented = [...all.session, ...all.first, ...all.others]
  const found = documented.find(one => one.name === name)
  if (found === undefined)
    throw new Network2Error(
      'usage',
      'help',
      `knows nothing about ${shownValue(value)}`,
      "give a public name, such as help(sgd) or help('SgdOptions'); help() lists them",
    )
  return article(documented, found)
}

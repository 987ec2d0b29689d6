/**
 * What the source says about the public names: their declarations and docstrings. The package has its sources, so there is
 * no second copy of these texts.
 */
import { posix } from 'node:path'

/** A name as its source declares it. */
export type Documented = {
  readonly name: string
  /** The path of the file that declares it. */
  readonly file: string
  /** The text of its docstring; empty if there is none. */
  readonly about: string
  /** The declaration without the code: `sgd = (from: Net | Epoch, …): Generator<…>`. */
  readonly declaration: string
}

/** The text of a source file, by its path. */
export type ReadSource = (path: string) => string

const REEXPORT = /^export (?:type )?(?:\*|\{([^}]*)\}) from '(\.[^']*)'/gm

/** A docstring, if one is right above, and an exported declaration. */
const DECLARATION =
  /(?:\/\*\*((?:(?!\*\/)[^])*)\*\/\n)?^export (?:declare )?(?:(?:const|type|class|function|function\*|async function) (\w+)[^]*?(?=\n\n\S|\n\/\*\*|$(?![^])))/gm

/** The public names of a module, in the order of its source: re-exports are followed. */
export const documentedIn = (read: ReadSource, file: string): readonly Documented[] => {
  const source = read(file)
  const own = [...source.matchAll(DECLARATION)].map(([whole, about = '', name = '']) => ({
    name,
    file,
    about: plainText(about),
    declaration: signature(whole.replace(/^\/\*\*[^]*?\*\/\n/, '')),
  }))
  const others = [...source.matchAll(REEXPORT)].flatMap(([, names, path = '']) => {
    const found = documentedIn(read, posix.join(posix.dirname(file), path))
    if (names === undefined) return found
    const wanted = names.split(',').map(name => name.trim().replace(/^type /, ''))
    return wanted.flatMap(name => found.find(({ name: other }) => other === name) ?? [])
  })
  // an overload repeats a name
  return [...own, ...others].filter(
    ({ name }, i, all) => all.findIndex(({ name: other }) => other === name) === i,
  )
}

/** A docstring without its marks. */
const plainText = (comment: string): string =>
  comment
    .split('\n')
    .map(line => line.replace(/^ *\* ?/, '').trimEnd())
    .filter(line => !line.startsWith('```'))
    .join('\n')
    .replace(/\{@link (\w+)\}/g, '$1')
    .trim()

/** The lines of a declaration up to the body of a function or class, or to the value of a constant. */
const signature = (declaration: string): string => {
  const lines = declaration.replace(/^export (declare )?(async )?(const |function\*? )?/, '').split('\n')
  if (lines[0]!.startsWith('type ')) return lines.join('\n')
  const endsHere = (line: string, i: number): boolean =>
    /(=>|=)( \{)?$/.test(line) || ((i === 0 || line.startsWith(')')) && line.endsWith(' {'))
  // a function that returns a function has several arrows
  const end = lines.findIndex((line, i) => endsHere(line, i) && !/=>( \{)?$/.test(lines[i + 1] ?? ''))
  return lines
    .slice(0, end < 0 ? undefined : end + 1)
    .join('\n')
    .replace(/ *(=>|=)?( \{)?$/, '')
}

/** The first sentence of a text. */
export const firstSentence = (text: string): string =>
  /^[^]*?[.:](?=\s|$)/.exec(text)?.[0].replaceAll('\n', ' ').replace(/:$/, '.') ?? text

/** The members of an object type, of which each has a docstring. */
export const membersIn = (read: ReadSource, file: string, type: string): readonly Documented[] => {
  const { declaration = '' } = documentedIn(read, file).find(({ name }) => name === type) ?? {}
  return [...declaration.matchAll(/\/\*\*((?:(?!\*\/)[^])*)\*\/\n +readonly ((\w+)\??: .*)/g)].map(
    ([, about = '', member = '', name = '']) => ({
      name,
      file,
      about: plainText(about),
      declaration: member,
    }),
  )
}

/** The documents of the project, and the code in them. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/package.mjs'

/** The files of Markdown, by their paths from the root of the project: the pages among them. */
export const documents: readonly string[] = [
  ...readdirSync(root).filter(name => name.endsWith('.md')),
  'data/README.md',
  ...readdirSync(join(root, 'src', 'web', 'docs'))
    .filter(name => name.endsWith('.md'))
    .map(name => `src/web/docs/${name}`),
]

/** The text of a file of the project. */
export const readDocument = (file: string): string => readFileSync(join(root, file), 'utf8')

/** The blocks of code in these languages; a block without a language has the empty one. */
export const codeBlocks = (text: string, ...languages: readonly string[]): readonly string[] =>
  [...text.matchAll(/^```(\w*)\n(.*?)^```$/gms)].flatMap(([, language, code]) =>
    languages.includes(language!) ? [code!] : [],
  )

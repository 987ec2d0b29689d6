/**
 * The rules about src as a whole, which no linter of single files sees:
 *
 * - an exported name is declared in one file only (re-exports do not count), and a file name other than index.ts
 *   stands once
 * - each file is in exactly one row of the table of tiers
 *
 *     node scripts/lint-tree.mjs [ROOT]
 */
import { readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import ts from 'typescript'
import { pathOf, tiers } from '../.dependency-cruiser.mjs'

/** The name of a declaration, or the names in its pattern. */
const namesIn = ({ name }) => name?.elements?.flatMap(namesIn) ?? [name?.text ?? 'default']

/** The names that a file exports. */
const exportsOf = path => {
  const { statements } = ts.createSourceFile(path, readFileSync(path, 'utf8'), ts.ScriptTarget.Latest)
  return statements.flatMap(statement => {
    if (ts.isExportDeclaration(statement))
      return statement.moduleSpecifier === undefined ? statement.exportClause.elements.flatMap(namesIn) : []
    if (!statement.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return []
    const declared = statement.declarationList?.declarations ?? [statement]
    return declared.flatMap(namesIn)
  })
}

/** A complaint for each value that stands in several files. */
const repeated = (what, pairs) => {
  const filesOf = new Map()
  for (const [value, file] of pairs) filesOf.set(value, (filesOf.get(value) ?? new Set()).add(file))
  return [...filesOf]
    .filter(([, files]) => files.size > 1)
    .map(([value, files]) => `${what} ${value} stands in ${[...files].join(' and ')}`)
}

export const complaints = root => {
  const files = readdirSync(join(root, 'src'), { recursive: true })
    .map(name => `src/${name.replaceAll('\\', '/')}`)
    .filter(file => file.endsWith('.ts'))
  const rows = files.map(file => [file, tiers.filter(row => new RegExp(pathOf(row)).test(file)).length])
  return [
    ...repeated(
      'the exported name',
      files.flatMap(file => exportsOf(join(root, file)).map(name => [name, file])),
    ),
    ...repeated(
      'the file name',
      files.filter(file => basename(file) !== 'index.ts').map(file => [basename(file), file]),
    ),
    ...rows
      .filter(([, count]) => count !== 1)
      .map(
        ([file, count]) => `${file} is in ${count} rows of the tiers (.dependency-cruiser.mjs), not in one`,
      ),
  ]
}

if (process.argv[1] === import.meta.filename) {
  const found = complaints(process.argv[2] ?? '.')
  for (const complaint of found) console.error(complaint)
  process.exitCode = found.length > 0 ? 1 : 0
}

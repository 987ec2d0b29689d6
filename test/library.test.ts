/**
 * The project as a library: what it exports.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import { expect, it } from 'vitest'
import * as compiler from '../src/compiler/index.ts'
import * as library from '../src/index.ts'
import * as layers from '../src/layers/index.ts'
import * as node from '../src/node.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => ts.sys.readFile(path)).config,
  ts.sys,
  ROOT,
)

const interfaces = [
  ['network2', 'src/index.ts', library],
  ['network2/compiler', 'src/compiler/index.ts', compiler],
  ['network2/layers', 'src/layers/index.ts', layers],
  ['network2/node', 'src/node.ts', node],
] as const

const program = ts.createProgram(
  interfaces.map(([, file]) => join(ROOT, file)),
  options,
)

/** The exports of a file, with the text of their docstrings. */
const exportsOf = (file: string) => {
  const checker = program.getTypeChecker()
  const module = checker.getSymbolAtLocation(program.getSourceFile(join(ROOT, file))!)!
  return checker.getExportsOfModule(module).map(symbol => {
    const declared = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol
    return {
      name: symbol.name,
      isValue: (declared.flags & ts.SymbolFlags.Value) !== 0,
      docstring: ts.displayPartsToString(declared.getDocumentationComment(checker)),
    }
  })
}

it.each(interfaces)(
  '%s: every export has a docstring, and every value can be imported',
  (_name, file, module) => {
    const exported = exportsOf(file)
    expect(exported.filter(({ docstring }) => docstring === '').map(({ name }) => name)).toEqual([])
    const values = exported.filter(({ isValue }) => isValue).map(({ name }) => name)
    expect(Object.keys(module).sort()).toEqual(values.sort())
    expect(Object.values(module)).not.toContain(undefined)
  },
)

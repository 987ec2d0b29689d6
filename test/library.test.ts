/**
 * The project as a library: what it exports, and the README's example in a project that depends on it.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import ts from 'typescript'
import { expect, it } from 'vitest'
import * as compiler from '../src/compiler/index.ts'
import * as library from '../src/index.ts'
import { inFolder } from './support/cli.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const { options } = ts.parseJsonConfigFileContent(
  ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => ts.sys.readFile(path)).config,
  ts.sys,
  ROOT,
)

const interfaces = [
  ['network2', 'src/index.ts', library],
  ['network2/compiler', 'src/compiler/index.ts', compiler],
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

it('the example of the README has correct types, and prints what it says', () =>
  inFolder(async folder => {
    const [, code] = /```ts\n(.*?)```/s.exec(readFileSync(join(ROOT, 'README.md'), 'utf8'))!
    const [, expected] = / \/\/ (.*)\n$/.exec(code!)!
    const packages = join(folder, 'node_modules')
    mkdirSync(packages)
    symlinkSync(ROOT, join(packages, 'network2'), 'junction')
    for (const name of ['@tensorflow', '@types'])
      symlinkSync(join(ROOT, 'node_modules', name), join(packages, name), 'junction')
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
    const file = join(folder, 'example.ts')
    writeFileSync(file, code!)

    const typeRoots = [join(packages, '@types')]
    const project = ts.createProgram([file], { ...options, typeRoots })
    const complaints = ts.getPreEmitDiagnostics(project, project.getSourceFile(file))
    expect(complaints.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual(
      [],
    )

    const program = join(folder, 'example.mjs')
    await build({
      entryPoints: [file],
      outfile: program,
      bundle: true,
      format: 'esm',
      platform: 'node',
      external: ['@tensorflow/*'],
      banner: {
        js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
      },
    })
    const { stdout } = await promisify(execFile)(process.execPath, [program], { cwd: folder })
    expect(stdout).toBe(`${expected}\n`)
  }))

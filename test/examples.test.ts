/**
 * Every example of the README, the pages and the docstrings: its types are correct, it runs, and it prints what it says.
 *
 * What it prints is in a comment after `console.log(…)`, or in its last line. An example that needs MNIST runs where MNIST is.
 */
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { build } from 'esbuild'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { codeBlocks, documents, readDocument } from './support/documents.ts'
import { mnistFiles } from './support/needs.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

const ENTRIES = {
  'network2/compiler': 'src/compiler/index.ts',
  'network2/layers': 'src/layers/index.ts',
  'network2/node': 'src/node.ts',
  network2: 'src/index.ts',
}

type Example = { readonly name: string; readonly code: string }

const blocks = (text: string): readonly string[] => codeBlocks(text, 'ts', 'typescript')

/** The examples in the docstrings of a file. */
const inDocstrings = (text: string): readonly string[] =>
  [...text.matchAll(/\/\*\*.*?\*\//gs)]
    .map(([comment]) => comment.replace(/^ *\*(?: |$)/gm, ''))
    .filter(comment => comment.includes('@example'))
    .flatMap(comment => {
      const found = blocks(comment.slice(comment.indexOf('@example')))
      expect(found, `@example without a block of TypeScript: ${comment}`).not.toEqual([])
      return found
    })

const examplesIn = (file: string, codes: readonly string[]): readonly Example[] =>
  codes.map((code, i) => ({ name: `${file.replaceAll(/[/.]/g, '-')}-${i + 1}`, code }))

const sources = readdirSync(join(ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .map(path => `src/${path.replaceAll('\\', '/')}`)
  .filter(path => path.endsWith('.ts'))

const examples: readonly Example[] = [
  ...documents.flatMap(file => examplesIn(file, blocks(readDocument(file)))),
  ...sources.flatMap(file => examplesIn(file, inDocstrings(readDocument(file)))),
]

/** What an example says that it prints: after `console.log(…)`, or in a last line that is a comment. */
const printedBy = ({ code }: Example): readonly string[] =>
  code
    .trimEnd()
    .split('\n')
    .flatMap((line, i, lines) => {
      const said = (
        i === lines.length - 1 ? /^(?:.*\) )?\/\/ (.*)$/ : /\bconsole\.log\(.*\) \/\/ (.*)$/
      ).exec(line)
      return said === null ? [] : [said[1]!]
    })

const folder = mkdtempSync(join(tmpdir(), 'network2-examples-'))

beforeAll(async () => {
  const packages = join(folder, 'node_modules')
  mkdirSync(packages)
  for (const name of ['@tensorflow', '@types'])
    symlinkSync(join(ROOT, 'node_modules', name), join(packages, name), 'junction')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const { name, code } of examples) writeFileSync(join(folder, `${name}.ts`), code)
  // all at once: the sources of the project are read and parsed once
  await build({
    entryPoints: examples.map(({ name }) => join(folder, `${name}.ts`)),
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    alias: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(ROOT, file)])),
    external: ['@tensorflow/*', 'bullmq', 'ioredis'],
    logLevel: 'silent',
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
  })
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('there are examples in the README, the pages and the docstrings', () => {
  for (const file of ['README-md', 'README-zh-CN-md', 'src-web-docs'])
    expect(examples.filter(({ name }) => name.startsWith(file))).not.toEqual([])
  expect(examples.filter(({ name }) => name.startsWith('src')).length).toBeGreaterThan(5)
  expect(examples.filter(example => printedBy(example).length === 0)).toEqual([])
})

it('the types of every example are correct', () => {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(ROOT, 'tsconfig.json'), path => ts.sys.readFile(path)).config,
    ts.sys,
    ROOT,
  )
  const paths = Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, [join(ROOT, file)]]))
  const files = examples.map(({ name }) => join(folder, `${name}.ts`))
  const program = ts.createProgram(files, {
    ...options,
    paths,
    // a page has what Node has here
    typeRoots: [join(folder, 'node_modules', '@types')],
    incremental: false,
  })
  const complaints = files.flatMap(file => ts.getPreEmitDiagnostics(program, program.getSourceFile(file)))
  expect(
    complaints.map(
      ({ file, messageText }) =>
        `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`,
    ),
  ).toEqual([])
})

const needsMnist = ({ code }: Example): boolean => code.includes("loadData('mnist')")

const runs =
  ({ name, ...example }: Example) =>
  async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [`${name}.mjs`], { cwd: folder })
    const printed = printedBy({ name, ...example })
    expect(stdout.trimEnd().split('\n').slice(-printed.length)).toEqual(printed)
    // TensorFlow.js's advertisement, where the example itself computes
    expect(stderr.replace(/^=+\nHi, .*\n=+$/gm, '').trim()).toBe('')
  }

for (const example of examples)
  if (needsMnist(example))
    it.skipIf(mnistFiles.isMissing)(`runs ${example.name}`, mnistFiles.why, runs(example))
  else it(`runs ${example.name}`, runs(example))

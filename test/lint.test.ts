/**
 * Each lint rule of this project reports a planted breach.
 */
import { spawnSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stripVTControlCharacters } from 'node:util'
import { ESLint } from 'eslint'
import ts from 'typescript-eslint'
import { describe, expect, it } from 'vitest'
import { inFolder } from './support/cli.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

// the rules that need types are slow, and none of them is tested here
const eslint = new ESLint({ cwd: root, overrideConfig: ts.configs.disableTypeChecked })

/** The rules that a text breaks, if it stands in that file. */
const broken = async (file: string, text: string): Promise<readonly (string | null)[]> => {
  const [result] = await eslint.lintText(text, { filePath: join(root, file) })
  return result!.messages.map(({ ruleId }) => ruleId)
}

/** Runs a program in a folder that holds these files: whether it failed, and its output. */
const inTree = (files: Readonly<Record<string, string>>, program: readonly string[]) =>
  inFolder(folder => {
    for (const [file, text] of Object.entries({ 'tsconfig.json': '{}', ...files })) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), text)
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, program, { cwd: folder, encoding: 'utf8' })
    return Promise.resolve({ failed: status !== 0, output: stdout + stderr })
  })

describe('a pure file', () => {
  it.each([
    'Math.random()',
    'const { random } = Math; random()',
    'new Date()',
    'Date.now()',
    'performance.now()',
    'crypto.getRandomValues(new Uint8Array(1))',
    'process.env.HOME',
    'globalThis.process',
    'console.log(1)',
    'fetch("http://localhost")',
    'setTimeout(() => undefined)',
    'queueMicrotask(() => undefined)',
    'import { readFileSync } from "node:fs"; readFileSync("x")',
    'import { readFileSync } from "fs"; readFileSync("x")',
    'import { randomBytes } from "node:crypto"; randomBytes(1)',
    'import { hrtime } from "node:process"; hrtime()',
  ])('may not contain %s', async text => {
    for (const file of ['src/core/planted.ts', 'src/image/planted.ts', 'src/report/pages/planted.ts'])
      expect(await broken(file, text)).toContainEqual(expect.stringMatching(/^no-restricted-(g|p|i)/))
    expect(await broken('src/runs/planted.ts', text)).not.toContainEqual(
      expect.stringMatching(/^no-restricted/),
    )
  })

  it('may import pure functions of Node', async () => {
    const text = 'import { createHash } from "node:crypto"; import { inflateSync } from "node:zlib"'
    expect(await broken('src/image/planted.ts', `${text}; createHash(inflateSync("x"))`)).toEqual([])
  })
})

describe('any file', () => {
  it.each([
    'import * as TE from "fp-ts/lib/TaskEither.js"; TE.chain(x => x)',
    'import * as E from "fp-ts/lib/Either.js"; E.chainFirstW(x => x)',
    'import { chain } from "fp-ts/lib/Either.js"; chain(x => x)',
  ])('may not contain %s', async text => {
    expect(await broken('src/runs/planted.ts', text)).toContain('no-restricted-syntax')
  })

  it.each([
    'export const label = (cost: string) => (cost === "quadratic" ? 1 : 2)',
    'export const label = (cost: string) => ("CrossEntropyCost" != cost ? 1 : 2)',
    'switch (x as string) { case "xent": break; default: }',
  ])('of src may not compare with the name of a part: %s', async text => {
    expect(await broken('src/runs/planted.ts', text)).toContain('no-restricted-syntax')
    expect(await broken('test/planted.test.ts', text)).not.toContain('no-restricted-syntax')
  })

  it('of src except text.ts may not decode text', async () => {
    const text = 'new TextDecoder().decode(new Uint8Array())'
    for (const file of ['src/runs/planted.ts', 'src/core/scope.ts'])
      expect(await broken(file, text)).toContain('no-restricted-syntax')
    expect(await broken('src/io/text.ts', text)).toEqual([])
  })

  it('except scope.ts may not free memory', async () => {
    const text = 'import { tidy } from "@tensorflow/tfjs-core"; tidy(() => undefined)'
    expect(await broken('src/core/planted.ts', text)).toEqual(['no-restricted-syntax'])
    expect(await broken('test/planted.test.ts', text)).toEqual(['no-restricted-syntax'])
    expect(await broken('src/core/scope.ts', text)).toEqual([])
  })
})

describe('src as a whole', () => {
  const lint = (files: Readonly<Record<string, string>>) =>
    inTree(files, [join(root, 'scripts/lint-tree.mjs')])

  it('declares an exported name once, has a file name once, and a tier for each file', async () => {
    const { failed, output } = await lint({
      'src/core/tree.ts': 'export const a = 1, { b, c: [d] } = x; export type E = 1; const f = 1',
      'src/io/one.ts': 'export function a() {}; export class b {}; export interface E {}; export const f = 1',
      'src/io/two.ts': 'const d = 1; const g = 2; export { d, g as h }; export { f } from "./one.ts"',
      'src/io/index.ts': 'export * from "./one.ts"; export { d } from "./two.ts"',
      ...{ 'src/data/tree.ts': '', 'src/index.ts': '', 'src/planted.ts': '' },
    })
    expect(failed).toBe(true)
    expect(output.trim().split('\n').toSorted()).toEqual([
      'src/planted.ts is in 0 rows of the tiers (.dependency-cruiser.mjs), not in one',
      'the exported name E stands in src/core/tree.ts and src/io/one.ts',
      'the exported name a stands in src/core/tree.ts and src/io/one.ts',
      'the exported name b stands in src/core/tree.ts and src/io/one.ts',
      'the exported name d stands in src/core/tree.ts and src/io/two.ts',
      'the file name tree.ts stands in src/core/tree.ts and src/data/tree.ts',
    ])
  })

  it('passes where nothing is wrong', async () => {
    expect(await lint({ 'src/io/read.ts': 'export const a = 1' })).toEqual({ failed: false, output: '' })
  })
})

it('imports go down, without a circle; the core imports nothing of Node; one file imports Redis', async () => {
  const { failed, output } = await inTree(
    {
      'src/core/tree.ts': 'import "node:fs"\nimport "./rng.ts"',
      'src/core/rng.ts': 'import "./tree.ts"',
      'src/api/net.ts': 'import "../core/tree.ts"',
      'src/errors.ts': 'import "./cli/main.ts"',
      'src/cli/main.ts': 'import "./none.ts"\nimport "bullmq"',
      'node_modules/bullmq/package.json': '{"name":"bullmq","main":"index.js"}',
      'node_modules/bullmq/index.js': '',
    },
    [
      join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs'),
      ...['--config', join(root, '.dependency-cruiser.mjs'), 'src'],
    ],
  )
  expect(failed).toBe(true)
  for (const breach of [
    'core-runs-anywhere: src/core/tree.ts → fs',
    // by way of another file
    'api-runs-anywhere: src/api/net.ts → fs',
    'no-circular: src/core/',
    'imports-down: src/errors.ts → src/cli/main.ts',
    'nothing-unresolvable: src/cli/main.ts → ./none.ts',
    'only-the-queue-names-redis: src/cli/main.ts → node_modules/bullmq/index.js',
  ])
    expect(stripVTControlCharacters(output)).toContain(breach)
})

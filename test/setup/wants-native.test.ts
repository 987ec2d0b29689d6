import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { compareOptions } from '../../src/cli/compare-options.ts'
import { evaluateCommand } from '../../src/cli/commands/evaluate-command.ts'
import { trainOptions } from '../../src/options/train-options.ts'

type WantsNative = (
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
) => boolean

const module = new URL('../../scripts/wants-native.mjs', import.meta.url).href
const { wantsNative } = (await import(module)) as { readonly wantsNative: WantsNative }

const folder = mkdtempSync(join(tmpdir(), 'network2-wants-'))

const file = (settings: unknown): string => {
  const path = join(folder, `${JSON.stringify(settings).replaceAll(/\W/g, '-')}.json`)
  writeFileSync(path, JSON.stringify(settings))
  return path
}

const native = file({ backend: 'native' })
const xla = file({ engine: 'xla' })
const marked = join(folder, 'marked.json')
writeFileSync(marked, '\ufeff{"backend":"native"}')
const wasm = file({ backend: 'wasm' })
const run = folder
writeFileSync(join(run, 'config.json'), '{"backend":"native"}')

afterAll(() => rmSync(folder, { recursive: true }))

type Case = readonly [line: string, env?: Readonly<Record<string, string>>]

const table = (cases: readonly Case[]) => cases.map(([line, env = {}]) => ({ line, env }))

/** Words of a line in quotes may have spaces, as in a shell. */
const wants = (line: string, env: Readonly<Record<string, string>>): boolean => {
  const [command = '', ...args] = line.match(/"[^"]*"|\S+/g)!.map(word => word.replaceAll('"', ''))
  return wantsNative(command, args, env)
}

describe('the native backend is asked for by', () => {
  it.each(
    table([
      ['train --backend native'],
      ['train --backend=native'],
      ['train --cost xent --backend native --epochs 1'],
      ['train --backend wasm --backend native'],
      ['train --engine xla'],
      ['train --engine=xla --backend auto'],
      ['train', { NETWORK2_BACKEND: 'native' }],
      ['train', { NETWORK2_ENGINE: 'xla' }],
      [`train --config ${native}`],
      [`train --config=${native}`],
      [`train --config ${xla}`],
      [`train --config ${marked}`],
      ['train', { NETWORK2_CONFIG: native }],
      ['train --backend native', { NETWORK2_BACKEND: 'wasm' }],
      [`train --config ${wasm}`, { NETWORK2_BACKEND: 'native' }],
      [`train --resume ${run} --backend native`],
      [`train --resume ${run} --config ${native}`],
      ['evaluate --model net.json --backend native'],
      ['evaluate', { NETWORK2_BACKEND: 'native' }],
      ['compare --backend native'],
      [`compare --config ${native}`],
      ['compare', { NETWORK2_ENGINE: 'xla' }],
      ['compare --arms "xent --backend native" xent'],
      ['compare "--arms=xent --engine xla"'],
      ['check-gradients --backend native'],
      ['bench'],
      ['bench [784,30,10]'],
    ]),
  )('$line $env', ({ line, env }) => expect(wants(line, env)).toBe(true))
})

describe('the native backend is not asked for by', () => {
  it.each(
    table([
      ['train'],
      ['train --cost xent'],
      ['train --sizes 784,512,512,10'],
      ['train --backend auto'],
      ['train --backend wasm'],
      ['train --backend'],
      ['train --backend native --backend cpu'],
      ['train --engine wasm'],
      ['train --engine eager'],
      ['train --engine staged'],
      ['train --engine xla --backend wasm'],
      ['train --save native --backendnative'],
      ['train -- --backend native'],
      ['train --backend native --help'],
      ['train --backend native', { NETWORK2_NATIVE: 'off' }],
      ['train --backend wasm', { NETWORK2_BACKEND: 'native' }],
      ['train', { NETWORK2_BACKEND: 'wasm', NETWORK2_CONFIG: native }],
      [`train --backend wasm --config ${native}`],
      [`train --config ${join(folder, 'missing.json')}`],
      ['train --config /dev/null'],
      [`train --resume ${run}`],
      [`train --resume ${run}`, { NETWORK2_BACKEND: 'native' }],
      ['train', { NETWORK2_RESUME: run, NETWORK2_CONFIG: native }],
      ['evaluate'],
      [`evaluate --config ${native}`],
      ['compare'],
      [`compare --config ${native} --backend wasm`],
      ['compare --arms xent "xent --lmbda 5"'],
      ['check-gradients'],
      ['check-gradients', { NETWORK2_BACKEND: 'native' }],
      ['bench --help'],
      ['bench', { NETWORK2_NATIVE: 'off' }],
      ...[
        'setup',
        'test',
        'test:long',
        'golden',
        'runs',
        'trace',
        'reproduce',
        'exercise',
        'slowdown',
        'study',
        'worker',
        'merge',
        'report',
        'predict',
        'doctor',
        'queue-throughput',
        'simulate-queue',
        'digits-sheet',
        'report-picture',
        'page-picture',
      ].map((command): Case => [`${command} --backend native`, { NETWORK2_BACKEND: 'native' }]),
    ]),
  )('$line $env', ({ line, env }) => expect(wants(line, env)).toBe(false))
})

describe('the option tables', () => {
  it.each([
    ['train', trainOptions, ['backend', 'engine', 'config', 'resume']],
    ['evaluate', evaluateCommand.options, ['backend', 'engine']],
    ['compare', compareOptions, ['backend', 'engine', 'config']],
  ] as const)('%s has no other names for the flags that are looked for', (_, options, flags) => {
    const looked = ['backend', 'engine', 'config', 'resume']
    expect(looked.filter(name => name in options)).toEqual(flags)
    for (const flag of flags) expect((options as Record<string, object>)[flag]).not.toHaveProperty('alias')
  })
})

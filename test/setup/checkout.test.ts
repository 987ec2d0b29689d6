/**
 * The commands in a checkout that has the packages of this project and its sources, but not the native backend. The
 * programs on its PATH stand in for pip and the compiler, and record each call.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { linuxX64 } from '../support/needs.ts'
import { Machine } from './fakes.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

const machine = new Machine()
const root = join(machine.folder, 'checkout')
const data = join(machine.folder, 'data.json')

const linkAll = (from: string, to: string, but: readonly string[]): void => {
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) if (!but.includes(name)) symlinkSync(join(from, name), join(to, name))
}

beforeAll(() => {
  for (const name of ['src', 'scripts', 'test/support', 'package.json', 'package-lock.json'])
    cpSync(join(project, name), join(root, name), { recursive: true })
  const [modules, own] = [join(project, 'node_modules'), join(root, 'node_modules')]
  linkAll(modules, own, ['.network2', '.package-lock.json', '@tensorflow'])
  // npm's record that the packages of the lockfile are installed
  cpSync(join(project, 'package-lock.json'), join(own, '.package-lock.json'))
  linkAll(join(modules, '@tensorflow'), join(own, '@tensorflow'), ['tfjs-node'])
  cpSync(join(modules, '@tensorflow', 'tfjs-node'), join(own, '@tensorflow', 'tfjs-node'), {
    recursive: true,
    filter: path => !/tfjs-node\/(deps|lib)$/.test(path),
  })
  const training = {
    inputs: [
      [0, 0, 0, 1],
      [0, 0, 1, 0],
    ],
    labels: [0, 1],
  }
  writeFileSync(data, JSON.stringify({ training, test: training }))
})

beforeEach(() => {
  machine.pip('echo "ERROR: a reason" >&2; exit 1')
  machine.compiler()
  writeFileSync(machine.log, '')
})

afterAll(() => machine.remove())

const train = (args: readonly string[]) => {
  const run = join(root, 'scripts', 'run.mjs')
  const common = ['train', '--data', data, '--epochs', '1', '--out', 'none']
  const { status, stderr } = spawnSync(process.execPath, [run, ...common, ...args], {
    env: machine.env,
    encoding: 'utf8',
  })
  return { status, sentences: stderr.match(/^network2: .*(\n {2}.*)?$/gm) ?? [] }
}

/** More than 20,000 weights above the first layer. */
const LARGE = ['--sizes', '4,150,150,2']

const NOTICE =
  'network2: the native backend would be faster here, but it is not installed; run: npm run setup -- native'

describe('training without the native backend', () => {
  it('of a small network downloads nothing and prints no notice', () => {
    expect(train(['--cost', 'xent'])).toEqual({ status: 0, sentences: [] })
    expect(machine.asked()).toEqual([])
  })

  it.skipIf(linuxX64.isMissing)(
    'of a large network downloads nothing and prints one line',
    linuxX64.why,
    () => {
      expect(train(LARGE)).toEqual({ status: 0, sentences: [NOTICE] })
      expect(machine.asked()).toEqual([])
    },
  )

  it.skipIf(linuxX64.isMissing)(
    'with --backend native ends with the reason of the failed download',
    linuxX64.why,
    () => {
      expect(train(['--backend', 'native'])).toEqual({
        status: 2,
        sentences: [
          expect.stringMatching(
            /--backend native is not available: pip could not download.*\(a reason\)\n {2}check the network.*npm run setup -- native; or use --backend wasm$/,
          ),
        ],
      })
      expect(machine.asked().filter(line => line.startsWith('pip'))).toHaveLength(1)
    },
  )
})

import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { Machine } from './fakes.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

/** What the set-up of the native backend needs of packages, and what reads TypeScript on Node 20. */
const PACKAGES = [
  'yauzl',
  'buffer-crc32',
  'pend',
  'env-paths',
  'node-api-headers',
  'tsx',
  'esbuild',
  '@esbuild',
]

const LOCK = JSON.stringify({
  packages: {
    '': { name: 'network2' },
    'node_modules/needed': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  },
})

const installed = (version: string): string =>
  JSON.stringify({ packages: { 'node_modules/needed': { version, integrity: 'sha512-a' } } })

/** The command line, as far as run.mjs knows it: shows what it was given, and exits as it was told. */
const MAIN = `export const run = async (args: readonly string[]): Promise<void> => {
  console.log(JSON.stringify(args))
  process.exitCode = args.includes('--fail') ? 4 : 0
}`

let machine: Machine
let root: string

beforeEach(() => {
  machine = new Machine()
  machine.pip('echo "ERROR: a reason" >&2; exit 1')
  machine.compiler()
  root = machine.checkout()
  cpSync(join(project, 'scripts'), join(root, 'scripts'), {
    recursive: true,
    filter: path => !path.endsWith('.ts'),
  })
  mkdirSync(join(root, 'src', 'cli'), { recursive: true })
  writeFileSync(join(root, 'src', 'cli', 'main.ts'), MAIN)
  writeFileSync(join(root, 'package.json'), '{"type":"module"}')
  writeFileSync(join(root, 'package-lock.json'), LOCK)
  writeFileSync(record(), installed('1.0.0'))
  for (const name of PACKAGES)
    symlinkSync(join(project, 'node_modules', name), join(root, 'node_modules', name))
  machine.program('npm', `echo "npm $*" >> "$LOG"; exit 1`)
})

afterEach(() => machine.remove())

const record = (): string => join(root, 'node_modules', '.package-lock.json')

const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) => {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'scripts', 'run.mjs'), ...args],
    { env: { ...machine.env, ...env }, encoding: 'utf8' },
  )
  return {
    status,
    stdout,
    sentences: stderr.split('\n').filter(line => line.startsWith('network2: ')),
    stderr,
  }
}

const asked = (program: string): readonly string[] => machine.asked().filter(line => line.startsWith(program))

describe('a command', () => {
  it('gets its arguments, and its exit code is kept', () => {
    const { status, stdout } = run(['train', '--eta', '0.5', '--fail'])
    expect(status).toBe(4)
    expect(stdout).toBe('["train","--eta","0.5","--fail"]\n')
  })

  it('runs, though the native backend cannot be had, and one sentence says why and what would help', () => {
    const { status, stdout, sentences } = run(['train'])
    expect({ status, stdout }).toEqual({ status: 0, stdout: '["train"]\n' })
    expect(sentences).toEqual([expect.stringMatching(/slower.*could not download.*a reason.*npm run setup$/)])
  })

  it('says the sentence again the next time, but does not try again; setup does', () => {
    run(['train'])
    expect(run(['evaluate']).sentences).toHaveLength(1)
    expect(asked('pip')).toHaveLength(1)
    expect(run(['setup'])).toMatchObject({ status: 0, sentences: [expect.any(String)] })
    expect(asked('pip')).toHaveLength(2)
  })

  it.each([
    ['--backend wasm', ['train', '--backend', 'wasm'], {}],
    ['--backend=cpu', ['train', '--backend=cpu'], {}],
    ['NETWORK2_NATIVE=off', ['train'], { NETWORK2_NATIVE: 'off' }],
    ['--help', ['train', '--help'], {}],
    ['doctor', ['doctor'], {}],
  ])('with %s neither downloads nor complains', (_, args, env) => {
    const { status, stdout, stderr } = run(args, env)
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${JSON.stringify(args)}\n`, stderr: '' })
    expect(machine.asked()).toEqual([])
  })

  it('with --backend native tries', () => {
    expect(run(['train', '--backend', 'native']).sentences).toHaveLength(1)
    expect(asked('pip')).toHaveLength(1)
  })
})

describe('the packages', () => {
  it('are left alone when npm has recorded what the lockfile wants', () => {
    run(['doctor'])
    expect(asked('npm')).toEqual([])
  })

  it.each([
    ['there is no record', () => rmSync(record())],
    ['a version is another', () => writeFileSync(record(), installed('0.9.0'))],
    ['a package is missing', () => writeFileSync(record(), '{"packages":{}}')],
    ['the record is half', () => writeFileSync(record(), installed('1.0.0').slice(0, 20))],
  ])('are installed when %s', (_, damage) => {
    damage()
    machine.program('npm', `echo "npm $*" >> "$LOG"; echo '${installed('1.0.0')}' > '${record()}'`)
    expect(run(['doctor']).status).toBe(0)
    expect(asked('npm')).toEqual(['npm ci --ignore-scripts --include=dev'])
    expect(run(['doctor']).stderr).toBe('')
  })

  it('are installed by the npm that runs us', () => {
    rmSync(record())
    const cli = join(machine.folder, 'npm-cli.js')
    writeFileSync(
      cli,
      `require('fs').writeFileSync(${JSON.stringify(record())}, ${JSON.stringify(installed('1.0.0'))})`,
    )
    expect(run(['doctor'], { npm_execpath: cli }).status).toBe(0)
    expect(asked('npm')).toEqual([])
  })

  it('that cannot be installed are told of in one line, and nothing runs', () => {
    rmSync(record())
    machine.program(
      'npm',
      `echo 'npm error code ENOTFOUND' >&2; echo 'npm error network request failed' >&2; exit 1`,
    )
    const { status, stdout, stderr, sentences } = run(['train'])
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' })
    expect(sentences).toEqual([expect.stringMatching(/ENOTFOUND: network request failed.*registry.*again$/)])
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('without npm are told of in one line', () => {
    rmSync(record())
    machine.without('npm')
    expect(run(['train'])).toMatchObject({
      status: 3,
      sentences: [expect.stringContaining('npm was not found')],
    })
  })

  it('of an installation that was killed are installed again', () => {
    machine.program('npm', 'kill -9 $PPID')
    writeFileSync(record(), installed('0.9.0'))
    expect(run(['doctor']).status).toBe(null)
    // What npm has in hand when it dies must not pass for installed, even if it put the right versions on record.
    expect(() => readFileSync(record())).toThrow()
  })
})

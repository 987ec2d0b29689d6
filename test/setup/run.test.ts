import {
  existsSync,
  cpSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { owned } from '../support/children.ts'
import { Machine } from './fakes.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

/** The packages that the installation of the native backend imports, and esbuild, which translates the sources. */
const PACKAGES = ['yauzl', 'buffer-crc32', 'pend', 'env-paths', 'node-api-headers', 'esbuild', '@esbuild']

const LOCK = JSON.stringify({
  packages: {
    '': { name: 'network2' },
    'node_modules/needed': { version: '1.0.0', integrity: 'sha512-a' },
    'node_modules/elsewhere': { version: '1.0.0', integrity: 'sha512-b', optional: true },
  },
})

const installed = (version: string): string =>
  JSON.stringify({ packages: { 'node_modules/needed': { version, integrity: 'sha512-a' } } })

/** Stands in for the command line: prints its arguments, and exits with 4 if one is --fail. */
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
  writeFileSync(join(root, 'package.json'), '{"type":"module","version":"1.2.3"}')
  writeFileSync(join(root, 'package-lock.json'), LOCK)
  writeFileSync(record(), installed('1.0.0'))
  for (const name of PACKAGES)
    symlinkSync(join(project, 'node_modules', name), join(root, 'node_modules', name))
  machine.program('npm', `echo "npm $*" >> "$LOG"; exit 1`)
})

afterEach(() => machine.remove())

const record = (): string => join(root, 'node_modules', '.package-lock.json')

const state = (): string => join(root, 'node_modules', '.network2', 'native.json')

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

/** The standard output of a command that runs beside others. */
const runLater = async (args: readonly string[]): Promise<string> => {
  const child = owned(
    spawn(process.execPath, [join(root, 'scripts', 'run.mjs'), ...args], { env: machine.env }),
  )
  let out = ''
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()))
  await once(child, 'close')
  return out
}

const asked = (program: string): readonly string[] => machine.asked().filter(line => line.startsWith(program))

describe('a command', () => {
  it('gets its arguments, and its exit code is kept', () => {
    const { status, stdout } = run(['train', '--eta', '0.5', '--fail'])
    expect(status).toBe(4)
    expect(stdout).toBe('["train","--eta","0.5","--fail"]\n')
  })

  it.each([
    [['train', '--cost', 'xent']],
    [['train', '--sizes', '784,512,512,10']],
    [['evaluate', '--model', 'net.json']],
    [['doctor']],
  ])('that does not ask for the native backend downloads nothing: %j', args => {
    const { status, stdout, stderr } = run(args)
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: `${JSON.stringify(args)}\n`, stderr: '' })
    expect(machine.asked()).toEqual([])
  })

  it.each([
    ['a flag', ['train', '--backend', 'native'], {}],
    ['a variable', ['train'], { NETWORK2_ENGINE: 'xla' }],
  ])('that asks for it by %s downloads it, and gives the reason of a failure itself', (_, args, env) => {
    expect(run(args, env)).toMatchObject({ status: 0, stdout: `${JSON.stringify(args)}\n`, sentences: [] })
    expect(asked('pip')).toHaveLength(1)
    expect(readFileSync(state(), 'utf8')).toMatch(/"failed"[^]*a reason/)
  })

  it('that asks for it again after a failure tries again', () => {
    run(['train', '--backend', 'native'])
    run(['train', '--backend', 'native'])
    expect(asked('pip')).toHaveLength(2)
  })

  it('bench says why it runs without the native backend', () => {
    writeFileSync(join(root, 'scripts', 'bench.ts'), "console.log('measured' as string)")
    const { status, stdout, sentences } = run(['bench'])
    expect({ status, stdout }).toEqual({ status: 0, stdout: 'measured\n' })
    expect(sentences).toEqual([expect.stringMatching(/bench runs without.*\(a reason\).*setup -- native$/)])
    expect(asked('pip')).toHaveLength(1)
  })
})

describe('the sources', () => {
  const main = (): string => join(root, 'src', 'cli', 'main.ts')

  it('are translated again when one has changed', () => {
    expect(run(['train']).stdout).toBe('["train"]\n')
    writeFileSync(main(), MAIN.replace('console.log(', "console.log('changed', "))
    expect(run(['train']).stdout).toBe('changed ["train"]\n')
  })

  it('leave no old file in dist that no source has made, but the files that a long run may still need', () => {
    run(['train'])
    const [old, recent] = ['old.js', 'recent.js'].map(name => join(root, 'dist', 'chunks', name))
    mkdirSync(join(root, 'dist', 'chunks'), { recursive: true })
    for (const file of [old!, recent!]) writeFileSync(file, '')
    const days = (count: number) => new Date(Date.now() - count * 24 * 60 * 60 * 1000)
    utimesSync(old!, days(8), days(8))
    utimesSync(recent!, days(6), days(6))
    writeFileSync(main(), `${MAIN}\n`)
    run(['train'])
    expect([old!, recent!].map(file => existsSync(file))).toEqual([false, true])
  })

  it('with an error of syntax are an error in one sentence', () => {
    writeFileSync(main(), 'export const = 3')
    const { status, sentences, stderr } = run(['train'])
    expect({ status, sentences }).toEqual({
      status: 7,
      sentences: [expect.stringMatching(/could not be translated.*main\.ts:1: Expected identifier/)],
    })
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('are translated once by commands that start together', async () => {
    const together = Array.from({ length: 4 }, () => runLater(['train']))
    expect(await Promise.all(together)).toEqual(together.map(() => '["train"]\n'))
  })
})

describe('before anything is installed', () => {
  beforeEach(() => rmSync(record()))

  it('an old Node is named, with the version that is needed', () => {
    const old = `data:text/javascript,Object.defineProperty(process, 'versions', { value: { ...process.versions, node: '18.20.8' } })`
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', old, join(root, 'scripts', 'run.mjs'), 'train'],
      { env: machine.env, encoding: 'utf8' },
    )
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toMatch(
      /^network2: Node 18\.20\.8 is too old: Node 20\.12 or later is needed\n {2}install .*\n$/,
    )
    expect(machine.asked()).toEqual([])
  })

  it.each([
    [['train', '--version'], /^network2 \d+\.\d+\.\d+\n$/],
    [['bench', '--version'], /^network2 \d+\.\d+\.\d+\n$/],
    [['digits-sheet', '--help'], /Usage: npm run digits-sheet -- \[FILE\.png\]/],
    [['queue-throughput', '-h'], /Usage: npm run queue-throughput -- \[TRIALS\]/],
    [['setup', '--help'], /Usage: npm run setup -- \[native\]/],
  ])('%j is answered', (args, words) => {
    expect(run(args)).toMatchObject({
      status: 0,
      stdout: expect.stringMatching(words) as unknown,
      stderr: '',
    })
    expect(machine.asked()).toEqual([])
  })

  it.each([
    [['digits-sheet', '--hlep'], '--hlep: unknown flag'],
    [['digits-sheet', 'a.png', 'seven'], 'seven: unexpected value'],
    [['queue-throughput', '40', 'x'], 'x: unexpected value'],
    [['golden', 'all'], 'all: unexpected value'],
    [['check-gradients', '--backends', 'cpu'], '--backends: unknown flag'],
  ])('%j is refused', (args, words) => {
    const { status, stdout, stderr } = run(args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(`network2: ${words}\n  the usage is: npm run ${args[0]!}`)
    expect(machine.asked()).toEqual([])
  })
})

describe('setup', () => {
  it('alone installs the packages only', () => {
    expect(run(['setup'])).toMatchObject({
      status: 0,
      stdout: '',
      stderr: expect.stringMatching(/packages are installed.*npm run setup -- native\n$/) as unknown,
    })
    expect(machine.asked()).toEqual([])
  })

  it('native downloads the native backend, and fails if that fails', () => {
    const { status, sentences } = run(['setup', 'native'])
    expect(status).toBe(3)
    expect(sentences).toEqual([expect.stringMatching(/could not download.*\(a reason\).*setup -- native$/)])
    expect(asked('pip')).toHaveLength(1)
  })

  it.each([
    [['setup', 'nativ'], {}, /setup nativ: expected/],
    [['setup', 'native', 'now'], {}, /setup native now: expected/],
    [['setup', 'native'], { NETWORK2_NATIVE: 'off' }, /NETWORK2_NATIVE=off.*unset it/],
  ])('refuses %j with %o', (args, env, sentence) => {
    const { status, sentences } = run(args, env)
    expect({ status, sentences }).toEqual({ status: 2, sentences: [expect.stringMatching(sentence)] })
    expect(machine.asked()).toEqual([])
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
    expect(asked('npm')).toEqual([expect.stringMatching(/^npm ci --ignore-scripts --include=dev /)])
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

  it('that cannot be installed are reported in one line, and nothing runs', () => {
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

  it.each([
    ['ENOSPC', 'write failed: no space left', 'the disk is full: free about 1 GB'],
    ['EACCES', 'permission denied, mkdir', 'give npm another cache with npm_config_cache=FOLDER'],
    ['ETIMEDOUT', 'network timeout', 'check the network'],
  ])('that cannot be installed because of %s: what to do about that', (code, words, remedy) => {
    rmSync(record())
    machine.program('npm', `echo 'npm error code ${code}' >&2; echo 'npm error ${words}' >&2; exit 1`)
    const { status, sentences } = run(['train'])
    expect({ status, sentences }).toEqual({
      status: 3,
      sentences: [expect.stringMatching(`${code}: ${words}.*${remedy}.*again$`)],
    })
  })

  it('without npm are reported in one line', () => {
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

/**
 * `--threads` as a user meets it: the same network with any number of threads of the C engine and of WebAssembly, and a
 * word where an engine has one.
 */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { cli } from '../support/cli.ts'
import { cCompiler, native, need } from '../support/needs.ts'

const folder = mkdtempSync(join(tmpdir(), 'network2-threads-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** Wide enough that threads share its steps. */
const BASE = [
  ...['train', '--data', 'digits', '--sizes', '784,100,10', '--mini-batch-size', '50'],
  ...['--train-size', '200', '--monitor', 'none', '--quiet'],
]
const at = (name: string): string => join(folder, name)
const env = { NETWORK2_CACHE: at('cache') }

const read = (name: string, file: string): Record<string, unknown> =>
  JSON.parse(readFileSync(join(at(name), file), 'utf8')) as Record<string, unknown>

const bytes = (name: string): string => readFileSync(join(at(name), 'model.json'), 'utf8')

/** What a run with these flags says on standard error. */
const train = async (flags: readonly string[]): Promise<string> => {
  const { code, err } = await cli([...BASE, ...flags], env)
  expect(code, err).toBe(0)
  return err
}

/** The programs that the C engine has compiled. */
const programs = (): number =>
  existsSync(at('cache/compiled')) ? readdirSync(at('cache/compiled')).length : 0

for (const [engine, needs] of [
  ['c', cCompiler],
  ['wasm', need(true, '')],
] as const)
  describe.skipIf(needs.isMissing)(`--engine ${engine} --threads`, needs.why, () => {
    const flags = ['--engine', engine, '--epochs']
    const [one, two, resumed, auto] = ['one', 'two', 'resumed', 'auto'].map(name => `${engine}-${name}`) as [
      string,
      string,
      string,
      string,
    ]

    it('gives the same network with one and with two, and resumes with another number without a word', async () => {
      expect(await train([...flags, '2', '--out', at(one)])).toBe('')
      const ofOne = programs()
      expect(await train([...flags, '2', '--threads', '2', '--out', at(two)])).toBe('')
      // the programs that two threads run are others
      if (engine === 'c') expect(programs()).toBeGreaterThan(ofOne)
      expect(bytes(two)).toBe(bytes(one))
      expect(read(one, 'config.json')).not.toHaveProperty('threads')
      expect([read(one, 'env.json').threads, read(two, 'env.json').threads]).toEqual([1, 2])

      expect(await train([...flags, '1', '--out', at(resumed)])).toBe('')
      expect(await train([...flags, '2', '--threads', '2', '--resume', at(resumed)])).toBe('')
      expect(bytes(resumed)).toBe(bytes(one))
      expect(await train([...flags, '3', '--threads', '1', '--resume', at(two)])).toBe('')
      expect(read(two, 'env.json').threads).toBe(1)
    })

    it('auto is at most one for each core', async () => {
      expect(await train([...flags, '1', '--threads', 'auto', '--out', at(auto)])).toBe('')
      expect(read(auto, 'env.json').threads).toBe(Math.min(4, availableParallelism()))
      expect(read(auto, 'config.json').threads).toBe('auto')
    })

    it('says where the machine has fewer', async () => {
      const more = availableParallelism() + 1
      expect(await train([...flags, '0', '--threads', String(more), '--out', 'none'])).toBe(
        `network2: --threads ${more}: this machine runs ${more - 1} at the same time, and threads that wait for a turn are slow\n`,
      )
    })
  })

describe('an engine with one thread', () => {
  it.each(['wasm', 'cpu'])('eager on %s says so where two are asked for by number', async backend => {
    const flags = ['--backend', backend, '--engine', 'eager', '--epochs', '0', '--out', 'none', '--threads']
    expect(await train([...flags, '2'])).toBe(
      'network2: --threads 2: the engine eager has one; --engine c and --engine wasm have more\n',
    )
    expect(await train([...flags, 'auto'])).toBe('')
    expect(await train([...flags, '1'])).toBe('')
  })
})

it.skipIf(native.isMissing)(
  'XLA has the threads that are asked for, and a run that is resumed with another number says so',
  native.why,
  async () => {
    const flags = ['--engine', 'xla', '--epochs']
    await train([...flags, '1', '--threads', '2', '--out', at('xla')])
    expect(read('xla', 'env.json').threads).toBe(2)
    expect(await train([...flags, '2', '--resume', at('xla')])).not.toContain('threads: it was')
    expect(await train([...flags, '3', '--threads', '1', '--resume', at('xla')])).toContain(
      'network2: threads: it was 2, and is 1; the last bits can differ from those of an uninterrupted run\n',
    )
  },
)

it('evaluate takes it', async () => {
  await train(['--engine', 'wasm', '--epochs', '0', '--out', at('evaluated')])
  const more = availableParallelism() + 1
  const { code, err } = await cli([
    'evaluate',
    '--model',
    at('evaluated'),
    '--data',
    'digits',
    '--threads',
    String(more),
  ])
  expect(code).toBe(0)
  expect(err).toMatch(
    new RegExp(`^network2: --threads ${more}: this machine runs ${more - 1} at the same time`),
  )
})

it('compare has no such flag, and says what to do', async () => {
  const { code, err } = await cli(['compare', '--threads', '2'])
  expect(code).toBe(2)
  expect(err).toContain('--threads: unknown flag')
  expect(err).toContain('each training has one thread, and --jobs N runs N of them at the same time')
})

it('--engine staged says what it means, in a study once', async () => {
  const study = ['--trials', '1', '--seeds', '2', '--epochs', '1', '--train-size', '50', '--jobs', '1']
  const { code, err } = await cli(
    [
      'compare',
      ...study,
      '--data',
      'digits',
      '--backend',
      'wasm',
      '--engine',
      'staged',
      '--out',
      at('study'),
    ],
    env,
  )
  expect(code, err).toBe(0)
  expect(err.match(/--engine staged is the old name/g)).toHaveLength(1)

  const flags = ['--backend', 'wasm', '--epochs', '0', '--out', 'none', '--engine', 'staged']
  expect(await train(flags)).toBe('network2: --engine staged is the old name of --engine wasm\n')
})

it('a link to the page leaves it out', async () => {
  const linked = async (...flags: string[]): Promise<string> =>
    (await cli(['train', '--data', 'digits', '--link', ...flags])).out
  expect(await linked('--threads', '2', '--engine', 'c')).toBe(await linked())
})

/**
 * `--engine c` as a user meets it: the network of `--engine wasm`, with a compiler and without.
 */
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { afterAll, describe, expect, it } from 'vitest'
import { cli, start } from '../support/cli.ts'
import { cCompiler } from '../support/needs.ts'

const folder = mkdtempSync(join(tmpdir(), 'network2-engine-c-'))
afterAll(() => rmSync(folder, { recursive: true }))

const BASE = ['train', '--data', 'digits', '--sizes', '784,30,10', '--train-size', '1000', '--quiet']

/** The bytes of the network that a run with these flags saves. */
const network = async (name: string, flags: readonly string[], env: NodeJS.ProcessEnv = {}, epochs = 2) => {
  const out = join(folder, name)
  const { code, err } = await cli([...BASE, '--epochs', String(epochs), ...flags, '--out', out], env)
  expect(code, err).toBe(0)
  return { bytes: readFileSync(join(out, 'model.json'), 'utf8'), err }
}

const cacheOf = (name: string): NodeJS.ProcessEnv => ({ NETWORK2_CACHE: join(folder, name) })

/** A PATH with node alone. */
const withoutCompiler = (name: string): NodeJS.ProcessEnv => {
  const bin = join(folder, name)
  mkdirSync(bin)
  writeFileSync(join(bin, 'node'), `#!/bin/sh\nexec ${process.execPath} "$@"\n`)
  chmodSync(join(bin, 'node'), 0o755)
  return { PATH: bin, ...cacheOf(`${name}-cache`) }
}

describe('--engine c', () => {
  it('without a compiler trains in WebAssembly to the same network, and says so', async () => {
    const [found, wanted] = await Promise.all([
      network('without', ['--engine', 'c'], withoutCompiler('bin')),
      network('wasm', ['--engine', 'wasm']),
    ])
    expect(found.bytes).toBe(wanted.bytes)
    expect(found.err).toMatch(
      /^network2: --engine wasm instead: the C engine needs a C compiler, and there is no cc, gcc, clang in PATH: install gcc or clang, or use --engine wasm$/m,
    )
    expect(wanted.err).toBe('')
  })

  it('prints the step in C, which a compiler takes', async () => {
    const { code, out } = await cli(['trace', '--as', 'c'])
    expect(code).toBe(0)
    expect(out).toContain('static __attribute__((noinline)) vf sigmoid_(vf l0) {')
  })

  describe.skipIf(cCompiler.isMissing)('with a compiler', cCompiler.why, () => {
    it('gives the network of --engine wasm, from two processes that compile at once too', async () => {
      const both = await Promise.all(
        ['one', 'two'].map(name => network(name, ['--engine', 'c'], cacheOf('shared'))),
      )
      const wanted = await network('as-wasm', ['--engine', 'wasm'])
      for (const { bytes, err } of both) {
        expect(bytes).toBe(wanted.bytes)
        expect(err).toBe('')
      }
      expect(readdirSync(join(folder, 'shared', 'compiled')).filter(name => !name.endsWith('.node'))).toEqual(
        [],
      )
    })

    it('continues a run of --engine wasm to the same network, without a word', async () => {
      await network('resumed', ['--engine', 'wasm'], {}, 1)
      const { code, err } = await cli(
        [...BASE, '--epochs', '2', '--engine', 'c', '--resume', join(folder, 'resumed')],
        cacheOf('shared'),
      )
      expect([code, err]).toEqual([0, ''])
      expect(readFileSync(join(folder, 'resumed', 'model.json'), 'utf8')).toBe(
        (await network('whole', ['--engine', 'wasm'])).bytes,
      )
    })

    it('trains in WebAssembly, and says why, where the compiler finds no room for what it writes', async () => {
      const env = withoutCompiler('full')
      // the limit of a file's size, here none, is what a test has of a full disk
      writeFileSync(
        join(env.PATH!, 'cc'),
        `#!/bin/sh\nulimit -f 0\nPATH='${process.env.PATH}' exec cc "$@"\n`,
      )
      chmodSync(join(env.PATH!, 'cc'), 0o755)
      const { bytes, err } = await network('full-disk', ['--engine', 'c'], env)
      expect(err).toMatch(/^network2: --engine wasm instead: .*cc could not compile the step: .+$/m)
      expect(bytes).toBe((await network('full-wasm', ['--engine', 'wasm'])).bytes)
      expect(readdirSync(join(folder, 'full-cache', 'compiled'))).toEqual([])
    })

    it('compiles after a process was killed while it compiled', async () => {
      const env = withoutCompiler('killed')
      // a compiler that does not end before the process
      writeFileSync(join(env.PATH!, 'cc'), '#!/bin/sh\nwhile kill -0 $PPID 2>/dev/null; do :; done\n')
      chmodSync(join(env.PATH!, 'cc'), 0o755)
      const running = start([...BASE, '--engine', 'c', '--out', 'none'], {
        ...env,
        ...cacheOf('killed-cache'),
      })
      const compiled = join(folder, 'killed-cache', 'compiled')
      while (!existsSync(compiled) || readdirSync(compiled).length === 0) await setImmediate()
      running.signal('SIGKILL')
      await running.result
      const { bytes, err } = await network('after', ['--engine', 'c'], cacheOf('killed-cache'))
      expect(err).toBe('')
      expect(bytes).toBe((await network('after-wasm', ['--engine', 'wasm'])).bytes)
      expect(dirname(compiled)).toBe(join(folder, 'killed-cache'))
    })
  })
})

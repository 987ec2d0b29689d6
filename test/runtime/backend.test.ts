import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as tf from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { loadBackend, restoreNodeUtil } from '../../src/runtime/backend.ts'
import { withTensors } from '../../src/core/scope.ts'
import { linuxX64, native, need } from '../support/needs.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

const modules = join(project, 'node_modules')

const tfjsNode = join('@tensorflow', 'tfjs-node')

const addon = join(tfjsNode, 'lib', 'napi-v8', 'tfjs_binding.node')

// test/support/setup.ts turns this off, so that TensorFlow.js does not print its advertisement. The WebAssembly backend
// reads it.
tf.env().set('IS_NODE', true)

/** The operations of a training step, in small: rows 1 and 0 of x, times w transposed, through the sigmoid. */
const step = (): readonly number[] =>
  withTensors(
    () => {
      const x = tf.gather(
        tf.tensor2d([
          [1, 2],
          [0, 0],
        ]),
        tf.tensor1d([1, 0], 'int32'),
      )
      return tf.sigmoid(tf.matMul(x, tf.tensor2d([[1, -0.5]]), false, true))
    },
    a => [...a.dataSync()],
  )

const backends = [
  ['wasm', need(true, '')],
  ['cpu', need(true, '')],
  ['native', native],
] as const

for (const [name, needs] of backends)
  describe.skipIf(needs.isMissing)(name, needs.why, () => {
    it('is loaded, current, computes, and prints nothing', async () => {
      const warn = vi.spyOn(console, 'warn')
      const log = vi.spyOn(console, 'log')
      const before = tf.memory().numTensors
      const backend = await loadBackend(name)()
      expect(backend).toMatchObject(E.right({ name, notice: undefined }))
      expect(tf.getBackend()).toBe(name === 'native' ? 'tensorflow' : name)
      expect(step()).toEqual([0.5, 0.5])
      expect(tf.memory().numTensors).toBe(before)
      expect(warn).not.toHaveBeenCalled()
      expect(log).not.toHaveBeenCalled()
      vi.restoreAllMocks()
    })

    it('has its versions', async () => {
      const backend = await loadBackend(name)()
      const versions = E.isRight(backend) ? backend.right.versions : {}
      expect(Object.keys(versions)).toEqual(
        name === 'native'
          ? ['tfjs-core', 'tfjs-node', 'libtensorflow']
          : ['tfjs-core', `tfjs-backend-${name}`],
      )
      for (const version of Object.values(versions)) expect(version).toMatch(/^\d+\.\d+\.\d+/)
    })
  })

describe('auto', () => {
  it('is native where that is here, else wasm', async () => {
    vi.stubEnv('NETWORK2_NATIVE', undefined)
    expect(await loadBackend('auto')()).toMatchObject(E.right({ name: native.isMissing ? 'wasm' : 'native' }))
    vi.unstubAllEnvs()
  })

  it('is wasm, without a notice, where native is switched off', async () => {
    vi.stubEnv('NETWORK2_NATIVE', 'off')
    expect(await loadBackend('auto')()).toMatchObject(E.right({ name: 'wasm', notice: undefined }))
    vi.unstubAllEnvs()
  })
})

describe('restoreUtil', () => {
  it('puts both functions into a module that lacks them, or warns of them', () => {
    const warns = { isArray: () => expect.unreachable() }
    for (const util of [{}, warns]) {
      restoreNodeUtil(util)
      const { isArray, isNullOrUndefined } = util as Record<string, (value: unknown) => boolean>
      expect([[], {}, undefined].map(value => isArray?.(value))).toEqual([true, false, false])
      expect([null, undefined, 0, ''].map(value => isNullOrUndefined?.(value))).toEqual([
        true,
        true,
        false,
        false,
      ])
    }
  })
})

/** A copy of the built project, with a tfjs-node that a test may damage. */
describe('in a separate process', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'network2-backend-'))
    for (const name of ['dist', 'scripts', 'package.json'])
      cpSync(join(project, name), join(root, name), { recursive: true })
    const links = [
      ...readdirSync(modules).filter(name => !name.startsWith('.') && name !== '@tensorflow'),
      ...readdirSync(join(modules, '@tensorflow'))
        .filter(name => name !== 'tfjs-node')
        .map(name => join('@tensorflow', name)),
    ]
    mkdirSync(join(root, 'node_modules', '@tensorflow'), { recursive: true })
    for (const name of links) symlinkSync(join(modules, name), join(root, 'node_modules', name))
    cpSync(join(modules, tfjsNode), join(root, 'node_modules', tfjsNode), {
      recursive: true,
      filter: path => !/tfjs-node\/(deps|lib)$/.test(path),
    })
  })

  afterEach(() => rmSync(root, { recursive: true, force: true }))

  const putAddon = (text: string): void => {
    const file = join(root, 'node_modules', addon)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }

  const evaluate = (script: string, args: readonly string[] = []) => {
    writeFileSync(join(root, 'script.mjs'), script)
    return spawnSync(process.execPath, ['script.mjs', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NETWORK2_NATIVE: undefined },
    })
  }

  const LOAD = `const [choice, platform] = process.argv.slice(2)
    for (const [name, value] of Object.entries(JSON.parse(platform))) Object.defineProperty(process, name, { value })
    const { loadBackend } = await import('./dist/runtime/backend.js')
    console.log(JSON.stringify(await loadBackend(choice)()))`

  /** The result of loading a choice there, which must not print anything. */
  const loading = (choice: string, platform: Readonly<Record<string, string>> = {}): unknown => {
    const { status, stdout, stderr } = evaluate(LOAD, [choice, JSON.stringify(platform)])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return JSON.parse(stdout)
  }

  it.skipIf(linuxX64.isMissing)(
    'auto takes wasm, with a notice, if the addon does not load',
    linuxX64.why,
    () => {
      putAddon('garbage')
      expect(loading('auto')).toMatchObject({
        _tag: 'Right',
        right: {
          name: 'wasm',
          notice: expect.stringMatching(
            /faster here, but.*does not load.*npm run setup -- native$/,
          ) as unknown,
        },
      })
    },
  )

  it('an explicit native that does not load is an error which names the nearest', () => {
    putAddon('garbage')
    expect(loading('native')).toMatchObject({
      _tag: 'Left',
      left: {
        _tag: 'Usage',
        message: expect.stringContaining('--backend native') as unknown,
        remedy: 'run: npm run setup -- native; or use --backend wasm',
      },
    })
  })

  it.skipIf(linuxX64.isMissing)(
    'without an addon, auto takes wasm and says how to install native',
    linuxX64.why,
    () => {
      expect(loading('auto')).toMatchObject({
        right: {
          name: 'wasm',
          notice:
            'the native backend would be faster here, but it is not installed; run: npm run setup -- native',
        },
      })
      mkdirSync(join(root, 'node_modules', '.network2'))
      writeFileSync(
        join(root, 'node_modules', '.network2', 'native.json'),
        '{"status":"failed","reason":"no compiler","remedy":"install one"}',
      )
      expect(loading('auto')).toMatchObject({
        right: { notice: 'the native backend would be faster here, but no compiler; install one' },
      })
      expect(loading('native')).toMatchObject({
        left: {
          message: '--backend native is not available: no compiler',
          remedy: 'install one; or use --backend wasm',
        },
      })
    },
  )

  it('without an addon, auto says nothing on a platform for which there is none', () => {
    const platform = { platform: 'darwin', arch: 'arm64' }
    expect(loading('auto', platform)).toMatchObject({ _tag: 'Right', right: { name: 'wasm' } })
    expect(loading('auto', platform)).not.toHaveProperty('right.notice')
    expect(loading('native', platform)).toMatchObject({
      left: {
        message:
          '--backend native is not available: it is only available for linux-x64, and this is darwin-arm64',
        remedy: 'every command works without it; or use --backend wasm',
      },
    })
  })

  it.skipIf(native.isMissing)("a step runs natively without util's old functions", native.why, () => {
    for (const folder of ['deps', 'lib'])
      symlinkSync(join(modules, tfjsNode, folder), join(root, 'node_modules', tfjsNode, folder))
    const { stdout, stderr } = evaluate(`import util from 'node:util'
      import * as tf from '@tensorflow/tfjs-core'
      import { loadBackend } from './dist/runtime/backend.js'
      Reflect.deleteProperty(util, 'isNullOrUndefined')
      Reflect.deleteProperty(util, 'isArray')
      await loadBackend('native')()
      const a = tf.sigmoid(tf.matMul(tf.gather(tf.tensor2d([[1, 2]]), [0]), tf.tensor2d([[1], [-0.5]])))
      console.log(tf.getBackend(), a.dataSync()[0])`)
    expect({ stdout, stderr }).toEqual({ stdout: 'tensorflow 0.5\n', stderr: '' })
  })
})

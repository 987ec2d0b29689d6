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
import { native, need } from '../support/needs.ts'

const project = fileURLToPath(new URL('../..', import.meta.url))

const modules = join(project, 'node_modules')

const tfjsNode = join('@tensorflow', 'tfjs-node')

const addon = join(tfjsNode, 'lib', 'napi-v8', 'tfjs_binding.node')

// What test/support/setup.ts denies, so that TensorFlow.js does not advertise: the WebAssembly backend asks for it,
// and here nothing may be denied.
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
    it('is loaded, current, computes, and says nothing on the console', async () => {
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

    it('tells its versions', async () => {
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

/** A copy of what backend.ts needs, whose tfjs-node a test may damage. */
describe('in a process of its own', () => {
  let root: string

  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'network2-backend-'))
    mkdirSync(join(root, 'src'))
    for (const name of ['runtime/backend', 'errors', 'core/scope', 'core/tree'])
      cpSync(join(project, 'src', `${name}.ts`), join(root, 'src', `${name}.ts`))
    writeFileSync(join(root, 'package.json'), '{"type":"module"}')
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
    writeFileSync(join(root, 'script.ts'), script)
    return spawnSync(process.execPath, ['--import', 'tsx', 'script.ts', ...args], {
      cwd: root,
      encoding: 'utf8',
      env: { ...process.env, NETWORK2_NATIVE: undefined },
    })
  }

  const LOAD = `import { loadBackend } from './src/runtime/backend.ts'
    console.log(JSON.stringify(await loadBackend(process.argv[2] as 'auto')()))`

  /** What loading a choice gives there; nothing may reach the console meanwhile. */
  const loading = (choice: string): unknown => {
    const { status, stdout, stderr } = evaluate(LOAD, [choice])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    return JSON.parse(stdout)
  }

  it('an addon that does not load is no reason to crash: auto goes on with a notice', () => {
    putAddon('garbage')
    expect(loading('auto')).toMatchObject({
      _tag: 'Right',
      right: {
        name: 'wasm',
        notice: expect.stringMatching(/slower.*does not load.*npm run setup/) as unknown,
      },
    })
  })

  it('an explicit native that does not load is an error which names the nearest', () => {
    putAddon('garbage')
    expect(loading('native')).toMatchObject({
      _tag: 'Left',
      left: {
        _tag: 'Usage',
        message: expect.stringContaining('--backend native') as unknown,
        remedy: expect.stringMatching(/npm run setup.*--backend wasm/) as unknown,
      },
    })
  })

  it('without an addon, auto says so, unless set-up has said it', () => {
    expect(loading('auto')).toMatchObject({
      right: { name: 'wasm', notice: expect.stringContaining('not installed') as unknown },
    })
    mkdirSync(join(root, 'node_modules', '.network2'))
    writeFileSync(
      join(root, 'node_modules', '.network2', 'native.json'),
      '{"status":"failed","reason":"no compiler","remedy":"install one"}',
    )
    expect(loading('auto')).not.toHaveProperty('right.notice')
    expect(loading('native')).toMatchObject({
      left: {
        message: expect.stringContaining('no compiler') as unknown,
        remedy: expect.stringContaining('install one') as unknown,
      },
    })
  })

  it.skipIf(native.isMissing)("a step runs natively without util's old functions", native.why, () => {
    for (const folder of ['deps', 'lib'])
      symlinkSync(join(modules, tfjsNode, folder), join(root, 'node_modules', tfjsNode, folder))
    const { stdout, stderr } = evaluate(`import util from 'node:util'
      import * as tf from '@tensorflow/tfjs-core'
      import { loadBackend } from './src/runtime/backend.ts'
      Reflect.deleteProperty(util, 'isNullOrUndefined')
      Reflect.deleteProperty(util, 'isArray')
      await loadBackend('native')()
      const a = tf.sigmoid(tf.matMul(tf.gather(tf.tensor2d([[1, 2]]), [0]), tf.tensor2d([[1], [-0.5]])))
      console.log(tf.getBackend(), a.dataSync()[0])`)
    expect({ stdout, stderr }).toEqual({ stdout: 'tensorflow 0.5\n', stderr: '' })
  })
})

import { availableParallelism } from 'node:os'
import * as E from 'fp-ts/lib/Either.js'
import { afterEach, describe, expect, it } from 'vitest'
import type { Sizes } from '../../src/core/params.ts'
import {
  loadBackend,
  type BackendChoice,
  type BackendName,
  type BackendPreference,
} from '../../src/runtime/backend.ts'
import {
  recordedEngine,
  selectBackend,
  selectEngine,
  threadsFor,
  type EngineChoice,
} from '../../src/runtime/engine.ts'
import type { Workload } from '../../src/runtime/workload.ts'
import { interpreterOf, pairs } from '../support/engines.ts'
import { cCompiler, native } from '../support/needs.ts'

afterEach(async () => {
  await loadBackend('cpu')()
})

/** The second has 20,000 weights above its first layer, the third one more neuron in its last. */
const BOOK: Sizes = [784, 30, 10]
const SMALL: Sizes = [784, 100, 200]
const LARGE: Sizes = [784, 100, 201]

describe('the backend for a network', () => {
  it.each<[BackendChoice, EngineChoice, Sizes, number, BackendPreference]>([
    // the choice of the user, whatever the network
    ['native', 'auto', BOOK, 0.2, 'native'],
    ['wasm', 'auto', LARGE, 1, 'wasm'],
    ['cpu', 'staged', LARGE, 1, 'cpu'],
    ['wasm', 'xla', BOOK, 0.2, 'wasm'],
    // the backend of the engine
    ['auto', 'wasm', LARGE, 1, 'wasm'],
    ['auto', 'xla', BOOK, 0.2, 'native'],
    // eagerly, the native backend is the fastest
    ['auto', 'eager', BOOK, 0.2, 'auto'],
    // small networks with sparse inputs
    ['auto', 'auto', BOOK, 0.2, 'portable'],
    ['auto', 'auto', SMALL, 0.6, 'portable'],
    ['auto', 'auto', LARGE, 0.6, 'auto'],
    ['auto', 'auto', SMALL, 0.61, 'auto'],
    ['auto', 'staged', BOOK, 0.2, 'wasm'],
    ['auto', 'staged', LARGE, 0.2, 'auto'],
  ])('--backend %s --engine %s, %j, density %d: %s', (backend, engine, sizes, density, expected) => {
    expect(selectBackend(backend, engine, { sizes, density, images: 0, miniBatchSize: 10 })).toBe(expected)
  })

  describe('where C would run in the place of WebAssembly', () => {
    const { PATH } = process.env
    afterEach(() => {
      process.env.PATH = PATH
    })
    const wide = { sizes: LARGE, density: 0.2, images: 1_000_000, miniBatchSize: 1000 }
    const cases: readonly (readonly [what: string, workload: Workload, expected: BackendPreference])[] = [
      ['a large network', wide, 'portable'],
      ['dense inputs', { ...wide, density: 1, miniBatchSize: 499 }, 'portable'],
      ['dense inputs in large mini-batches', { ...wide, density: 1, miniBatchSize: 500 }, 'auto'],
      ['a short training', { ...wide, images: 100_000 }, 'auto'],
    ]

    for (const [what, workload, expected] of cases)
      it.skipIf(cCompiler.isMissing)(what, cCompiler.why, () => {
        expect(selectBackend('auto', 'auto', workload)).toBe(expected)
      })

    it('without a compiler it is that of XLA', () => {
      process.env.PATH = '/nowhere'
      expect(selectBackend('auto', 'auto', wide)).toBe('auto')
    })
  })
})

describe('the engine on a backend', () => {
  const select = async (backend: BackendName, engine: EngineChoice): Promise<string> => {
    await loadBackend(backend)()
    const found = selectEngine(engine, backend, line =>
      expect(line).toContain('--engine staged is the old name'),
    )
    return E.isRight(found) ? found.right.name : `${found.left.message} / ${found.left.remedy}`
  }

  const refusal = (engine: string, backend: string, compiled: string, fastest: string): string =>
    `--engine ${engine}: --backend ${backend} does not have this engine / ` +
    `use --backend ${compiled === 'xla' ? 'native' : 'wasm'} --engine ${compiled}, or --backend ${backend} --engine ${fastest}`

  it.each<[BackendName, EngineChoice, string]>([
    ['wasm', 'auto', 'wasm'],
    ['wasm', 'staged', 'wasm'],
    ['wasm', 'wasm', 'wasm'],
    ['wasm', 'eager', 'eager'],
    ['wasm', 'xla', refusal('xla', 'wasm', 'xla', 'wasm')],
    ['cpu', 'auto', 'eager'],
    ['cpu', 'eager', 'eager'],
    ['cpu', 'staged', refusal('staged', 'cpu', 'wasm', 'eager')],
    ['cpu', 'wasm', refusal('wasm', 'cpu', 'wasm', 'eager')],
    ['cpu', 'xla', refusal('xla', 'cpu', 'xla', 'eager')],
  ])('--backend %s --engine %s: %s', async (backend, engine, expected) => {
    expect(await select(backend, engine)).toBe(expected)
  })

  describe('auto, by what is trained', () => {
    const { PATH } = process.env
    afterEach(() => {
      process.env.PATH = PATH
    })
    const [little, much] = [10, 14].map(epochs => ({ sizes: BOOK, images: epochs * 50_000 }))
    const chosen = async (
      backend: BackendName,
      engine: EngineChoice,
      workload = little,
    ): Promise<string | undefined> => {
      await loadBackend(backend)()
      const found = selectEngine(engine, backend, line => expect(line).toBeUndefined(), 1, workload)
      return E.isRight(found) ? found.right.name : undefined
    }

    it.skipIf(cCompiler.isMissing)('is C where that pays', cCompiler.why, async () => {
      expect(await chosen('wasm', 'auto', much)).toBe('c')
      expect(await chosen('wasm', 'auto', little)).toBe('wasm')
      expect(await chosen('wasm', 'wasm', much)).toBe('wasm')
      expect(await chosen('cpu', 'auto', much)).toBe('eager')
    })

    it('is WebAssembly without a compiler, and without a word', async () => {
      process.env.PATH = '/nowhere'
      expect(await chosen('wasm', 'auto', much)).toBe('wasm')
    })
  })

  describe.skipIf(native.isMissing)('native', native.why, () =>
    it.each<[EngineChoice, string]>([
      ['auto', 'xla'],
      ['staged', 'xla'],
      ['xla', 'xla'],
      ['eager', 'eager'],
      ['wasm', refusal('wasm', 'native', 'wasm', 'xla')],
    ])('--backend native --engine %s: %s', async (engine, expected) => {
      expect(await select('native', engine)).toBe(expected)
    }),
  )

  for (const pair of pairs)
    it.skipIf(pair.needs.isMissing)(
      `${pair.engine} on ${pair.backend} has its name`,
      pair.needs.why,
      async () => {
        expect((await interpreterOf(pair)).name).toBe(pair.engine)
      },
    )
})

describe('the number of threads', () => {
  it.each([
    [undefined, 'c', undefined],
    [3, 'c', 3],
    ['auto', 'c', Math.min(4, availableParallelism())],
    ['auto', 'wasm', Math.min(4, availableParallelism())],
    // its bytes would depend on the machine
    ['auto', 'xla', 1],
    ['auto', 'auto', 1],
  ] as const)('--threads %s --engine %s: %s', (choice, engine, expected) => {
    expect(threadsFor(choice, engine)).toBe(expected)
  })
})

describe('an engine that a run has recorded', () => {
  it.each([
    ['staged', 'native', 'xla'],
    ['staged', 'wasm', 'wasm'],
    ['eager', 'native', 'eager'],
    ['xla', 'native', 'xla'],
    [undefined, undefined, undefined],
  ])('%s on %s is %s', (engine, backend, expected) => {
    expect(recordedEngine(engine, backend)).toBe(expected)
  })
})

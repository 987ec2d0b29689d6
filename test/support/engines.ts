/**
 * Every pair of a backend and an engine, and what it needs; but for the C engine, whose law is that its bytes are those of
 * WebAssembly.
 */
import { setBackend } from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, beforeAll, describe } from 'vitest'
import type { EngineName, Interpreter } from '../../src/core/scan.ts'
import { loadBackend, type BackendName } from '../../src/runtime/backend.ts'
import { engines } from '../../src/runtime/engine.ts'
import { native, need, type Need } from './needs.ts'

export type Pair = { readonly backend: BackendName; readonly engine: EngineName; readonly needs: Need }

const nothing = need(true, '')

export const pairs: readonly Pair[] = [
  { backend: 'cpu', engine: 'eager', needs: nothing },
  { backend: 'wasm', engine: 'wasm', needs: nothing },
  { backend: 'wasm', engine: 'eager', needs: nothing },
  { backend: 'native', engine: 'xla', needs: native },
  { backend: 'native', engine: 'eager', needs: native },
]

/** Makes a backend the current one; fails where it does not load. */
export const useBackend = async (backend: BackendName): Promise<void> => {
  const loaded = await loadBackend(backend)()
  if (E.isLeft(loaded)) throw new Error(loaded.left.message)
}

/** The interpreter of a pair, whose backend becomes the current one. */
export const interpreterOf = async ({ backend, engine }: Pair): Promise<Interpreter> => {
  await useBackend(backend)
  return engines(backend).find(([name]) => name === engine)![1]()
}

/**
 * Tests of each engine that compiles. The current backend, whose results are the eager ones, has every kernel: cpu, or native for
 * the XLA engine.
 *
 * @param title of the tests, without the name of the engine
 * @param tests the engine is there when a test runs
 */
export const describeCompilers = (
  title: string,
  tests: (engine: () => Interpreter, name: EngineName) => void,
): void => {
  for (const pair of pairs.filter(({ engine }) => engine !== 'eager'))
    describe.skipIf(pair.needs.isMissing)(`${title} ${pair.engine}`, pair.needs.why, () => {
      let interpreter: Interpreter | undefined
      beforeAll(async () => {
        interpreter = await interpreterOf(pair)
        if (pair.engine === 'wasm') await useBackend('cpu')
      })
      afterAll(async () => {
        interpreter?.dispose()
        await setBackend('cpu')
      })
      tests(() => interpreter!, pair.engine)
    })
}

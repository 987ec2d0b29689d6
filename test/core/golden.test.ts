import { getBackend, setBackend } from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { afterAll, describe, expect, it } from 'vitest'
import { loadBackend, type BackendName } from '../../src/runtime/backend.ts'
import { engines } from '../../src/runtime/engine.ts'
import { plans, recorded } from '../../scripts/golden.ts'
import { arranged, expectRecorded, run } from '../support/training.ts'

/** Every pair of backend and engine that there is on this machine. */
const pairs = async () => {
  const found = []
  for (const backend of ['cpu', 'wasm', 'native'] as const satisfies readonly BackendName[]) {
    const loaded = await loadBackend(backend)()
    found.push({ backend, name: getBackend(), there: E.isRight(loaded), engines: engines(backend) })
  }
  await setBackend('cpu')
  return found
}

afterAll(() => setBackend('cpu'))

for (const { backend, name, there, engines } of await pairs())
  for (const [engine, make] of engines)
    describe(`--backend ${backend} --engine ${engine} against network2, recorded in float64`, () => {
      if (!there) {
        it('is left out, for this backend is not installed here', () => expect(backend).toBe('native'))
        return
      }
      for (const plan of plans)
        it(plan.name, async () => {
          await setBackend(name)
          const interpreter = make()
          try {
            const golden = recorded(plan)
            expectRecorded(golden, run(interpreter, arranged(golden)))
          } finally {
            interpreter.dispose()
            await setBackend('cpu')
          }
        })
    })

import { setBackend } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { plans, recorded } from '../../scripts/golden.ts'
import { engines } from '../../src/runtime/engine.ts'
import { interpreterOf, pairs, useBackend } from '../support/engines.ts'
import { native } from '../support/needs.ts'
import { arranged, expectRecorded, run } from '../support/training.ts'

for (const pair of pairs) {
  const { backend, engine, needs } = pair
  describe.skipIf(needs.isMissing)(
    `--backend ${backend} --engine ${engine}, against float64`,
    needs.why,
    () => {
      for (const plan of plans)
        it(plan.name, async () => {
          const interpreter = await interpreterOf(pair)
          try {
            const golden = recorded(plan)
            expectRecorded(golden, run(interpreter, arranged(golden)))
          } finally {
            interpreter.dispose()
            await setBackend('cpu')
          }
        })
    },
  )
}

// the law of the C engine is that its bytes are those of WebAssembly
it.skipIf(native.isMissing)('there are no other pairs, but for that of c', native.why, async () => {
  const found = []
  for (const backend of ['cpu', 'wasm', 'native'] as const) {
    await useBackend(backend)
    const others = engines(backend).filter(([engine]) => engine !== 'c')
    found.push(...others.map(([engine]) => ({ backend, engine })))
  }
  await setBackend('cpu')
  expect(found).toEqual(pairs.map(({ backend, engine }) => ({ backend, engine })))
})

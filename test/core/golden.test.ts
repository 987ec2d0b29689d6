import { setBackend } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { plans, recorded } from '../../scripts/golden.ts'
import { engines } from '../../src/runtime/engine.ts'
import { interpreterOf, pairs, useBackend } from '../support/engines.ts'
import { isLong } from '../support/long.ts'
import { native } from '../support/needs.ts'
import { arranged, expectRecorded, run } from '../support/training.ts'

/**
 * XLA takes a second to compile each case. These have every part and every form of a mini-batch; the long tests have all
 * cases.
 */
const FOR_XLA = [
  ...['quadratic-decay', 'xent-short-batch-decay', 'xent-batch-1', 'xent-batch-over-n', 'xent-no-hidden'],
  ...['quadratic-three-hidden', 'xent-soft-targets', 'xent-one-output', 'zero-epochs', 'quadratic-linear'],
  ...['l1', 'relu', 'all-parts'],
]

const plansFor = (engine: string) =>
  engine === 'xla' && !isLong ? plans.filter(({ name }) => FOR_XLA.includes(name)) : plans

for (const pair of pairs) {
  const { backend, engine, needs } = pair
  describe.skipIf(needs.isMissing)(
    `--backend ${backend} --engine ${engine}, against float64`,
    needs.why,
    () => {
      for (const plan of plansFor(engine))
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

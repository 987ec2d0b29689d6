/**
 * A whole epoch of 5,000 steps and a last short one, staged, against the same steps run eagerly.
 */
import { setBackend, tensor2d } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { costs, type CostName } from '../../src/core/costs/index.ts'
import { oneHot, inputValues } from '../../src/data/dataset.ts'
import { generateDigits } from '../../src/data/digits.ts'
import { eager } from '../../src/compiler/eager.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { fromParams, initialValues, toParams, type Sizes } from '../../src/core/params.ts'
import { fold, key, permutation } from '../../src/core/rng.ts'
import { dispose } from '../../src/core/scope.ts'
import { train } from '../../src/core/train.ts'
import { interpreterOf, pairs, useBackend } from '../support/engines.ts'
import { native } from '../support/needs.ts'

const N = 20_003
const { images, labels } = generateDigits(key(1), 0, N)
const pixels = inputValues({ kind: 'bytes', width: 784, bytes: images.pixels })

const CASES: readonly (readonly [CostName, lmbda: number, Sizes])[] = [
  ['xent', 0, [784, 30, 10]],
  ['xent', 5, [784, 30, 10]],
  ['quadratic', 0, [784, 30, 10]],
  ['quadratic', 5, [784, 30, 10]],
  ['xent', 5, [784, 10]],
  ['xent', 0, [784, 30, 20, 15, 10]],
]

const trained = (interpreter: Interpreter, [cost, lmbda, sizes]: (typeof CASES)[number]): number[] => {
  const set = { x: tensor2d(pixels, [N, 784]), y: tensor2d(oneHot(labels, 10), [N, 10], 'float32') }
  const initial = toParams(initialValues('default', key(2), sizes))
  const settings = {
    cost: costs[cost],
    epochs: 1,
    miniBatchSize: 4,
    eta: 0.1,
    lmbda,
    order: (epoch: number) => permutation(fold(key(3), epoch), N),
  }
  const training = train(interpreter, settings, { training: set, observed: {} }, { params: initial })
  let next = training.next()
  while (!next.done) next = training.next()
  const numbers = fromParams(next.value.params).flatMap(({ w, b }) => [...w, ...b])
  dispose([next.value, set, initial])
  return numbers
}

describe('5,000 steps and a short one', () => {
  for (const pair of pairs.filter(({ engine }) => engine !== 'eager')) {
    const { backend, needs } = pair
    for (const one of CASES)
      it.skipIf(needs.isMissing)(
        `${backend}: ${one[0]}, lmbda ${one[1]}, [${one[2].join(', ')}]`,
        { timeout: 600_000, ...needs.why },
        async () => {
          await useBackend(native.isMissing ? 'wasm' : 'native')
          const expected = trained(eager, one)
          const run = async (): Promise<number[]> => {
            const interpreter = await interpreterOf(pair)
            try {
              return trained(interpreter, one)
            } finally {
              interpreter.dispose()
            }
          }
          const found = await run()
          expect(Math.max(...found.map((value, i) => Math.abs(value - expected[i]!)))).toBeLessThan(1e-4)
          expect(await run()).toEqual(found)
          await setBackend('cpu')
        },
      )
  }
})

/**
 * Trainings with every cost, activation function, regularizer and optimizer, and with dropout, in WebAssembly and by XLA,
 * against eager ones: nothing falls back, and the results agree.
 */
import { setBackend, softmax, tensor2d } from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { eager } from '../../src/compiler/eager.ts'
import { wasm } from '../../src/compiler/wasm/wasm.ts'
import { activations } from '../../src/core/activations/index.ts'
import { costNames, costs } from '../../src/core/costs/index.ts'
import { dropoutOf } from '../../src/core/dropout.ts'
import { initialValues, toParams } from '../../src/core/params.ts'
import { fold, key, normalNumbers, permutation } from '../../src/core/rng.ts'
import { momentum } from '../../src/core/optimizers/momentum.ts'
import { defaultParts } from '../../src/core/parts.ts'
import { regularizers } from '../../src/core/regularizers/index.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { dispose, using } from '../../src/core/scope.ts'
import { train, type TrainParts, type TrainSettings } from '../../src/core/train.ts'
import { hiddenNames, numbersOf } from '../support/cases.ts'
import { interpreterOf, useBackend } from '../support/engines.ts'
import { isLong } from '../support/long.ts'
import { native } from '../support/needs.ts'
import { relativeError } from '../support/float64.ts'

const N = 23
const SIZES = [31, 9, 6, 4] as const

const numbers = (seed: number, rows: number, columns: number, zeros: number): number[][] => {
  const drawn = normalNumbers(key(seed), rows * columns)
  return Array.from({ length: rows }, (_, i) =>
    Array.from({ length: columns }, (_, j) => {
      const value = drawn[i * columns + j]!
      return Math.abs(value) < zeros ? 0 : value
    }),
  )
}

/** The trained numbers and the cost after each of two epochs; `zeros` makes a sparse first layer. */
const trained = (
  interpreter: Interpreter,
  parts: TrainParts & Pick<TrainSettings, 'dropout'>,
  zeros: number,
) => {
  const x = tensor2d(numbers(1, N, SIZES[0], zeros))
  const drawn = tensor2d(numbers(2, N, SIZES.at(-1)!, 0))
  const y = softmax(drawn)
  const params = toParams(initialValues('default', key(3), SIZES))
  const settings = {
    ...parts,
    epochs: 2,
    miniBatchSize: 5,
    eta: 0.1,
    lmbda: 0.5,
    mu: 0.7,
    order: (epoch: number) => permutation(fold(key(4), epoch), N),
  }
  const sets = { training: { x, y }, observed: { training: { x, y } } }
  const training = train(interpreter, settings, sets, { params })
  const cost: number[] = []
  let at = training.next()
  for (; !at.done; at = training.next())
    if (at.value.kind === 'epoch') cost.push(at.value.metrics.training!.cost)
  const values = using(at.value, ({ params }) => numbersOf(params))
  dispose([x, y, drawn, params])
  return { values, cost }
}

type Settings = Parameters<typeof trained>[1]

const dropout = dropoutOf(0.4, key(5))

const cases: readonly (readonly [name: string, settings: Settings])[] = [
  ...costNames.flatMap(cost =>
    hiddenNames.map(
      hidden => [`${cost}, ${hidden}`, { cost: costs[cost], hidden: activations[hidden] }] as const,
    ),
  ),
  ...Object.entries(regularizers).flatMap(([name, regularizer]) => [
    [`regularizer ${name}`, { cost: costs.xent, regularizer }] as const,
    [`momentum with ${name}`, { cost: costs.xent, regularizer, optimizer: momentum }] as const,
  ]),
  ...hiddenNames.map(
    hidden => [`dropout, ${hidden}`, { cost: costs.xent, hidden: activations[hidden], dropout }] as const,
  ),
  ['dropout with momentum', { cost: costs.xent, optimizer: momentum, dropout }],
]

/** Trains by both, asserts that they agree, and returns what the engine has found. */
const agrees = (interpreter: Interpreter, settings: Settings, zeros: number): ReturnType<typeof trained> => {
  const [found, wanted] = [trained(interpreter, settings, zeros), trained(eager, settings, zeros)]
  expect(relativeError(found.values, wanted.values, 1e-2)).toBeLessThan(1e-4)
  expect(relativeError([found.cost], [wanted.cost])).toBeLessThan(1e-4)
  return found
}

describe('the WebAssembly engine agrees with eager', () => {
  const programs: string[] = []
  const interpreter = wasm({ onCompile: ({ program }) => programs.push(program) })
  beforeAll(() => useBackend('cpu'))
  afterAll(() => interpreter.dispose())

  it.each(cases)('%s', (_, settings) => {
    for (const zeros of [0, 1.2]) {
      const found = agrees(interpreter, settings, zeros)
      // the same bytes twice
      expect(trained(interpreter, settings, zeros)).toEqual(found)
    }
  })

  it('dropout keeps the sparse first layer and its rank update', () => {
    const from = programs.length
    trained(interpreter, { cost: costs['log-likelihood'], dropout }, 1.2)
    const steps = programs.slice(from).filter(program => program.includes('x.masks[1]'))
    // one for the mini-batches, and one for the last, shorter one
    expect(steps).toHaveLength(2)
    for (const step of steps) {
      expect(step).toContain(
        'Fused(x, x.rows, params[0].wᵀ, params[0].b, x.masks[0]) body="Multiply(Sigmoid(Add(SparseMatMul(0, 1, 2), 3)), 4)"',
      )
      expect(step).toContain('RankUpdate(params[0].wᵀ, x, x.rows, ')
    }
  })

  it('momentum keeps the first layer sparse, and transposes its weights and velocity once for all steps', () => {
    const from = programs.length
    trained(interpreter, { cost: costs.xent, optimizer: momentum }, 1.2)
    const steps = programs.slice(from).filter(program => program.includes('mu : '))
    expect(steps).toHaveLength(2)
    for (const step of steps) {
      expect(step).toContain('SparseGradient(x, x.rows, ')
      expect(step).toContain('input optimizer[0].wᵀ : ')
      expect(step).not.toMatch(/Transpose\((params|optimizer)\[0\]|GatherV2\(x, |RankUpdate/)
    }
  })
})

describe.skipIf(native.isMissing)('the XLA engine agrees with eager', native.why, () => {
  let interpreter: Interpreter | undefined
  beforeAll(async () => {
    interpreter = await interpreterOf({ backend: 'native', engine: 'xla', needs: native })
  })
  afterAll(async () => {
    interpreter?.dispose()
    await setBackend('cpu')
  })

  // XLA takes a second to compile a case: each part is in one of these
  const pairings = Array.from(
    { length: Math.max(costNames.length, hiddenNames.length) },
    (_, i) => `${costNames[i % costNames.length]}, ${hiddenNames[i % hiddenNames.length]}`,
  )
  const usual = cases.filter(
    ([name, { regularizer }]) =>
      pairings.includes(name) ||
      name === 'dropout with momentum' ||
      (regularizer !== undefined && regularizer !== regularizers[defaultParts.regularizer]),
  )
  // each part with the default ones, too, but not every pair of them
  const long = cases.filter(
    ([, { cost, hidden }]) => cost === costs.xent || hidden === activations[defaultParts.activation],
  )

  it.each(isLong ? long : usual)('%s', (_, settings) => {
    const before = interpreter!.compilations()
    agrees(interpreter!, settings, 0)
    // two mini-batch sizes, and the monitor
    expect(interpreter!.compilations() - before).toBe(3)
  })
})

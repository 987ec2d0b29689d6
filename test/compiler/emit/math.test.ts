import { exp, log, log1p, sigmoid, softplus, tanh, tensor1d, type Tensor1D } from '@tensorflow/tfjs-core'
import { describe, expect, it } from 'vitest'
import { wasm } from '../../../src/compiler/wasm/wasm.ts'
import { using, dispose } from '../../../src/core/scope.ts'

type Case = readonly [name: string, f: (x: Tensor1D) => Tensor1D, truth: (x: number) => number]

const CASES: readonly Case[] = [
  ['exp', exp, Math.exp],
  ['log', log, Math.log],
  ['log1p', log1p, Math.log1p],
  ['sigmoid', sigmoid, x => 1 / (1 + Math.exp(-x))],
  ['tanh', tanh, Math.tanh],
  ['softplus', softplus, x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)))],
]

/** Every so manieth of the float32 numbers, of either sign: subnormal, infinite and NaN ones among them. */
const EVERY = 16_381
const bits = Uint32Array.from({ length: Math.floor(2 ** 32 / EVERY) }, (_, i) => i * EVERY)
const special = [
  0,
  -0,
  1,
  -1,
  Infinity,
  -Infinity,
  NaN,
  88.72,
  88.73,
  -87.34,
  -103.9,
  -104.1,
  17,
  -17,
  2 ** -149,
]
const numbers = Float32Array.from([...new Float32Array(bits.buffer), ...special])

const compute = (f: Case[1]): Float32Array => {
  const interpreter = wasm()
  const [x, once] = [tensor1d(numbers), tensor1d([0])]
  try {
    const scan = interpreter.scan((_: Tensor1D, given: Tensor1D) => f(given))
    return using(scan(x, x, once, [0, 1]), result => result.dataSync<'float32'>().slice())
  } finally {
    dispose([x, once])
    interpreter.dispose()
  }
}

/** How far `found` is from the truth, in the distance of two neighbours among the float32 numbers there. */
const ulps = (found: number, truth: number): number => {
  if (Object.is(found, Math.fround(truth)) || (Number.isNaN(found) && Number.isNaN(truth))) return 0
  const size = Math.max(Math.abs(truth), 2 ** -126)
  return Math.abs(found - truth) / 2 ** (Math.floor(Math.log2(size)) - 23)
}

describe('against float64, over all of float32', () => {
  it.each(CASES)('%s is exact to 2.1 units in the last place', (_, f, truth) => {
    const found = compute(f)
    const wrong = numbers.reduce<string[]>((list, x, i) => {
      const distance = ulps(found[i]!, truth(x))
      return distance <= 2.1 ? list : [...list, `${x}: ${found[i]!}, not ${truth(x)} (${distance})`]
    }, [])
    expect(wrong.slice(0, 5)).toEqual([])
  })
})

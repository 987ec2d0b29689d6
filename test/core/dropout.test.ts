import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dropoutOf, fullNetwork, masksOf, neuronsKept, thinnedNetwork } from '../../src/core/dropout.ts'
import type { LayerValues } from '../../src/core/params.ts'
import { key, normalNumbers } from '../../src/core/rng.ts'

const sum = (xs: ArrayLike<number>): number => Array.from(xs).reduce((a, b) => a + b, 0)

/** Layers of these sizes, with random numbers. */
const layersOf = (sizes: readonly number[], seed = 1): readonly LayerValues[] =>
  sizes.slice(1).map((outputs, l) => ({
    inputs: sizes[l]!,
    outputs,
    w: normalNumbers(key(100 * seed + l), outputs * sizes[l]!),
    b: normalNumbers(key(100 * seed + 50 + l), outputs),
  }))

describe('a mask', () => {
  it('keeps all but round(P j) of j neurons, and has no other numbers than 0 and 1', () => {
    expect([0.5, 0.2, 0.01, 0.9].map(rate => neuronsKept(rate, 30))).toEqual([15, 24, 30, 3])
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 0.99, noNaN: true }),
        fc.integer({ min: 1, max: 90 }),
        fc.nat(),
        (rate, neurons, seed) => {
          const mask = dropoutOf(rate, key(seed)).masks(1, 0, neurons)(0)
          expect([...mask].every(r => r === 0 || r === 1)).toBe(true)
          expect(mask).toHaveLength(neurons)
          expect(mask.length - sum(mask)).toBe(Math.round(rate * neurons))
        },
      ),
    )
  })

  it('is a function of key, epoch, layer and step, and differs with each', () => {
    const mask = (seed: number, epoch: number, layer: number, step: number): string =>
      String(dropoutOf(0.5, key(seed)).masks(epoch, layer, 40)(step))
    const all = [0, 1].flatMap(seed =>
      [1, 2].flatMap(epoch => [0, 1].flatMap(layer => [0, 1, 2].map(step => mask(seed, epoch, layer, step)))),
    )
    expect(new Set(all).size).toBe(all.length)
    expect(mask(1, 2, 1, 2)).toBe(all.at(-1))
  })

  it('is recorded: other bytes would break resumed runs', () => {
    expect([...dropoutOf(0.5, key(1)).masks(1, 0, 10)(0)].join('')).toBe('1001001110')
    expect([...dropoutOf(0.3, key(1)).masks(2, 1, 10)(7)].join('')).toBe('1100111110')
  })

  it.each([0.5, 0.2, 0.8])('with P = %d deletes every pair of neurons equally often', rate => {
    const [neurons, steps] = [10, 20_000]
    const maskAt = dropoutOf(rate, key(7)).masks(1, 0, neurons)
    const both = Array.from({ length: neurons * neurons }, () => 0)
    for (let step = 0; step < steps; step++) {
      const mask = maskAt(step)
      mask.forEach((r, i) => mask.forEach((s, j) => (both[i * neurons + j]! += (1 - r) * (1 - s))))
    }
    const gone = Math.round(rate * neurons)
    both.forEach((count, at) => {
      const isOne = Math.floor(at / neurons) === at % neurons
      const p = isOne ? gone / neurons : (gone * (gone - 1)) / (neurons * (neurons - 1))
      // five standard deviations; 55 counts, always the same ones
      expect(Math.abs(count - p * steps)).toBeLessThan(5 * Math.sqrt(p * (1 - p) * steps))
    })
  })

  it('of a step is the same row, whatever the range of steps that is made at once', () => {
    const dropout = dropoutOf(0.4, key(3))
    const whole = masksOf(dropout, 2, [0, 6], [5, 8])
    const part = masksOf(dropout, 2, [2, 5], [5, 8])
    expect(whole.map(({ length }) => length)).toEqual([30, 48])
    expect(part.map(rows => [...rows])).toEqual([
      [...whole[0]!.subarray(10, 25)],
      [...whole[1]!.subarray(16, 40)],
    ])
  })
})

describe('the network for use', () => {
  it('halves the weights that leave a hidden layer, if half of it was deleted; inputs and biases stay', () => {
    const layers = layersOf([3, 4, 2, 2])
    const full = fullNetwork(0.5, layers)
    expect(full[0]).toEqual(layers[0])
    for (const l of [1, 2]) {
      expect(full[l]!.w).toEqual(layers[l]!.w.map(w => w / 2))
      expect(full[l]!.b).toEqual(layers[l]!.b)
    }
  })

  it('multiplies by the share that was really kept: 3 of 5 with P = 0.5', () => {
    const layers = layersOf([2, 5, 1])
    expect(fullNetwork(0.5, layers)[1]!.w).toEqual(layers[1]!.w.map(w => w * 0.4))
    expect(fullNetwork(0, layers)).toEqual(layers)
  })

  it('is undone by thinnedNetwork, but for rounding', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.8, noNaN: true }), fc.nat(), (rate, seed) => {
        const layers = layersOf([3, 7, 9, 2], seed)
        thinnedNetwork(rate, fullNetwork(rate, layers)).forEach(({ w }, l) =>
          w.forEach((value, i) => expect(value / layers[l]!.w[i]!).toBeCloseTo(1, 6)),
        )
      }),
    )
  })

  /** Every mask of `neurons` with `kept` ones. */
  const everyMask = (neurons: number, kept: number): readonly (readonly number[])[] =>
    Array.from({ length: 2 ** neurons }, (_, bits) =>
      Array.from({ length: neurons }, (_, j) => (bits >> j) & 1),
    ).filter(mask => sum(mask) === kept)

  /** The outputs of linear neurons. */
  const linear = (
    layers: readonly LayerValues[],
    x: readonly number[],
    masks: readonly (readonly number[])[] = [],
  ): readonly number[] =>
    layers.reduce(
      (a, { inputs, w, b }, l) =>
        Array.from(b, (bias, j) =>
          masks[l]?.[j] === 0 ? 0 : bias + sum(a.map((ak, k) => w[j * inputs + k]! * ak)),
        ),
      x,
    )

  it('of linear neurons gives the mean of the outputs over all masks', () => {
    const [sizes, rate] = [[3, 5, 4, 2], 0.4] as const
    const layers = layersOf(sizes)
    const x = [0.3, -1, 2]
    const outputs = everyMask(5, neuronsKept(rate, 5)).flatMap(first =>
      everyMask(4, neuronsKept(rate, 4)).map(second => linear(layers, x, [first, second])),
    )
    expect(outputs).toHaveLength(10 * 6)
    linear(fullNetwork(rate, layers), x).forEach((a, j) =>
      expect(a).toBeCloseTo(sum(outputs.map(output => output[j]!)) / outputs.length, 5),
    )
  })
})

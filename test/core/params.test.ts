import fc from 'fast-check'
import { bookStart } from '../../src/core/book-rng.ts'
import { describe, expect, it } from 'vitest'
import { fromParams, initialValues, toParams, type LayerValues, type Sizes } from '../../src/core/params.ts'
import { fold, key, normalNumbers } from '../../src/core/rng.ts'
import { withTensors } from '../../src/core/scope.ts'

const plain = (layers: readonly LayerValues[]): unknown =>
  layers.map(({ inputs, outputs, w, b }) => ({ inputs, outputs, w: [...w], b: [...b] }))

const mean = (xs: Float32Array): number => xs.reduce((s, x) => s + x, 0) / xs.length
const variance = (xs: Float32Array): number => mean(xs.map(x => x * x)) - mean(xs) ** 2

const sizes = fc
  .array(fc.integer({ min: 1, max: 9 }), { minLength: 2, maxLength: 5 })
  .map(([first = 1, second = 1, ...rest]): Sizes => [first, second, ...rest])

describe('tensors and numbers', () => {
  it('by hand: w is [out, in], row by row', () => {
    const layer = { inputs: 3, outputs: 2, w: Float32Array.of(1, 2, 3, 4, 5, 6), b: Float32Array.of(7, 8) }
    const [w, b] = withTensors(
      () => toParams([layer]),
      ([{ w, b }]) => [w.arraySync(), b.arraySync()],
    )
    expect(w).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ])
    expect(b).toEqual([7, 8])
  })

  it('law: there and back, every number is the same', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), (sizes, seed) => {
        const values = initialValues('large', key(seed), sizes)
        expect(plain(withTensors(() => toParams(values), fromParams))).toEqual(plain(values))
      }),
    )
  })

  it('numbers read out are a copy: changing them leaves the tensors alone', () => {
    const start = (): readonly LayerValues[] => initialValues('large', key(1), [2, 1])
    const again = withTensors(
      () => toParams(start()),
      params => {
        fromParams(params).forEach(({ w, b }) => [w, b].forEach(xs => xs.fill(0)))
        return fromParams(params)
      },
    )
    expect(plain(again)).toEqual(plain(start()))
  })

  it('no layer is no network', () => {
    expect(() => toParams([])).toThrow('at least one layer')
  })
})

describe('initial values', () => {
  it('by hand: the default start is the large one, its weights over the root of the number of inputs', () => {
    const [large] = initialValues('large', key(5), [4, 3])
    const [small] = initialValues('default', key(5), [4, 3])
    expect([...(small?.w ?? [])]).toEqual([...(large?.w ?? [])].map(w => w / 2))
    expect(small?.b).toEqual(large?.b)
  })

  it('golden: the start of seed 1', () => {
    expect(plain(initialValues('default', key(1), [3, 2, 1]))).toEqual([
      {
        inputs: 3,
        outputs: 2,
        w: [
          -0.25558677315711975, -0.26969021558761597, -0.39540547132492065, 0.3501551151275635,
          0.2530214786529541, -0.48609378933906555,
        ],
        b: [1.2286585569381714, -0.259040892124176],
      },
      { inputs: 2, outputs: 1, w: [-0.02761969342827797, -0.18965889513492584], b: [0.608266294002533] },
    ])
  })

  it('law: one layer for each step from size to size, all numbers drawn from that layer alone', () => {
    fc.assert(
      fc.property(sizes, fc.nat(), fc.constantFrom('default', 'large'), (sizes, seed, start) => {
        const layers = initialValues(start, key(seed), sizes)
        expect(layers.map(({ inputs }) => inputs)).toEqual(sizes.slice(0, -1))
        expect(layers.map(({ outputs }) => outputs)).toEqual(sizes.slice(1))
        layers.forEach(({ inputs, outputs, w, b }, l) => {
          expect([w.length, b.length]).toEqual([inputs * outputs, outputs])
          expect(b).toEqual(normalNumbers(fold(fold(key(seed), l), 0), outputs))
        })
        expect(plain(initialValues(start, key(seed), sizes))).toEqual(plain(layers))
      }),
    )
  })

  it('he: weights from N(0, 2/n_in), the default ones times √2, and no biases', () => {
    const [he] = initialValues('he', key(1), [8, 5])
    const [byDefault] = initialValues('default', key(1), [8, 5])
    he!.w.forEach((w, i) => expect(w / byDefault!.w[i]!).toBeCloseTo(Math.SQRT2, 5))
    expect([...he!.b].every(b => b === 0)).toBe(true)
    const [book] = bookStart('he', 1, [8, 5])
    const [bookDefault] = bookStart('default', 1, [8, 5])
    book!.w.forEach((w, i) => expect(w / bookDefault!.w[i]!).toBeCloseTo(Math.SQRT2, 5))
    expect([...book!.b].every(b => b === 0)).toBe(true)
  })

  it('layers of one size differ, and so do weights and biases', () => {
    const [first, second] = initialValues('large', key(3), [4, 4, 4])
    expect(first?.w).not.toEqual(second?.w)
    expect(first?.b).not.toEqual(second?.b)
    expect(first?.w.slice(0, 4)).not.toEqual(first?.b)
  })

  it('spread: N(0, 1/n_in) by default, N(0, 1) for large, and N(0, 1) for every bias', () => {
    const [small] = initialValues('default', key(1), [400, 500])
    const [large] = initialValues('large', key(1), [400, 500])
    const none = new Float32Array()
    // 200,000 draws: their mean lies within 4 of its standard deviations, their variance within 4 of its own
    expect(Math.abs(mean(large?.w ?? none))).toBeLessThan(4 / Math.sqrt(200_000))
    expect(Math.abs(variance(large?.w ?? none) - 1)).toBeLessThan(4 * Math.sqrt(2 / 200_000))
    expect(Math.abs(400 * variance(small?.w ?? none) - 1)).toBeLessThan(4 * Math.sqrt(2 / 200_000))
    expect(Math.abs(variance(small?.b ?? none) - 1)).toBeLessThan(4 * Math.sqrt(2 / 500))
  })
})

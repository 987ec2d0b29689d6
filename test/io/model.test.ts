import * as E from 'fp-ts/lib/Either.js'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costNames, type CostName } from '../../src/core/costs/index.ts'
import { initialValues, type Sizes } from '../../src/core/params.ts'
import { key } from '../../src/core/rng.ts'
import { decodeModel, encodeModel, type ModelFile } from '../../src/io/model.ts'

const model: ModelFile = { sizes: [3, 2], cost: 'xent', layers: initialValues('large', key(1), [3, 2]) }

type Json = Record<string, unknown>

const changed = (change: (file: Json) => void): string => {
  const file = JSON.parse(encodeModel(model)) as Json
  change(file)
  return JSON.stringify(file)
}

const complaint = (text: string): string => {
  const result = decodeModel('net.json', text)
  return E.isLeft(result) ? result.left.message : 'accepted'
}

describe("network2's file", () => {
  it('has the form that network2.py writes', () => {
    const small: ModelFile = {
      sizes: [2, 1],
      cost: 'quadratic',
      layers: [{ inputs: 2, outputs: 1, w: Float32Array.of(1, -0.5), b: Float32Array.of(0.25) }],
    }
    expect(encodeModel(small)).toBe(
      '{"sizes":[2,1],"weights":[[[1,-0.5]]],"biases":[[[0.25]]],"cost":"QuadraticCost"}',
    )
  })

  it('round-trips bit by bit', () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 2, maxLength: 5 })
    fc.assert(
      fc.property(sizes, fc.nat(), fc.constantFrom(...costNames), (given, seed, cost) => {
        const sizes = given as unknown as Sizes
        const one: ModelFile = { sizes, cost, layers: initialValues('large', key(seed), sizes) }
        expect(decodeModel('net.json', encodeModel(one))).toEqual(E.right(one))
      }),
    )
  })

  it('names the output layer where network2.py has no such one, and only there', () => {
    const layers = initialValues('large', key(1), [3, 2])
    const end = (cost: CostName): unknown => {
      const { cost: called, output } = JSON.parse(encodeModel({ sizes: [3, 2], cost, layers })) as Record<
        string,
        unknown
      >
      return [called, output]
    }
    expect(costNames.map(end)).toEqual([
      ['QuadraticCost', undefined],
      ['CrossEntropyCost', undefined],
      ['LogLikelihoodCost', 'softmax'],
      ['QuadraticCost', 'linear'],
    ])
  })

  it('with an output layer that its cost does not have is refused', () => {
    const text =
      '{"sizes":[1,1],"weights":[[[1]]],"biases":[[[2]]],"cost":"CrossEntropyCost","output":"softmax"}'
    expect(complaint(text)).toContain('there is no cost "CrossEntropyCost" with the output "softmax"')
    expect(complaint(text.replace('"softmax"', '"sigmoid"'))).toBe('accepted')
    expect(complaint(text.replace('"softmax"', '"maxout"'))).toContain(
      'output is "maxout", not "sigmoid" or "softmax" or "linear"',
    )
  })

  it('is read with the float64 numbers that network2.py writes', () => {
    const text =
      '{"sizes":[1,1],"weights":[[[0.1234567890123456789]]],"biases":[[[1e-3]]],"cost":"CrossEntropyCost"}'
    const result = decodeModel('net.json', text)
    expect(E.isRight(result) && result.right.layers[0]!.w[0]).toBe(Math.fround(0.12345678901234568))
  })
})

describe('a network of chapter 1', () => {
  it('is read without a cost, and written without one', () => {
    const text = '{"sizes":[1,1],"weights":[[[1]]],"biases":[[[2]]]}'
    const result = decodeModel('net.json', text)
    expect(result).toMatchObject({ right: { cost: undefined, sizes: [1, 1] } })
    expect(E.isRight(result) && encodeModel(result.right)).toBe(text)
  })
})

describe('a network that diverged', () => {
  it.each([
    ['[NaN, 1]', 'NaN'],
    ['[1, -Infinity]', '-Infinity'],
    ['[null, 1]', 'null'],
  ])('%s is called by its name', (row, word) => {
    const text = `{"sizes": [2, 1], "weights": [[${row}]], "biases": [[[0]]], "cost": "CrossEntropyCost"}`
    expect(complaint(text)).toMatch(new RegExp(`^net.json: the network diverged: it holds ${word}\\b`))
  })

  it('a number that is not missing from the weights is another fault', () => {
    expect(complaint(changed(file => (file.sizes = null)))).toContain(
      'net.json is not a network: sizes is null',
    )
  })
})

describe('a file that is not a network', () => {
  it.each([
    ['', 'it is not JSON'],
    ['<html>', 'it is not JSON'],
    ['[]', 'it is [], not an object'],
    ['{}', 'sizes is missing; weights is missing; biases is missing'],
    ['null', 'it is null, not an object'],
    [changed(file => delete file.biases), 'biases is missing'],
    [changed(file => (file.cost = 'constructor')), 'cost is "constructor"'],
    [changed(file => (file.cost = '__proto__')), 'cost is "__proto__"'],
    [changed(file => (file.cost = 'x'.repeat(1e6))), 'cost is "xxx'],
    [changed(file => (file.sizes = [3, 2.5])), 'sizes[1] is 2.5'],
    [changed(file => (file.sizes = [3])), 'sizes is [3], not two or more'],
    [changed(file => (file.sizes = [0, 2])), 'sizes is [0,2], not two or more'],
    [changed(file => (file.sizes = [3, 2, 1])), 'weights has 1 layer, sizes ask for 2'],
    [changed(file => (file.sizes = [4, 2])), 'weights[0][0] has 3 numbers, sizes ask for 4'],
    [changed(file => (file.weights = [[[1, 2, 3]]])), 'weights[0] has 1 row, sizes ask for 2'],
    [
      changed(
        file =>
          (file.weights = [
            [
              [1, 2, 'x'],
              [1, 2, 3],
            ],
          ]),
      ),
      'weights[0][0][2] is "x", not number',
    ],
    [
      changed(
        file =>
          (file.weights = [
            [
              [1, 2, 1e300],
              [1, 2, 3],
            ],
          ]),
      ),
      'which float32 cannot hold',
    ],
    [changed(file => (file.biases = [[[1], [2, 3]]])), 'biases[0][1] has 2 numbers, sizes ask for 1'],
    ['['.repeat(100_000), 'it is not JSON'],
  ])('%.40s', (text, words) => {
    expect(complaint(text)).toContain('net.json is not a network: ')
    expect(complaint(text)).toContain(words)
    expect(complaint(text).length).toBeLessThan(500)
  })

  it('is always a typed error, for random text and JSON', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), text => {
        expect(E.isLeft(decodeModel('net.json', text))).toBe(true)
      }),
      { numRuns: 1000 },
    )
  })
})

import * as E from 'fp-ts/lib/Either.js'
import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  labelsOf,
  firstN,
  inputWidth,
  modelFits,
  oneHot,
  outputsNeeded,
  parts,
  sizesFit,
  sliceExamples,
  targets,
  inputValues,
  type DesiredOutputs,
  type Dataset,
  type Examples,
} from '../../src/data/dataset.ts'

const labelled = (labels: ReadonlyArray<number>, width: number): Examples => ({
  size: labels.length,
  inputs: { kind: 'bytes', width, bytes: Uint8Array.from({ length: labels.length * width }, (_, i) => i) },
  desired: { kind: 'labels', labels: Uint8Array.from(labels) },
})

const targeted = (rows: ReadonlyArray<ReadonlyArray<number>>, width: number): Examples => ({
  size: rows.length,
  inputs: {
    kind: 'floats',
    width,
    floats: Float32Array.from({ length: rows.length * width }, (_, i) => i / 4),
  },
  desired: { kind: 'targets', width: rows[0]?.length ?? 0, targets: Float32Array.from(rows.flat()) },
})

const dataset = (training: Examples, others: Partial<Dataset> = {}): Dataset => ({
  name: 'MNIST',
  source: 'made',
  training,
  validation: undefined,
  test: undefined,
  ...others,
})

describe('values', () => {
  test('a pixel is byte / 256: ink is 0.99609375, never 1', () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i)
    const pixels = inputValues({ kind: 'bytes', width: 256, bytes })
    expect(pixels[255]).toBe(0.99609375)
    expect(pixels[128]).toBe(0.5)
    expect(pixels[1]).toBe(0.00390625)
    expect(pixels[0]).toBe(0)
    expect([...pixels].every((x, byte) => x * 256 === byte)).toBe(true)
  })

  test('floats are returned without a copy', () => {
    const floats = Float32Array.of(-1, 0.25, 3e38)
    expect(inputValues({ kind: 'floats', width: 3, floats })).toBe(floats)
  })
})

describe('targets', () => {
  test('a label becomes a one-hot row', () => {
    expect([...oneHot(Uint8Array.of(2, 0), 3)]).toEqual([0, 0, 1, 1, 0, 0])
    expect([...targets({ kind: 'labels', labels: Uint8Array.of(1) }, 4)]).toEqual([0, 1, 0, 0])
  })

  test('targets are returned unchanged', () => {
    const rows = Float32Array.of(0.5, 0.25)
    expect(targets({ kind: 'targets', width: 2, targets: rows }, 2)).toBe(rows)
  })

  test('desired outputs that do not fit throw', () => {
    expect(() => oneHot(Uint8Array.of(0, 10), 10)).toThrow(RangeError)
    expect(() => targets({ kind: 'targets', width: 2, targets: Float32Array.of(1, 2) }, 3)).toThrow(
      RangeError,
    )
  })

  test('classes invert oneHot; of equal targets the first counts', () => {
    fc.assert(
      fc.property(fc.uint8Array({ min: 0, max: 9, minLength: 1 }), labels => {
        const desired: DesiredOutputs = {
          kind: 'targets',
          width: 10,
          targets: Float32Array.from(oneHot(labels, 10)),
        }
        expect([...labelsOf(desired)]).toEqual([...labels])
      }),
    )
    expect([...labelsOf({ kind: 'targets', width: 3, targets: Float32Array.of(0.2, 0.7, 0.7) })]).toEqual([1])
    expect([...labelsOf({ kind: 'labels', labels: Uint8Array.of(3) })]).toEqual([3])
  })
})

describe('slice and firstN', () => {
  test('the first n examples are views of the same memory', () => {
    const all = labelled([3, 1, 4, 1, 5], 2)
    const some = firstN(3)(all)
    expect(some.size).toBe(3)
    expect(some.inputs.kind === 'bytes' && [...some.inputs.bytes]).toEqual([0, 1, 2, 3, 4, 5])
    expect(some.desired.kind === 'labels' && [...some.desired.labels]).toEqual([3, 1, 4])
    expect(some.inputs.kind === 'bytes' && all.inputs.kind === 'bytes' && some.inputs.bytes.buffer).toBe(
      all.inputs.kind === 'bytes' && all.inputs.bytes.buffer,
    )
  })

  test('more than all is all', () => {
    expect(firstN(9)(labelled([1, 2], 1)).size).toBe(2)
  })

  test('two slices are the whole', () => {
    fc.assert(
      fc.property(fc.nat(6), fc.nat(6), (count, at) => {
        const all = targeted(
          Array.from({ length: count }, (_, i) => [i, -i]),
          3,
        )
        const [a, b] = [sliceExamples(0, at)(all), sliceExamples(at, count)(all)]
        expect(a.size + b.size).toBe(count)
        expect([...inputValues(a.inputs), ...inputValues(b.inputs)]).toEqual([...inputValues(all.inputs)])
        const rows = (of: Examples): ReadonlyArray<number> =>
          of.desired.kind === 'targets' ? [...of.desired.targets] : []
        expect([...rows(a), ...rows(b)]).toEqual(rows(all))
      }),
    )
  })
})

describe('what a network needs', () => {
  const digits = dataset(labelled([5, 0, 9], 784), { test: labelled([1], 784) })

  test('the parts that a data set has', () => {
    expect(parts(digits).map(([name]) => name)).toEqual(['training', 'test'])
  })

  test('inputs, and outputs for the largest label of all parts', () => {
    expect(inputWidth(digits)).toBe(784)
    expect(outputsNeeded(digits)).toEqual({ rule: 'at least', count: 10 })
    expect(outputsNeeded(dataset(labelled([1], 2), { test: labelled([6, 2], 2) }))).toEqual({
      rule: 'at least',
      count: 7,
    })
  })

  test('targets in any part decide over labels', () => {
    const mixed = dataset(labelled([1], 2), {
      test: targeted([[0, 1, 0, 0]], 2),
      validation: labelled([3], 2),
    })
    expect(outputsNeeded(mixed)).toEqual({ rule: 'exactly', count: 4 })
    const other = dataset(targeted([[0, 1]], 2), { validation: labelled([1], 2) })
    expect(outputsNeeded(other)).toEqual({ rule: 'exactly', count: 2 })
  })

  const complaint = (
    sizes: ReadonlyArray<number>,
    of: Dataset,
  ): readonly [string, string, string] | undefined => {
    const fit = sizesFit(sizes)(of)
    return E.isLeft(fit) ? [fit.left._tag, fit.left.message, fit.left.remedy] : undefined
  }

  test('sizes that fit', () => {
    expect(complaint([784, 30, 10], digits)).toBeUndefined()
    expect(complaint([784, 10], digits)).toBeUndefined()
  })

  test('more outputs than classes: the output layer was forgotten', () => {
    expect(complaint([784, 30], digits)).toEqual([
      'Usage',
      '--sizes 784,30: MNIST has 10 classes, not 30',
      'end with 10: --sizes 784,30,10',
    ])
    expect(complaint([784, 100, 12], digits)?.[2]).toBe('end with 10: --sizes 784,100,10')
    // a saved network may know more classes than the data
    expect(E.isRight(modelFits('net.json', [784, 12])(digits))).toBe(true)
  })

  test('--sizes 100,10 with MNIST', () => {
    expect(complaint([100, 10], digits)).toEqual([
      'Usage',
      '--sizes 100,10: MNIST has 784 inputs',
      'begin with 784: --sizes 784,10',
    ])
  })

  test('too few outputs', () => {
    expect(complaint([784, 30, 9], digits)).toEqual([
      'Usage',
      '--sizes 784,30,9: MNIST has labels up to 9',
      'end with 10: --sizes 784,30,10',
    ])
  })

  test('targets need their exact number of outputs', () => {
    expect(complaint([2, 3], dataset(targeted([[1, 0]], 2)))).toEqual([
      'Usage',
      '--sizes 2,3: MNIST has 2 targets per example',
      'end with 2: --sizes 2,2',
    ])
  })

  test('both ends wrong: the remedy corrects both', () => {
    expect(complaint([7, 5, 3], digits)?.[2]).toBe('begin with 784: --sizes 784,5,10')
  })

  test('the remedy always fits', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 5 }), sizes => {
        const found = complaint(sizes, digits)
        if (found === undefined) return
        const mended = (found[2].split('--sizes ')[1] ?? '').split(',').map(Number)
        expect(mended.length).toBeGreaterThanOrEqual(sizes.length)
        expect(complaint(mended, digits)).toBeUndefined()
      }),
    )
  })

  test('a model of other sizes is a data error that names its file', () => {
    const fit = modelFits('net.json', [100, 10])(digits)
    expect(E.isLeft(fit) && [fit.left._tag, fit.left.message]).toEqual([
      'Data',
      'net.json: the network has sizes 100,10, but MNIST has 784 inputs',
    ])
    expect(E.isRight(modelFits('net.json', [784, 10])(digits))).toBe(true)
  })
})

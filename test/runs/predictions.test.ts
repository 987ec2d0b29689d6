import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Examples } from '../../src/data/dataset.ts'
import { initialValues } from '../../src/core/params.ts'
import { key } from '../../src/core/rng.ts'
import { eager } from '../../src/compiler/eager.ts'
import { predictionsOn, decodePredictions, encodePredictions } from '../../src/runs/predictions.ts'
import * as twin from '../support/float64.ts'
import { networkNamed } from '../../src/core/parts.ts'

const network = networkNamed({ cost: 'xent' })

/** Examples of 2 x 2 pixels and three classes. */
const examples = (bytes: readonly number[]): Examples => ({
  size: bytes.length / 4,
  inputs: { kind: 'bytes', width: 4, bytes: Uint8Array.from(bytes) },
  desired: { kind: 'labels', labels: Uint8Array.from({ length: bytes.length / 4 }, (_, i) => i % 3) },
})

const layers = initialValues('large', key(3), [4, 5, 3])

/** The outputs of one example, in float64. */
const outputs = (pixels: readonly number[]): readonly number[] =>
  layers.reduce<readonly number[]>(
    (a, { w, b, inputs }) =>
      Array.from(b, (bias, j) => twin.sigmoid(a.reduce((z, x, k) => z + x * w[j * inputs + k]!, bias))),
    pixels.map(byte => byte / 256),
  )

const pixels = fc
  .array(fc.tuple(...[0, 1, 2, 3].map(() => fc.integer({ min: 0, max: 255 }))), {
    minLength: 1,
    maxLength: 40,
  })
  .map(rows => rows.flat())

describe('the answers of a network', () => {
  it('are those that a float64 network gives, label by label', () => {
    fc.assert(
      fc.property(pixels, bytes => {
        const { confusion } = predictionsOn(eager, network, layers, examples(bytes))
        const expected = [0, 1, 2].map(() => [0, 0, 0])
        for (let i = 0; i < bytes.length / 4; i++) {
          const a = outputs(bytes.slice(4 * i, 4 * i + 4))
          expected[i % 3]![a.indexOf(Math.max(...a))]!++
        }
        expect(confusion).toEqual(expected)
      }),
      { numRuns: 50 },
    )
  })

  it('name the surest mistakes first, each with its picture', () => {
    fc.assert(
      fc.property(pixels, bytes => {
        const { worst, confusion } = predictionsOn(eager, network, layers, examples(bytes))
        const wrong =
          confusion.flat().reduce((sum, n) => sum + n, 0) -
          [0, 1, 2].reduce((sum, i) => sum + confusion[i]![i]!, 0)
        expect(worst).toHaveLength(Math.min(24, wrong))
        const by = worst.map(({ activations, answer, label }) => activations[answer]! - activations[label]!)
        expect(by).toEqual([...by].sort((a, b) => b - a))
        for (const { index, label, pixels } of worst) {
          expect(label).toBe(index % 3)
          expect([...pixels]).toEqual(bytes.slice(4 * index, 4 * index + 4))
        }
      }),
      { numRuns: 50 },
    )
  })

  it('have no pictures where the inputs are no square', () => {
    const wide: Examples = {
      size: 3,
      inputs: { kind: 'floats', width: 3, floats: Float32Array.from({ length: 9 }, (_, i) => i / 9) },
      desired: { kind: 'labels', labels: Uint8Array.of(0, 1, 2) },
    }
    expect(predictionsOn(eager, network, initialValues('large', key(1), [3, 3]), wide).worst).toEqual([])
  })

  it('are read back from their file, and nothing else is', () => {
    const answers = predictionsOn(eager, network, layers, examples([...Array(48).keys()]))
    expect(decodePredictions(JSON.parse(encodePredictions('test', answers)))).toEqual({
      part: 'test',
      ...answers,
    })
    for (const other of [undefined, null, 1, {}, { part: 'test', confusion: 1, worst: [] }])
      expect(decodePredictions(other)).toBeUndefined()
  })
})

/**
 * The laws of every cost of the registry.
 */
// for tf.grad: the Node bundle of tfjs-core registers no gradient
import '@tensorflow/tfjs'
import { grad, sum, tensor2d, type Tensor2D } from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { costNames, costs } from '../../../src/core/costs/index.ts'
import { withTensors } from '../../../src/core/scope.ts'
import { costPartAt, twinCosts } from '../../support/cases.ts'
import * as twin from '../../support/float64.ts'

const outputs = fc.array(
  fc.tuple(
    fc.float({ min: -12, max: 12, noNaN: true }),
    fc.float({ min: Math.fround(0.001), max: 1, noNaN: true }),
  ),
  { minLength: 1, maxLength: 6 },
)

describe.each(costNames)('%s', name => {
  const { fn, delta, output, targets } = costs[name]
  const expected = twin.costs[twinCosts[name]]
  const desired = (ys: readonly number[]): readonly number[] =>
    targets === 'distribution' ? twin.asDistribution({ x: [], y: ys }).y : ys

  const at = costPartAt(output)

  it('has its name in the registry', () => {
    expect(costs[name].name).toBe(name)
  })

  it('fn and delta are those of the twin', () => {
    fc.assert(
      fc.property(outputs, pairs => {
        const z = pairs.map(([z]) => z)
        const y = desired(pairs.map(([, y]) => y))
        const a = expected.output(z)
        expect(twin.relativeError([at(fn, z, y)], [[expected.fn(a, y)]], 1)).toBeLessThan(1e-6)
        expect(twin.relativeError([at(delta, z, y)], [expected.delta(z, a, y)], 1)).toBeLessThan(1e-6)
      }),
    )
  })

  it('delta is the slope of fn in z: BP1', () => {
    fc.assert(
      fc.property(outputs, pairs => {
        const z = pairs.map(([z]) => z)
        const y = desired(pairs.map(([, y]) => y))
        // at 0 itself |z| and max(z, 0) of the cross-entropy have a kink each; they cancel, which tf.grad cannot know
        fc.pre(z.every(z => z !== 0))
        const slope = at(
          (z, _a, y) => grad(z => sum(fn(z as Tensor2D, output.fn(z as Tensor2D), y)))(z),
          z,
          y,
        )
        expect(twin.relativeError([at(delta, z, y)], [slope], 1)).toBeLessThan(2e-6)
      }),
    )
  })

  it('each example has its own cost, and a batch changes none of them', () => {
    const zs = [
      [3, -1, 0.5],
      [-20, 4, 4],
    ]
    const ys = [
      [0, 1, 0],
      [0.25, 0.25, 0.5],
    ]
    const together = withTensors(
      () => {
        const z = tensor2d(zs)
        return fn(z, output.fn(z), tensor2d(ys))
      },
      result => [...result.dataSync()],
    )
    expect(together).toEqual([at(fn, zs[0]!, ys[0]!)[0], at(fn, zs[1]!, ys[1]!)[0]])
  })

  it('purity: nothing given is changed, and a second call answers the same', () => {
    const given = [[[-30, 0, 2]], [[0.25, 0.5, 0.25]], [[1, 0, 0]]]
    for (const part of [fn, delta]) {
      const [first, second, ...after] = withTensors(
        () => {
          const [z, a, y] = given.map(rows => tensor2d(rows)) as [Tensor2D, Tensor2D, Tensor2D]
          return [part(z, a, y), part(z, a, y), z, a, y]
        },
        tensors => tensors.map(tensor => [...tensor.dataSync()]),
      )
      expect(second).toEqual(first)
      expect(after).toEqual(given.map(([row]) => row))
    }
  })
})

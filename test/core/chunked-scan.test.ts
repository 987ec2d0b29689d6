import {
  add,
  gather,
  memory,
  mul,
  scalar,
  sum,
  tensor1d,
  tensor2d,
  type Scalar,
  type Tensor1D,
} from '@tensorflow/tfjs-core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { eager } from '../../src/compiler/eager.ts'
import { chunkedScan, miniBatches, type Segment } from '../../src/core/chunked-scan.ts'
import { using } from '../../src/core/scope.ts'

type Constants = { readonly values: Tensor1D }

type StepInputs = { readonly rows: Tensor1D; readonly mask: Tensor1D }

/** Each step halves the total before it adds, so that the result depends on the order of the steps. */
const step = ({ total }: { readonly total: Scalar }, { values }: Constants, { rows, mask }: StepInputs) => ({
  total: add<Scalar>(mul(total, 0.5), sum(mul(gather(values, rows), mask))),
})

/** Seven examples in mini-batches of two, the last with one, each with a mask for its examples. */
const total = (chunk: () => number | undefined, from = 0, start = 0): readonly number[] => {
  const values = tensor1d([1, 2, 3, 4, 5, 6, 7])
  const masks = [tensor2d([1, 0, 1, 1, 0, 1], [3, 2]), tensor2d([[3]])]
  const batches = miniBatches(Int32Array.of(6, 0, 5, 1, 4, 2, 3), 2)
  const initial = { total: scalar(start) }
  const segments = batches.map((rows, i): Segment<Constants, StepInputs> => ({
    m: rows.shape[1],
    xs: { rows, mask: masks[i]! },
    constants: { values },
  }))
  return using([values, masks, batches, initial], () => {
    const scanning = chunkedScan(eager.scan(step), initial, segments, from)
    const seen: number[] = []
    let at = scanning.next()
    while (!at.done) {
      seen.push(at.value.done)
      at = scanning.next(chunk())
    }
    return [...seen, using(at.value, state => state.total.dataSync()[0]!)]
  })
}

/** By hand: the masked sums of the four steps are 7, 8, 3 and 12. */
const TOTAL = 12 + (3 + (8 + 7 / 2) / 2) / 2

it('each step is given its row of every leaf, in every segment', () => {
  expect(total(() => undefined)).toEqual([0, 6, TOTAL])
})

it('the size of the chunks does not change the result', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: 0.1, max: 9, noNaN: true }), { minLength: 1 }), sizes => {
      let i = 0
      expect(total(() => sizes[i++ % sizes.length]).at(-1)).toBe(TOTAL)
    }),
  )
})

it('a scan continues from any progress', () => {
  expect(total(() => 1)).toEqual([0, 2, 4, 6, TOTAL])
  expect(total(() => undefined, 2, 7)).toEqual([2, 6, TOTAL])
  expect(total(() => undefined, 6, 3 + (8 + 7 / 2) / 2)).toEqual([6, TOTAL])
  expect(memory().numTensors).toBe(0)
})

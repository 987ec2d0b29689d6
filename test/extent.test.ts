import { expect, it } from 'vitest'
import { extent } from '../src/extent.ts'

it('the extent of a list of any length', () => {
  expect(extent([3, -1, 2])).toEqual([-1, 3])
  expect(extent(Float32Array.of(0.5))).toEqual([0.5, 0.5])
  expect(extent([])).toEqual([Infinity, -Infinity])
  expect(extent([1, NaN, 2])).toEqual([NaN, NaN])
  // more numbers than a call can have arguments
  expect(extent(Array.from({ length: 300_000 }, (_, i) => i))).toEqual([0, 299_999])
})

import { describe, expect, it } from 'vitest'
import { published } from '../../src/book/published.ts'
import { compareCounts, compareFacts, describeComparison } from '../../src/book/replay.ts'

describe('the comparison', () => {
  it('counts equal epochs, and finds the largest difference where it is first', () => {
    const comparison = compareCounts([10, 20, 33, 40, 53], [10, 21, 30, 40, 50, 60])
    expect(comparison).toEqual({ epochs: 5, equal: 2, largest: 3, at: 3 })
    expect(describeComparison(comparison)).toBe(
      '2 of 5 epochs have the published count; the largest difference is 3, after epoch 3',
    )
    expect(describeComparison(compareCounts([1, 2], [1, 2]))).toBe('2 of 2 epochs have the published count')
  })

  it('goes by the key figures where there are no lists, with epochs from 1', () => {
    const [facts] = published.overfitting.facts ?? []
    expect(compareFacts([5887, 6000, 5999], facts!)).toBe(
      'After the first epoch 5887 (published 5887); at best 6000 after epoch 2 (published 8227 after epoch 375)',
    )
  })
})

import { describe, expect, it } from 'vitest'
import { published } from '../../src/book/published.ts'
import { compareCounts, compareFacts, describeComparison, trialsOf } from '../../src/book/replay.ts'

const about = { data: 'a sum', inputs: 784, outputs: 10 }

describe("the author's runs", () => {
  it('differ in lmbda alone between the first two figures', () => {
    const [overfitting] = trialsOf('overfitting', about)
    const [regularized] = trialsOf('regularized', about)
    expect(overfitting).toMatchObject({ seed: 12345678, epochs: 400, evaluateOn: 'test' })
    expect(overfitting!.flags).toMatchObject({ rng: 'book', 'train-size': '1000', init: 'large', lmbda: '0' })
    expect(regularized!.flags).toEqual({ ...overfitting!.flags, lmbda: '0.1' })
  })

  it('of the weight initialization are two, the second on the list that the first has shuffled', () => {
    const [first, second] = trialsOf('weight-initialization', about)
    expect(first).toMatchObject({ epochs: 30, evaluateOn: 'validation' })
    expect(first!.flags).toMatchObject({ init: 'default', rng: 'book', eta: '0.1', lmbda: '5' })
    expect(second!.flags).toEqual({ ...first!.flags, init: 'large', rng: 'book+30' })
  })
})

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

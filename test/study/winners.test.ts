import { describe, expect, it } from 'vitest'
import { winnerValues } from '../../src/study/winners.ts'

describe('where the winners lie', () => {
  it('of a range: its quantiles, the zeros, and how many lie in an outer tenth', () => {
    const space = { eta: { from: 0.01, to: 100 }, lmbda: { zero: 0.5, from: 0.1, to: 10 } }
    const winners = [
      { eta: '0.02', lmbda: '0' },
      { eta: '1', lmbda: '0.1' },
      { eta: '2', lmbda: '0' },
      { eta: '90', lmbda: '0' },
    ]
    expect(winnerValues(space, winners)).toEqual([
      {
        flag: 'eta',
        chosen: { kind: 'range', low: 0.02, median: 1.5, high: 90, zero: 0, lowest: 1, highest: 1 },
      },
      {
        flag: 'lmbda',
        chosen: { kind: 'range', low: 0.1, median: 0.1, high: 0.1, zero: 3, lowest: 1, highest: 0 },
      },
    ])
  })

  it('of a list: how often each value was chosen, those that never were too', () => {
    expect(winnerValues({ 'mini-batch-size': [10, 30] }, [{ 'mini-batch-size': '10' }])).toEqual([
      { flag: 'mini-batch-size', chosen: { kind: 'list', counts: { 10: 1, 30: 0 } } },
    ])
  })
})

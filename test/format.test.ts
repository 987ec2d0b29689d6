import { describe, expect, it } from 'vitest'
import { counted } from '../src/format.ts'

describe('a counted noun', () => {
  it('has one form for 1 and another for every other number', () => {
    expect([0, 1, 2, 1000].map(n => counted(n, 'epoch'))).toEqual([
      ...['0 epochs', '1 epoch', '2 epochs', '1,000 epochs'],
    ])
    expect([1, 2].map(n => counted(n, 'result is new', 'results are new'))).toEqual([
      ...['1 result is new', '2 results are new'],
    ])
  })
})

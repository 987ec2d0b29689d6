import { describe, expect, it } from 'vitest'
import { procedureSummary } from '../../src/study/procedure-summary.ts'
import type { TrialResult } from '../../src/study/trial.ts'
import { diverged, done } from './finals.ts'

const search = (first: readonly TrialResult[], second: readonly TrialResult[]) =>
  [
    { name: 'quadratic', results: first },
    { name: 'xent', results: second },
  ] as const

describe('beside the answer', () => {
  it('all final runs of an arm count, and speeds are compared search by search', () => {
    const found = procedureSummary(
      [
        search([done(5000, 9400), done(5200, 9600)], [done(9000, 9500), done(9000, 9500)]),
        search([done(5000, 9400)], [done(8000, 9500)]),
      ],
      10,
    )
    expect(found.arms[0]).toMatchObject({ name: 'quadratic', n: 3, min: 94, max: 96 })
    // 90 - 51, and 80 - 50
    expect(found.afterOne.mean).toBeCloseTo((39 + 30) / 2, 10)
    // over both epochs: (90 + 95) / 2 - (51 + 95) / 2, and (80 + 95) / 2 - (50 + 94) / 2
    expect(found.area.mean).toBeCloseTo((19.5 + 15.5) / 2, 10)
    expect(found.milestone).toEqual([Infinity, 2])
  })

  it('a run that diverged counts with the accuracy of guessing from then on', () => {
    const { area, arms } = procedureSummary([search([done(9000, 9000)], [diverged(9000)])], 10)
    expect(area.mean).toBeCloseTo((90 + 10) / 2 - 90, 10)
    expect(arms[1]).toMatchObject({ diverged: 1, mean: 10 })
  })

  it('a run that its schedule has ended keeps its last accuracy', () => {
    const ended = search([done(9000, 9100, 9200, 9300)], [done(9400, 9600)])
    const { area, arms } = procedureSummary([ended], 10)
    expect(area.mean).toBeCloseTo((94 + 96 + 96 + 96) / 4 - 91.5, 10)
    expect(arms[1]).toMatchObject({ diverged: 0, mean: 96 })
    // whichever arm it is in
    const [first, second] = ended
    expect(procedureSummary([[second, first]], 10).area.mean).toBeCloseTo(-area.mean, 10)
  })
})

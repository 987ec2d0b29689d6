import { describe, expect, it } from 'vitest'
import { systemEnv } from '../../src/io/env.ts'
import { secondsLeft, trialProgress, type WorkAmount } from '../../src/study/trial-progress.ts'
import { namedTrial, type Trial, type TrialResult } from '../../src/study/trial.ts'

const FIXED = 2
const PER_EPOCH = 0.25

const duration = ({ trials, work }: WorkAmount): number => FIXED * trials + PER_EPOCH * work

describe('the time that is left', () => {
  it.each([1, 2, 16])('counts the fixed cost of each trial, not of each epoch: %i at a time', atOnce => {
    // all that is done is short, all that is left is long
    const [done, left] = [
      { trials: 48, work: 48 },
      { trials: 20, work: 600 },
    ]
    const seconds = secondsLeft(duration(done) / atOnce, done, left, PER_EPOCH, atOnce)
    expect(seconds).toBeCloseTo(duration(left) / atOnce, 9)
    // without the fixed cost it would be more than eight times as long
    const naive = secondsLeft(duration(done) / atOnce, done, left, undefined, atOnce)
    expect(naive / seconds).toBeGreaterThan(7)
  })

  it('without a measured speed, is in proportion to the work; without work, unknown', () => {
    expect(secondsLeft(10, { trials: 1, work: 5 }, { trials: 1, work: 20 }, undefined, 1)).toBe(40)
    expect(secondsLeft(10, { trials: 0, work: 0 }, { trials: 1, work: 20 }, undefined, 1)).toBe(NaN)
  })

  it('is never negative, even if the speed was measured too low', () =>
    expect(secondsLeft(1, { trials: 1, work: 10 }, { trials: 1, work: 10 }, 5, 1)).toBe(50))

  it('is measured within trials, by a clock', () => {
    let now = 0
    const log: string[] = []
    const trials: readonly Trial[] = [1, 1, 30].map((epochs, seed) =>
      namedTrial({ flags: {}, seed, epochs, evaluateOn: 'test', data: '0' }),
    )
    const results = new Map<string, TrialResult>()
    const left = (): readonly Trial[] => trials.filter(({ id }) => !results.has(id))
    const progress = trialProgress(
      { ...systemEnv, now: () => now, log: line => log.push(line) },
      {
        workOf: ({ epochs }) => epochs,
        remaining: () => ({
          trials: left().length,
          work: left().reduce((sum, { epochs }) => sum + epochs, 0),
        }),
        describe: () => 'done',
      },
      results,
    )
    for (const trial of trials.slice(0, 2)) {
      now += 1000 * FIXED
      for (const share of [0, 0.5, 1]) {
        progress.share(trial, share)
        if (share < 1) now += 1000 * 0.5 * PER_EPOCH
      }
      results.set(trial.id, { id: trial.id, outcome: 'done', accuracies: [1], n: 1 })
      progress.result(trial, results.get(trial.id)!)
    }
    // 2 + 30 * 0.25 = 9.5, where 30 times 2.25 would be 1:08
    expect(log.at(-1)).toMatch(/^done {3}0:(09|10) left$/)
  })
})

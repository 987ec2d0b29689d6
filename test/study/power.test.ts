import { describe, expect, it } from 'vitest'
import { lookDefaults } from '../../src/study/looks.ts'
import { answerRates } from '../../src/study/power.ts'
import { rates, usualTruth } from '../../scripts/simulated-studies.ts'

describe('the power of a rule', () => {
  it('by hand: without a spread the first look decides, by the true difference alone', () => {
    expect(answerRates(lookDefaults, { effects: [0.5, -0.05], deviation: 0 }, 10)).toEqual([
      { better: 1, equivalent: 0, undecided: 0, searches: lookDefaults.looks[0] },
      { better: 0, equivalent: 1, undecided: 0, searches: lookDefaults.looks[0] },
    ])
    // a spread that hides it: what is called better is within the promised error
    const [hidden] = answerRates(lookDefaults, { effects: [0.2], deviation: 100 }, 400)
    expect(hidden!.equivalent).toBe(0)
    expect(hidden!.better).toBeLessThan(0.05 + 3 * Math.sqrt((0.05 * 0.95) / 400))
  })

  it('agrees with the simulation that draws the luck of the searches and of the seeds apart', () => {
    const { search, seed, seeds } = usualTruth
    const deviation = Math.sqrt(search ** 2 + seed ** 2 / seeds)
    const effects = [0, 0.1, 0.2]
    const all = answerRates(lookDefaults, { effects, deviation }, 1500)
    for (const [i, effect] of effects.entries()) {
      const found = all[i]!
      const expected = rates(lookDefaults, { ...usualTruth, effect }, 1500, 1)
      for (const answer of ['better', 'equivalent', 'undecided'] as const)
        // four standard deviations of the difference of two rates
        expect(Math.abs(found[answer] - expected[answer])).toBeLessThan(4 * Math.sqrt(0.5 / 1500))
    }
  })
})

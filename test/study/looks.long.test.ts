import { describe, expect, it } from 'vitest'
import { lucks, rates, usualTruth } from '../../scripts/simulated-studies.ts'
import { searchRates } from '../../scripts/simulated-searches.ts'
import { lookDefaults } from '../../src/study/looks.ts'

const STUDIES = 3000

/** Three standard deviations above this probability. */
const atMost = (probability: number): number =>
  probability + 3 * Math.sqrt((probability * (1 - probability)) / STUDIES)

const EFFECTS = [-0.2, -0.1, 0, 0.05, 0.1, 0.2, 0.5]

describe('the promised error', () => {
  it.each([[[5]], [[10]], [[20]], [[5, 10, 20]], [[5, 10, 20, 40]]])(
    'holds for normal differences with looks after %j searches',
    looks => {
      for (const search of [0, 0.1, 0.3])
        for (const effect of EFFECTS) {
          const found = rates({ ...lookDefaults, looks }, { ...usualTruth, search, effect }, STUDIES)
          for (const wrong of [1 - found.covered, found.wronglyBetter, found.wronglyEquivalent])
            expect(wrong).toBeLessThan(atMost(0.05))
        }
    },
  )

  it.each(Object.keys(lucks) as (keyof typeof lucks)[])(
    'of calling an arm better where there is no difference holds for the luck "%s" too',
    luck => {
      for (const search of [0.1, 0.3])
        expect(
          rates(lookDefaults, { ...usualTruth, luck, search, effect: 0 }, STUDIES).wronglyBetter,
        ).toBeLessThan(atMost(0.05))
    },
  )

  it('holds for the whole procedure, where the searches themselves are simulated', () => {
    const studies = 100
    const limit = 0.05 + 3 * Math.sqrt((0.05 * 0.95) / studies)
    for (const effect of [0, 0.1]) {
      const found = searchRates(lookDefaults, effect, studies)
      expect(found.better).toBeLessThan(limit)
      // two runs of one configuration would differ by 0.09 points: the rest is the luck of the search
      expect(found.deviation).toBeGreaterThan(0.12)
    }
  })
})

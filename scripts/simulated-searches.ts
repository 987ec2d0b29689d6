/**
 * Whole studies without training: the real plan and the real halving, with results from a response surface that both arms
 * share; the second arm is higher by an effect, everywhere. A search chooses by noisy validation accuracies, and its winner runs
 * with new seeds on the test set, so the luck of the search is that of a real one, and the true difference is the effect.
 */
import { key, normalNumbers } from '../src/core/rng.ts'
import type { LookRule } from '../src/study/looks.ts'
import { mean } from '../src/study/moments.ts'
import { ratesOf, type AnswerRates } from '../src/study/power.ts'
import { defaultSpace } from '../src/study/space.ts'
import { planStudy, studyDefaults, type Study } from '../src/study/study-plan.ts'
import { outstanding, studyOutcome } from '../src/study/study.ts'
import type { Trial, TrialResult } from '../src/study/trial.ts'
import { errorsOf } from './simulated-studies.ts'

const [FIRST, SECOND] = ['quadratic', 'xent'] as const

/** The examples of the validation set and of the test set. */
const N = 10_000

/** Accuracy falls by this many points for each e-fold that the learning rate is away from the best. */
const SLOPE = 1

const BEST_ETA = 0.5

/** The standard deviation of the accuracy of one training, in points; each trial has its own draw. */
const NOISE = 0.2

const studyOf = (rule: LookRule, seed: number): Study => ({
  ...studyDefaults,
  ...{ seed, rule, space: defaultSpace, common: {}, data: '0'.repeat(16), classes: 10 },
  arms: [
    { name: FIRST, flags: { cost: FIRST } },
    { name: SECOND, flags: { cost: SECOND } },
  ],
})

/** A result from the surface: the noise belongs to the trial, so the arms have independent luck with the same draws. */
const result = ({ id, flags, epochs }: Trial, effect: number): TrialResult => {
  const noise = normalNumbers(key(Number.parseInt(id.slice(0, 13), 16)), 1)[0]!
  const height = 97 - SLOPE * Math.abs(Math.log(Number(flags.eta) / BEST_ETA)) - 10 / (epochs + 1)
  const percent = height + NOISE * noise + (flags.cost === SECOND ? effect : 0)
  return { id, outcome: 'done', n: N, accuracies: [Math.max(0, Math.round((percent / 100) * N))] }
}

export type SearchRates = AnswerRates & {
  /** Called better although the effect is delta or less, or equivalent although it is delta or more. */
  readonly wrong: number
  /** The standard deviation of the differences of searches, in points. */
  readonly deviation: number
}

/** The share of simulated studies with each answer. */
export const searchRates = (rule: LookRule, effect: number, studies: number): SearchRates => {
  const ends = Array.from({ length: studies }, (_, i) => {
    const plan = planStudy(studyOf(rule, i))
    const results = new Map<string, TrialResult>()
    for (let next = outstanding(plan, results); next.length > 0; next = outstanding(plan, results))
      for (const trial of next) results.set(trial.id, result(trial, effect))
    const outcome = studyOutcome(plan, results)
    if (outcome?.kind !== 'procedures') throw new Error('a simulated study has no outcome')
    return { ...outcome.looks.at(-1)!, differences: outcome.differences }
  })
  const squares = ends.flatMap(({ differences }) => differences.map(difference => (difference - effect) ** 2))
  const { wronglyBetter, wronglyEquivalent } = errorsOf(rule, effect, ends)
  return { ...ratesOf(ends), wrong: wronglyBetter + wronglyEquivalent, deviation: Math.sqrt(mean(squares)) }
}

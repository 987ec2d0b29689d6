import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { StudyArm } from '../../src/study/arms.ts'
import { epochsOfRungs } from '../../src/study/halving.ts'
import { identify } from '../../src/study/identity.ts'
import { defaultSpace, describeSpace } from '../../src/study/space.ts'
import { studyDefaults, planStudy, subjectOf, type ArmPlan, type Study } from '../../src/study/study-plan.ts'
import type { LookRule } from '../../src/study/looks.ts'
import { exitCode } from '../../src/errors.ts'
import {
  continueStudy,
  outstanding,
  searchFailure,
  stages,
  studyOutcome,
  workLeft,
  workPlanned,
  type ProceduresOutcome,
  type WinnersOutcome,
} from '../../src/study/study.ts'
import type { TrialResult, TrialResults, Trial } from '../../src/study/trial.ts'
import { fold, generator, key, normalNumbers, permutation } from '../../src/core/rng.ts'
import { diverged, done, N } from './finals.ts'

const QUADRATIC: StudyArm = { name: 'quadratic', flags: { cost: 'quadratic' } }
const XENT: StudyArm = { name: 'xent', flags: { cost: 'xent' } }

const study = (changes: Partial<Study> = {}): Study => ({
  ...studyDefaults,
  arms: [QUADRATIC, XENT],
  space: defaultSpace,
  epochs: 9,
  budget: 60,
  seeds: 4,
  common: { sizes: '784,30,10' },
  data: 'a fingerprint',
  classes: 10,
  ...changes,
})

/**
 * Stands for training: accuracy grows with the epochs towards a height that falls off on both sides of the best
 * learning rate, 0.5 for xent and 3 for quadratic; seeds add noise; a learning rate above 20 diverges.
 */
const learn = (trial: Trial): TrialResult => {
  const eta = Number(trial.flags.eta)
  const best = trial.flags.cost === 'xent' ? 0.5 : 3
  const noise = 15 * normalNumbers(fold(key(trial.seed), trial.epochs), 1)[0]!
  const height = 9800 - 300 * Math.abs(Math.log(eta / best))
  const accuracies = Array.from({ length: trial.epochs }, (_, epoch) =>
    Math.round(Math.max(1000, height * (1 - 0.2 / (epoch + 1)) + noise)),
  )
  return { ...(eta > 20 ? diverged(...accuracies.slice(1)) : done(...accuracies)), id: trial.id }
}

type Ran = {
  readonly results: TrialResults
  readonly outcome: WinnersOutcome
  readonly trials: readonly Trial[]
}

/** Runs a study undisturbed: what is outstanding, all of it, until nothing is. */
const run = (of: Study, known: TrialResults = new Map(), trainer = learn): Ran => {
  const plan = planStudy(of)
  const results = new Map(known)
  const trials: Trial[] = []
  for (let next = outstanding(plan, results); next.length > 0; next = outstanding(plan, results)) {
    expect(studyOutcome(plan, results)).toBeUndefined()
    trials.push(...next)
    for (const trial of next) results.set(trial.id, trainer(trial))
  }
  return { results, trials, outcome: studyOutcome(plan, results) as WinnersOutcome }
}

/** Runs it with a few workers whose results come in any order; now and then all are killed, and a result is lost. */
const runDisturbed = (of: Study, seed: number, workers: number): TrialResults => {
  const plan = planStudy(of)
  let results = new Map<string, TrialResult>()
  for (let turn = 0; ; turn++) {
    const open = outstanding(plan, results)
    if (open.length === 0) return results
    const luck = fold(key(seed), turn)
    for (const i of permutation(luck, open.length).subarray(0, workers))
      results.set(open[i]!.id, learn(open[i]!))
    if (generator(luck).next() % 5 === 0) results = new Map([...results].slice(0, -1))
  }
}

/** What a study begins with. */
const firstTrials = (of: Study): readonly Trial[] => outstanding(planStudy(of), new Map())

const sorted = (results: TrialResults): readonly string[] => [...results.keys()].toSorted()

const tuning = ({ trials }: Ran): readonly Trial[] =>
  trials.filter(trial => trial.evaluateOn === 'validation')
const finals = ({ trials }: Ran): readonly Trial[] => trials.filter(trial => trial.evaluateOn === 'test')
const of = (arm: StudyArm, trials: readonly Trial[]): readonly Trial[] =>
  trials.filter(trial => trial.flags.cost === arm.flags.cost)

describe('a study', () => {
  it('law: in any order, with any number of workers, killed or not: the same trials, the same outcome', () => {
    const undisturbed = run(study())
    fc.assert(
      fc.property(fc.nat(), fc.integer({ min: 1, max: 7 }), (seed, workers) => {
        const results = runDisturbed(study(), seed, workers)
        expect(sorted(results)).toEqual(sorted(undisturbed.results))
        expect(studyOutcome(planStudy(study()), results)).toEqual(undisturbed.outcome)
      }),
      { numRuns: 15 },
    )
  })

  it('runs no trial twice, and leaves alone what it does not know', () => {
    const { results, trials } = run(study())
    expect(new Set(trials.map(({ id }) => id)).size).toBe(trials.length)
    expect(results.size).toBe(trials.length)
    const stranger: TrialResults = new Map([['a stranger', done(1)]])
    expect(run(study(), stranger).outcome).toEqual(run(study()).outcome)
  })

  it('names a trial by all that it depends on, and nothing else', () => {
    for (const { id, ...trial } of firstTrials(study())) expect(id).toBe(identify(trial))
    const known = run(study()).results
    const other = study({ data: 'another fingerprint' })
    expect(run(other).trials.some(({ id }) => known.has(id))).toBe(false)
  })

  it('golden: its first trial', () => {
    expect(firstTrials(study())[0]).toEqual({
      id: '2433ba8e7f48ca9c',
      flags: {
        cost: 'quadratic',
        sizes: '784,30,10',
        eta: '0.7924',
        lmbda: '8.344',
        'mini-batch-size': '100',
        init: 'default',
      },
      seed: 671250698,
      epochs: 1,
      evaluateOn: 'validation',
      data: 'a fingerprint',
    })
  })

  it('draws the same configurations and seeds for both arms', () => {
    const first = firstTrials(study())
    const drawn = (arm: StudyArm): unknown =>
      of(arm, first).map(({ flags: { cost: _, ...rest }, seed }) => [rest, seed])
    expect(drawn(QUADRATIC)).toEqual(drawn(XENT))
    expect(new Set(first.map(({ flags }) => flags.eta)).size).toBe(first.length / 2)
    expect(first.every(({ flags }) => flags.sizes === '784,30,10')).toBe(true)
  })

  it('what an arm fixes is not searched, and leaves the rest of the draw as it is', () => {
    const fixed = { name: 'xent --eta 0.05', flags: { cost: 'xent', eta: '0.05' } }
    const [free, bound] = [XENT, fixed].map(arm => firstTrials(study({ arms: [QUADRATIC, arm] })))
    const rest = (trials: readonly Trial[]): unknown =>
      of(XENT, trials).map(({ flags: { eta: _, ...others }, seed }) => [others, seed])
    expect(rest(bound!)).toEqual(rest(free!))
    expect(of(XENT, bound!).every(({ flags }) => flags.eta === '0.05')).toBe(true)
  })

  it('an arm goes before what both arms share', () => {
    const deep = { name: 'xent --sizes 784,30,30,10', flags: { cost: 'xent', sizes: '784,30,30,10' } }
    const trials = firstTrials(study({ arms: [QUADRATIC, deep] }))
    expect(of(XENT, trials).every(({ flags }) => flags.sizes === '784,30,30,10')).toBe(true)
    expect(of(QUADRATIC, trials).every(({ flags }) => flags.sizes === '784,30,10')).toBe(true)
  })

  it('searches on the validation set alone, and shows the winner of each arm to the test set', () => {
    const ran = run(study())
    for (const [i, arm] of [QUADRATIC, XENT].entries()) {
      const shown = of(arm, finals(ran))
      expect(shown).toHaveLength(4)
      for (const trial of shown) {
        expect(trial.flags).toEqual(ran.outcome.arms[i]!.winner)
        expect(trial.epochs).toBe(9)
      }
      expect(tuning(ran).map(({ flags }) => flags)).toContainEqual(ran.outcome.arms[i]!.winner)
    }
  })

  it('the final seeds are the same for both arms, and fresh', () => {
    const ran = run(study({ seeds: 40 }))
    const seeds = (arm: StudyArm): readonly number[] => of(arm, finals(ran)).map(({ seed }) => seed)
    expect(seeds(QUADRATIC)).toEqual(seeds(XENT))
    expect(new Set(seeds(XENT)).size).toBe(40)
    const used = new Set(tuning(ran).map(({ seed }) => seed))
    expect(seeds(XENT).some(seed => used.has(seed))).toBe(false)
    expect(ran.trials.every(({ seed }) => Number.isSafeInteger(seed) && seed >= 0)).toBe(true)
  })

  it('another seed is another study', () => {
    const ids = (seed: number): readonly string[] => firstTrials(study({ seed })).map(({ id }) => id)
    expect(ids(1).some(id => ids(2).includes(id))).toBe(false)
  })

  it('gives both arms the same budget, and says what was spent', () => {
    const { outcome, trials } = run(study())
    const planned = epochsOfRungs(planStudy(study()).arms[1].rungs)
    expect(planned).toBeLessThanOrEqual(60)
    for (const [i, arm] of [QUADRATIC, XENT].entries()) {
      const searched = of(arm, trials).filter(trial => trial.evaluateOn === 'validation')
      expect(searched.reduce((total, { epochs }) => total + epochs, 0)).toBe(planned)
      const gone = searched.filter(({ flags }) => Number(flags.eta) > 20).length
      expect(outcome.arms[i]!.search).toEqual({ trials: searched.length, epochs: planned, diverged: gone })
    }
    expect(outcome.arms[0].search.diverged).toBeGreaterThan(0)
  })

  it('by default tries 24 configurations or more, and the best of them in full', () => {
    const rungs = planStudy(study({ ...studyDefaults })).arms[1].rungs
    expect(rungs[0]!.configurations).toBeGreaterThanOrEqual(24)
    expect(rungs.at(-1)!.epochs).toBe(studyDefaults.epochs)
  })

  it('where nothing is left to search, an arm goes straight to the test set', () => {
    const flags = { cost: 'xent', eta: '0.5', lmbda: '0', 'mini-batch-size': '10', init: 'large' }
    const book = study({ arms: [QUADRATIC, { name: "the book's", flags }] })
    const [, stage] = stages(planStudy(book), new Map())
    expect(stage).toMatchObject({ rungs: [], search: [], final: { winner: flags } })
    expect(run(book).outcome.arms[1].search).toEqual({ trials: 0, epochs: 0, diverged: 0 })
  })

  it('says which backends and engines computed the results, the commonest first', () => {
    const mixed = (trial: Trial): TrialResult => ({
      ...learn(trial),
      ...(trial.evaluateOn === 'test'
        ? { backend: 'wasm', engine: 'staged' }
        : { backend: 'cpu', engine: 'eager' }),
    })
    const ran = run(study(), new Map(), mixed)
    expect(ran.outcome.computedBy).toEqual([
      { backend: 'cpu', engine: 'eager', trials: tuning(ran).length },
      { backend: 'wasm', engine: 'staged', trials: finals(ran).length },
    ])
    // an old journal does not say it
    expect(run(study()).outcome.computedBy).toEqual([
      { backend: 'unknown', engine: 'unknown', trials: ran.trials.length },
    ])
  })

  describe('of which searches diverge', () => {
    const without = (costs: readonly string[], of = study()): Ran => {
      const trainer = (trial: Trial): TrialResult =>
        costs.includes(trial.flags.cost!) ? { ...diverged(), id: trial.id } : learn(trial)
      return run(of, new Map(), trainer)
    }

    it.each([[['quadratic', 'xent']], [['xent']], [['quadratic']]])(
      'those of %j: it ends before the final runs, with the arms, the space and what to do',
      costs => {
        const ran = without(costs)
        expect(ran.outcome).toBeUndefined()
        expect(finals(ran)).toEqual([])
        for (const cost of costs) expect(of({ name: cost, flags: { cost } }, ran.trials)).toHaveLength(21)
        const failure = searchFailure(planStudy(study()), ran.results)!
        expect(exitCode(failure)).toBe(4)
        expect(failure.message).toBe(
          `the search has no winner: ${costs.map(cost => `all 21 configurations of ${cost} diverged`).join(', and ')}; ` +
            `the space is ${describeSpace(defaultSpace).join(', ')}`,
        )
        expect(failure.remedy).toContain('--space')
      },
    )

    it('for a fixed eta, the remedy is another one', () => {
      const arms = [{ name: 'quadratic --eta 99', flags: { cost: 'quadratic', eta: '99' } }, XENT] as const
      const { results } = without(['quadratic'], study({ arms }))
      expect(searchFailure(planStudy(study({ arms })), results)!.remedy).toContain(
        'give quadratic --eta 99 a smaller --eta in --arms',
      )
    })

    it('a larger budget continues it', () => {
      const { results } = without(['xent'])
      const more = study({ budget: 120 })
      expect(searchFailure(planStudy(more), results)).toBeUndefined()
      expect(outstanding(planStudy(more), results).length).toBeGreaterThan(0)
    })

    it('not at once: both searches end first', () => {
      const plan = planStudy(study())
      const first = outstanding(plan, new Map())
      const results = new Map(of(XENT, first).map(({ id }) => [id, { ...diverged(), id }]))
      expect(searchFailure(plan, results)).toBeUndefined()
      expect(of(QUADRATIC, outstanding(plan, results))).toHaveLength(of(QUADRATIC, first).length)
    })
  })

  it('one that diverged never wins over one that did not', () => {
    const gone = (trial: Trial): TrialResult =>
      Number(trial.flags.eta) < 20
        ? { ...done(...Array.from({ length: trial.epochs }, () => 0)), id: trial.id }
        : { ...diverged(N, N), id: trial.id }
    const { outcome } = run(study(), new Map(), gone)
    for (const { winner } of outcome.arms) expect(Number(winner.eta)).toBeLessThan(20)
  })

  it('a trial is judged by its last epoch', () => {
    const late = (trial: Trial): TrialResult => {
      const end = Math.round(100 * Number(trial.flags.eta))
      const before = Array.from({ length: trial.epochs - 1 }, () => 9000 - end)
      return { ...done(...before, end), id: trial.id }
    }
    const ran = run(study(), new Map(), late)
    const highest = Math.max(...tuning(ran).map(({ flags }) => Number(flags.eta)))
    for (const { winner } of ran.outcome.arms) expect(Number(winner.eta)).toBe(highest)
  })

  it('may get more epochs and seeds later: it is the same study, and continues', () => {
    const before = run(study())
    const more = study({ budget: 120, seeds: 6 })
    expect(subjectOf(more)).toEqual(subjectOf(study()))
    const after = run(more, before.results)
    expect(after.outcome).toEqual(run(more).outcome)
    expect(after.trials.length).toBeLessThan(run(more).trials.length)
    expect(identify(subjectOf(study({ seed: 9 })))).not.toBe(identify(subjectOf(study())))
  })
})

describe('a continued study', () => {
  const first = study()
  const { results } = run(first)
  const more = study({ seeds: 6 })

  it('remembers a verdict, and all that came before', () => {
    const second = continueStudy(first, results, more)
    expect(second).toEqual({ ...more, earlier: [{ budget: 60, seeds: 4 }] })
    const third = continueStudy(second, run(second, results).results, study({ budget: 120, seeds: 6 }))
    expect(third.earlier).toEqual([
      { budget: 60, seeds: 4 },
      { budget: 60, seeds: 6 },
    ])
    expect(subjectOf(third)).toEqual(subjectOf(first))
  })

  it('has nothing to remember where it is the same, or had no verdict yet', () => {
    expect(continueStudy(first, results, study())).toEqual(study())
    expect(continueStudy(first, new Map([...results].slice(0, -1)), more)).toEqual(more)
  })

  it('that comes back to what it was has been there', () => {
    const second = continueStudy(first, results, more)
    expect(continueStudy(second, results, study()).earlier).toEqual([{ budget: 60, seeds: 4 }])
  })
})

/** The trials with which the search of an arm begins. */
const firstRung = ({ configurations, trial }: ArmPlan): readonly Trial[] =>
  configurations.map((_, k) => trial(0, k))

describe('a study that repeats its searches', () => {
  const RULE: LookRule = { looks: [3, 5], delta: 0.1, error: 0.05 }
  /** Its arms differ by far more than chance: the first look decides. */
  const clear = study({
    arms: [XENT, { name: 'xent --eta 0.05', flags: { cost: 'xent', eta: '0.05' } }],
    rule: RULE,
    budget: 30,
  })
  /** The same height for both arms, with seeds that differ so much that no look decides. */
  const open = study({ rule: RULE, budget: 30, seeds: 2 })

  const runAll = (of: Study): { readonly results: TrialResults; readonly outcome: ProceduresOutcome } => {
    const plan = planStudy(of)
    const results = new Map<string, TrialResult>()
    for (let next = outstanding(plan, results); next.length > 0; next = outstanding(plan, results)) {
      expect(studyOutcome(plan, results)).toBeUndefined()
      expect(workLeft(plan, results).trials).toBeGreaterThanOrEqual(next.length)
      for (const trial of next) results.set(trial.id, learn(trial))
    }
    expect(workLeft(plan, results)).toEqual({ trials: 0, work: 0 })
    return { results, outcome: studyOutcome(plan, results) as ProceduresOutcome }
  }

  it('ends at the first look that decides, and does not begin the searches after it', () => {
    const { results, outcome } = runAll(clear)
    expect(outcome.looks.map(({ searches, answer }) => [searches, answer])).toEqual([[3, 'better']])
    expect(outcome.searches).toHaveLength(3)
    expect(outcome.planned).toBe(5)
    const later = planStudy(clear)
      .searches.slice(3)
      .flatMap(({ arms }) => arms.flatMap(firstRung))
    expect(later.some(({ id }) => results.has(id))).toBe(false)
  })

  it('goes on to the last look while none decides', () => {
    const { outcome } = runAll(open)
    expect(outcome.looks.map(({ searches, answer }) => [searches, answer])).toEqual([
      [3, 'undecided'],
      [5, 'undecided'],
    ])
    expect(outcome.differences).toHaveLength(5)
  })

  it('takes as the difference of a search the mean over its seeds, in points', () => {
    const { outcome } = runAll(clear)
    outcome.searches.forEach(({ arms: [first, second] }, r) => {
      const ends = [first, second].map(({ finals }) => finals.map(({ accuracies }) => accuracies.at(-1)!))
      const byHand = ends[1]!.reduce((sum, end, i) => sum + (100 * (end - ends[0]![i]!)) / N / 4, 0)
      expect(outcome.differences[r]).toBeCloseTo(byHand, 10)
    })
    expect(outcome.looks[0]!.mean).toBeCloseTo(outcome.differences.reduce((a, b) => a + b, 0) / 3, 10)
  })

  it('law: in any order, with any number of workers, killed or not: the same trials, the same outcome', () => {
    for (const of of [clear, open]) {
      const undisturbed = runAll(of)
      fc.assert(
        fc.property(fc.nat(), fc.integer({ min: 5, max: 60 }), (seed, workers) => {
          const results = runDisturbed(of, seed, workers)
          expect(sorted(results)).toEqual(sorted(undisturbed.results))
          expect(studyOutcome(planStudy(of), results)).toEqual(undisturbed.outcome)
        }),
        { numRuns: 4 },
      )
    }
  })

  it('law: to results that were added one by one it says the same as to all of them at once', () => {
    const plan = planStudy(open)
    const results = new Map<string, TrialResult>()
    for (let turn = 0; ; turn++) {
      const next = outstanding(plan, results)
      const [apart, fresh] = [planStudy(open), new Map(results)]
      expect(next).toEqual(outstanding(apart, fresh))
      expect(workLeft(plan, results)).toEqual(workLeft(apart, fresh))
      expect(studyOutcome(plan, results)).toEqual(studyOutcome(apart, fresh))
      if (next.length === 0) break
      // from either end and from the middle, some at a time
      const order = permutation(fold(key(1), turn), next.length).subarray(0, 7)
      for (const i of order) results.set(next[i]!.id, learn(next[i]!))
    }
  })

  it('looks up only the trials of searches that have not ended', () => {
    let lookups = 0
    class Counted extends Map<string, TrialResult> {
      override get(id: string): TrialResult | undefined {
        lookups++
        return super.get(id)
      }
      override has(id: string): boolean {
        lookups++
        return super.has(id)
      }
    }
    const plan = planStudy(open)
    const results = new Counted()
    for (let next = outstanding(plan, results); next.length > 0; next = outstanding(plan, results)) {
      for (const trial of next) results.set(trial.id, learn(trial))
      outstanding(plan, results)
      lookups = 0
      const left = outstanding(plan, results)
      // one lookup more where an arm of a search waits
      expect(lookups).toBeLessThanOrEqual(4 * left.length)
    }
  })

  it('draws each search anew, with new seeds, and the same ones for both arms', () => {
    const { searches } = planStudy(study({ rule: RULE }))
    const drawn = searches.map(({ arms }) =>
      arms.map(arm =>
        firstRung(arm).map(({ flags: { cost: _, ...rest }, seed }) => JSON.stringify([rest, seed])),
      ),
    )
    for (const [first, second] of drawn) expect(second).toEqual(first)
    const all = drawn.flatMap(([first]) => first!)
    expect(new Set(all).size).toBe(all.length)
    expect(identify(planStudy(study()).searches[0]!.arms[0].configurations)).not.toBe(
      identify(searches[0]!.arms[0].configurations),
    )
  })

  it('is another study with another budget, number of seeds, delta or looks: its plan is fixed', () => {
    const ids = [
      open,
      ...[{ budget: 60 }, { seeds: 3 }, { rule: { ...RULE, delta: 0.2 } }],
      { rule: { ...RULE, looks: [3, 6] } },
    ].map(change => identify(subjectOf({ ...open, ...change })))
    expect(new Set(ids).size).toBe(5)
    expect(runAll(open).outcome.plan).toBe(ids[0])
  })

  it('of two arms of one configuration runs each trial once, and finds them equivalent at its first look', () => {
    const twins = [
      { ...XENT, name: 'xent (1)' },
      { ...XENT, name: 'xent (2)' },
    ] as const
    const { outcome, results } = runAll({ ...open, arms: twins })
    expect(outcome.looks.map(({ answer }) => answer)).toEqual(['equivalent'])
    expect(results.size).toBe(workPlanned(planStudy({ ...open, arms: twins })).trials * (3 / 5))
  })

  it('whose search has no winner ends with that error', () => {
    const plan = planStudy(clear)
    const results = new Map(outstanding(plan, new Map()).map(({ id }) => [id, { ...diverged(), id }]))
    expect(outstanding(plan, results)).toEqual([])
    expect(searchFailure(plan, results)!.message).toContain('configurations of xent diverged')
  })
})

describe('the null check: two arms of one configuration', () => {
  it('in 20 studies: one set of runs, shared, and no difference', () => {
    const twins: Study['arms'] = [
      { ...XENT, name: 'xent (1)' },
      { ...XENT, name: 'xent (2)' },
    ]
    for (let seed = 0; seed < 20; seed++) {
      const { outcome, trials } = run(study({ arms: twins, seed }))
      expect(outcome.same).toBe(true)
      expect(outcome.verdict).toMatchObject({ finding: 'negligible', difference: { mean: 0, p: 1 } })
      expect(outcome.arms[0].search).toEqual(outcome.arms[1].search)
      expect(tuning({ trials } as Ran)).toHaveLength(outcome.arms[0].search.trials)
    }
  })
})

describe('the power check: xent, and xent with a tenth of its learning rate', () => {
  it('in 20 studies: the slower one is called, each time', () => {
    const slow: StudyArm = { name: 'xent --eta 0.05', flags: { cost: 'xent', eta: '0.05' } }
    for (let seed = 0; seed < 20; seed++) {
      const { outcome } = run(study({ arms: [XENT, slow], seed, seeds: 10 }))
      expect(outcome.verdict.finding).toBe('better')
      expect(outcome.verdict.difference.mean).toBeLessThan(0)
    }
  })
})

/**
 * What a study does next and what its outcome is, as functions of its plan and of the results so far. The order of the
 * results, and how often they were computed, make no difference.
 */
import { groupBy } from 'fp-ts/lib/NonEmptyArray.js'
import { diverged, type DivergedError } from '../errors.ts'
import { epochsOfRungs, FAILED, halvingState, type Rung } from './halving.ts'
import { identify } from './identity.ts'
import { finalTrials, planStudy, type ArmPlan, type StudyPlan, type Study } from './study-plan.ts'
import { describeSpace, type FlagTexts } from './space.ts'
import type { TrialResult, TrialResults, Trial } from './trial.ts'
import type { WorkAmount } from './trial-progress.ts'
import { verdictOf, type Finals, type Verdict } from './verdict.ts'

/** How far an arm is. */
export type Stage = {
  readonly arm: string
  readonly rungs: readonly Rung[]
  /** The trials of the rungs that were reached. */
  readonly search: readonly (readonly Trial[])[]
  /** Every trial of the last of these rungs diverged: the search has no winner. */
  readonly hasFailed: boolean
  /** The winner and its runs on the test set, once it is known. */
  readonly final: { readonly winner: FlagTexts; readonly trials: readonly Trial[] } | undefined
}

/** The outcome of an arm. */
export type ArmOutcome = {
  readonly name: string
  readonly winner: FlagTexts
  readonly rungs: readonly Rung[]
  /** The search: its trials, the epochs that they really took, and how many of them diverged. */
  readonly search: { readonly trials: number; readonly epochs: number; readonly diverged: number }
  /** The runs on the test set, by seed. */
  readonly finals: readonly TrialResult[]
}

export type StudyOutcome = {
  readonly arms: readonly [ArmOutcome, ArmOutcome]
  /** Both arms chose the same configuration: their final runs are the same runs. */
  readonly same: boolean
  readonly verdict: Verdict
  /** The backends and engines that computed the results, the commonest first. */
  readonly computedBy: readonly ComputedBy[]
}

export type ComputedBy = {
  /** `unknown` where an old journal does not say it. */
  readonly backend: string
  readonly engine: string
  readonly trials: number
}

/** How far both arms are. */
export const stages = ({ study, arms }: StudyPlan, results: TrialResults): readonly [Stage, Stage] => [
  stageOf(study, arms[0], results),
  stageOf(study, arms[1], results),
]

/** The trials that can be run now, without duplicates. If there is none, the study is done, or a search has failed. */
export const outstanding = (plan: StudyPlan, results: TrialResults): readonly Trial[] => {
  const both = stages(plan, results)
  // a search that fails leaves nothing to compare: so the final runs wait for both searches
  const areFound = both.every(({ final }) => final !== undefined)
  const trials = both.flatMap(({ search, final }) => (areFound ? final!.trials : (search.at(-1) ?? [])))
  return [...new Map(trials.map(trial => [trial.id, trial])).values()].filter(({ id }) => !results.has(id))
}

/** The outcome of a study; undefined while trials are outstanding. */
export const studyOutcome = (plan: StudyPlan, results: TrialResults): StudyOutcome | undefined => {
  const both = stages(plan, results)
  const [first, second] = both.map(stage => armOutcome(stage, results))
  if (first === undefined || second === undefined) return undefined
  const finals = ({ name, finals }: ArmOutcome): Finals => ({ name, results: finals })
  return {
    arms: [first, second],
    same: identify(first.winner) === identify(second.winner),
    verdict: verdictOf([finals(first), finals(second)], plan.study.classes),
    computedBy: computedBy(both.flatMap(trialsOfStage), results),
  }
}

/** Why a study ends without an outcome; undefined if it has one, and while trials are outstanding. */
export const searchFailure = (plan: StudyPlan, results: TrialResults): DivergedError | undefined => {
  if (outstanding(plan, results).length > 0) return undefined
  const [first, ...more] = stages(plan, results).flatMap(({ arm, search, hasFailed }, i) =>
    hasFailed ? [{ arm, tried: search.at(-1)!.length, fixed: plan.study.arms[i]!.flags.eta }] : [],
  )
  if (first === undefined) return undefined
  const failures = [first, ...more].map(({ arm, tried }) => `all ${tried} configurations of ${arm} diverged`)
  return diverged(
    `the search has no winner: ${failures.join(', and ')}; the space is ${describeSpace(plan.study.space).join(', ')}`,
    (first.fixed === undefined
      ? 'search smaller learning rates: --space FILE.json with { "eta": { "from": …, "to": … } }'
      : `give ${first.arm} a smaller --eta in --arms`) + ', and another --out; the final runs were not done',
  )
}

/** The trials of a stage that were or can be run. */
const trialsOfStage = ({ search, final }: Stage): readonly Trial[] => [
  ...search.flat(),
  ...(final?.trials ?? []),
]

const computedBy = (trials: readonly Trial[], results: TrialResults): readonly ComputedBy[] => {
  const machines = [...new Set(trials.map(({ id }) => id))].flatMap(id => {
    const { backend = 'unknown', engine = 'unknown' } = results.get(id) ?? {}
    return results.has(id) ? [{ backend, engine }] : []
  })
  return Object.values(
    groupBy(({ backend, engine }: (typeof machines)[number]) => `${backend} ${engine}`)(machines),
  )
    .map(group => ({ ...group[0], trials: group.length }))
    .toSorted((a, b) => b.trials - a.trials)
}

/** The trials that are left and their epochs, as far as it is known: which candidates win does not change their number. */
export const workLeft = (plan: StudyPlan, results: TrialResults): WorkAmount =>
  stages(plan, results)
    // twins share all their trials: they are counted once
    .slice(0, areTwins(plan) ? 1 : 2)
    .map(stage => {
      const done = trialsOfStage(stage).filter(({ id }) => results.has(id))
      const { seeds, epochs } = plan.study
      return {
        trials: stage.rungs.reduce((sum, rung) => sum + rung.configurations, 0) + seeds - done.length,
        work:
          epochsOfRungs(stage.rungs) + seeds * epochs - done.reduce((sum, trial) => sum + trial.epochs, 0),
      }
    })
    .reduce((a, b) => ({ trials: a.trials + b.trials, work: a.work + b.work }), { trials: 0, work: 0 })

const areTwins = ({ arms: [first, second] }: StudyPlan): boolean =>
  identify(first.configurations) === identify(second.configurations)

/** A study that continues another one. If that had a verdict, with another budget or other seeds, it is recorded. */
export const continueStudy = (before: Study, results: TrialResults, study: Study): Study => {
  const { budget, seeds, earlier = [] } = before
  const looked =
    (budget !== study.budget || seeds !== study.seeds) &&
    studyOutcome(planStudy(before), results) !== undefined
  const all = looked ? [...earlier, { budget, seeds }] : earlier
  return all.length === 0 ? study : { ...study, earlier: all }
}

const stageOf = (
  study: Study,
  { name, rungs, configurations, search }: ArmPlan,
  results: TrialResults,
): Stage => {
  const { fields, winner, hasFailed } = halvingState(rungs, (candidate, rung) =>
    score(results.get(search[rung]![candidate]!.id)),
  )
  const flags = winner === undefined ? undefined : configurations[winner]!
  return {
    arm: name,
    rungs,
    search: fields.map((field, rung) => field.map(candidate => search[rung]![candidate]!)),
    hasFailed,
    final: flags === undefined ? undefined : { winner: flags, trials: finalTrials(study, flags) },
  }
}

/** The accuracy after the last epoch; a trial that diverged has failed. */
const score = (result: TrialResult | undefined): number | undefined =>
  result?.outcome === 'diverged' ? FAILED : result?.accuracies.at(-1)

const armOutcome = ({ arm, rungs, search, final }: Stage, results: TrialResults): ArmOutcome | undefined => {
  if (final === undefined) return undefined
  const found = (trials: readonly Trial[]): readonly TrialResult[] =>
    trials.flatMap(({ id }) => results.get(id) ?? [])
  const [searched, finals] = [found(search.flat()), found(final.trials)]
  if (finals.length < final.trials.length) return undefined
  return {
    name: arm,
    winner: final.winner,
    rungs,
    search: {
      trials: searched.length,
      epochs: searched.reduce((total, result) => total + epochsBegun(result), 0),
      diverged: searched.filter(({ outcome }) => outcome === 'diverged').length,
    },
    finals,
  }
}

/** The epoch in which a trial diverged counts too. */
const epochsBegun = ({ outcome, accuracies }: TrialResult): number =>
  accuracies.length + (outcome === 'diverged' ? 1 : 0)

/**
 * How a study goes on and what it comes to, as functions of its plan and of the results there are. In which order
 * these came, how often, and from whom, makes no difference.
 */
import { halvingState, type Rung } from './halving.ts'
import { identify } from './identity.ts'
import { finalTrials, planStudy, type ArmPlan, type StudyPlan, type Study } from './study-plan.ts'
import type { FlagTexts } from './space.ts'
import type { TrialResult, TrialResults, Trial } from './trial.ts'
import { verdictOf, type Finals, type Verdict } from './verdict.ts'

/** Where an arm is. */
export type Stage = {
  readonly arm: string
  readonly rungs: readonly Rung[]
  /** The trials of the rungs that were reached. */
  readonly search: readonly (readonly Trial[])[]
  /** The winner and its runs on the test set, once it is known. */
  readonly final: { readonly winner: FlagTexts; readonly trials: readonly Trial[] } | undefined
}

/** What an arm came to. */
export type ArmOutcome = {
  readonly name: string
  readonly winner: FlagTexts
  readonly rungs: readonly Rung[]
  /** The search: its trials, the epochs really spent, and the trials that diverged. */
  readonly search: { readonly trials: number; readonly epochs: number; readonly diverged: number }
  /** The runs on the test set, by seed. */
  readonly finals: readonly TrialResult[]
}

export type StudyOutcome = {
  readonly arms: readonly [ArmOutcome, ArmOutcome]
  /** Both arms came to one configuration: their final runs are the same runs. */
  readonly same: boolean
  readonly verdict: Verdict
}

/** Where both arms stand. */
export const stages = ({ study, arms }: StudyPlan, results: TrialResults): readonly [Stage, Stage] => [
  stageOf(study, arms[0], results),
  stageOf(study, arms[1], results),
]

/** The trials that can be run now, each once, though both arms may wait for it. None: the study is done. */
export const outstanding = (plan: StudyPlan, results: TrialResults): readonly Trial[] => {
  const trials = stages(plan, results).flatMap(({ search, final }) => final?.trials ?? search.at(-1) ?? [])
  return [...new Map(trials.map(trial => [trial.id, trial])).values()].filter(({ id }) => !results.has(id))
}

/** What the study came to; undefined while trials are outstanding. */
export const studyOutcome = (plan: StudyPlan, results: TrialResults): StudyOutcome | undefined => {
  const [first, second] = stages(plan, results).map(stage => armOutcome(stage, results))
  if (first === undefined || second === undefined) return undefined
  const finals = ({ name, finals }: ArmOutcome): Finals => ({ name, results: finals })
  return {
    arms: [first, second],
    same: identify(first.winner) === identify(second.winner),
    verdict: verdictOf([finals(first), finals(second)], plan.study.classes),
  }
}

/** A study that goes on where another has come to: if that was a verdict, with another budget or other seeds, it remembers. */
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
  const { fields, winner } = halvingState(rungs, (candidate, rung) =>
    score(results.get(search[rung]![candidate]!.id)),
  )
  const flags = winner === undefined ? undefined : configurations[winner]!
  return {
    arm: name,
    rungs,
    search: fields.map((field, rung) => field.map(candidate => search[rung]![candidate]!)),
    final: flags === undefined ? undefined : { winner: flags, trials: finalTrials(study, flags) },
  }
}

/** The accuracy at the end; a trial that diverged is worse than any other. */
const score = (result: TrialResult | undefined): number | undefined =>
  result?.outcome === 'diverged' ? -1 : result?.accuracies.at(-1)

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

/** A diverged trial has also spent the epoch in which it diverged. */
const epochsBegun = ({ outcome, accuracies }: TrialResult): number =>
  accuracies.length + (outcome === 'diverged' ? 1 : 0)

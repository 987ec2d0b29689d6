/**
 * What a study does next and what its outcome is, as functions of its plan and of the results so far. The order of the
 * results, and how often they were computed, make no difference.
 */
import { diverged, type DivergedError } from '../errors.ts'
import { epochsOfRungs, FAILED, halvingState, type Rung } from './halving.ts'
import { identify } from './identity.ts'
import { looksSoFar, type Look } from './looks.ts'
import { mean, sum } from './moments.ts'
import { procedureSummary, type ProcedureSummary } from './procedure-summary.ts'
import {
  planStudy,
  subjectOf,
  type ArmPlan,
  type SearchPlan,
  type StudyPlan,
  type Study,
} from './study-plan.ts'
import { describeSpace, type FlagTexts } from './space.ts'
import type { TrialResult, TrialResults, Trial } from './trial.ts'
import type { WorkAmount } from './trial-progress.ts'
import { countedCorrect, verdictOf, type Finals, type Verdict } from './verdict.ts'

/** How far an arm is. */
export type Stage = {
  readonly arm: string
  readonly rungs: readonly Rung[]
  /** The trials of the rungs that were reached. */
  readonly search: readonly (readonly Trial[])[]
  /** The id of a trial of the last of these rungs without a result: until it has one, the stage stays as it is. */
  readonly waitsFor: string | undefined
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

/** The outcome of a search of both arms. */
export type SearchOutcome = {
  readonly arms: readonly [ArmOutcome, ArmOutcome]
  /** Both arms chose the same configuration: their final runs are the same runs. */
  readonly same: boolean
}

/** The outcome of a study with one search: its verdict is about the winners. */
export type WinnersOutcome = SearchOutcome & {
  readonly kind: 'winners'
  readonly verdict: Verdict
  /** The backends and engines that computed the results, the commonest first. */
  readonly computedBy: readonly ComputedBy[]
}

/**
 * The outcome of a study that repeats its searches: its answer is about the procedures. Differences are in points, the
 * second arm minus the first.
 */
export type ProceduresOutcome = ProcedureSummary & {
  readonly kind: 'procedures'
  /** The id of the plan, which the first line of the journal has. */
  readonly plan: string
  readonly searches: readonly SearchOutcome[]
  /** The difference of each search. */
  readonly differences: readonly number[]
  /** The looks so far; the last of them has the answer. */
  readonly looks: readonly Look[]
  /** The number of searches at the last look that was planned. */
  readonly planned: number
  readonly computedBy: readonly ComputedBy[]
}

export type StudyOutcome = WinnersOutcome | ProceduresOutcome

export type ComputedBy = {
  /** `unknown` where an old journal does not say it. */
  readonly backend: string
  readonly engine: string
  readonly trials: number
}

/**
 * What was computed from some results, by the part of the plan: of 100,000 trials, not all is computed again with each result.
 * Results are added to the map while a study runs; none is changed or removed.
 */
const memoryOf = <Part, Value>(): ((results: TrialResults) => Map<Part, Value>) => {
  const memories = new WeakMap<TrialResults, Map<Part, Value>>()
  return results => {
    const memory = memories.get(results) ?? new Map<Part, Value>()
    memories.set(results, memory)
    return memory
  }
}

const stagesOfArms = memoryOf<ArmPlan, Stage>()

/** Of the searches that have ended. */
const searchOutcomes = memoryOf<SearchPlan, SearchOutcome>()

/** How far both arms are in a search. */
export const stages = (
  { arms }: Pick<SearchPlan, 'arms'>,
  results: TrialResults,
): readonly [Stage, Stage] => [stageOf(arms[0], results), stageOf(arms[1], results)]

/** The trials that can be run now, without duplicates. If there is none, the study is done, or a search has failed. */
export const outstanding = (plan: StudyPlan, results: TrialResults): readonly Trial[] => {
  const trials = searchesNeeded(plan, results).flatMap(search => openTrials(search, results))
  return [...new Map(trials.map(trial => [trial.id, trial])).values()]
}

/** The trials of a search that can be run now. */
const openTrials = (search: SearchPlan, results: TrialResults): readonly Trial[] => {
  if (searchOutcome(search, results) !== undefined) return []
  const both = stages(search, results)
  // a search that fails leaves nothing to compare: so the final runs wait for both arms
  const areFound = both.every(({ final }) => final !== undefined)
  return both
    .flatMap(({ search, final }) => (areFound ? final!.trials : (search.at(-1) ?? [])))
    .filter(({ id }) => !results.has(id))
}

/** The searches up to the look that decides; up to the next look, while none has decided. */
export const searchesNeeded = (
  { study: { rule, classes }, searches }: StudyPlan,
  results: TrialResults,
): readonly SearchPlan[] => {
  if (rule === undefined) return searches
  const differences = differencesSoFar(searches, classes, results)
  const looks = looksSoFar(rule, differences)
  const isDecided = looks.some(({ answer }) => answer !== 'undecided')
  return searches.slice(0, rule.looks[isDecided ? looks.length - 1 : looks.length])
}

/** The differences of the searches that are done, in points, up to the first that is not. */
const differencesSoFar = (
  searches: readonly SearchPlan[],
  classes: number,
  results: TrialResults,
): readonly number[] => {
  const differences: number[] = []
  for (const search of searches) {
    const outcome = searchOutcome(search, results)
    if (outcome === undefined) break
    differences.push(searchDifference(outcome.arms, classes))
  }
  return differences
}

/** The mean over the seeds of the second winner's test accuracy minus the first's, in points. */
const searchDifference = ([first, second]: SearchOutcome['arms'], classes: number): number =>
  mean(
    second.finals.map(
      (result, i) =>
        (100 * (countedCorrect(result, classes) - countedCorrect(first.finals[i]!, classes))) / result.n,
    ),
  )

const finalsOf = ({ arms }: Pick<SearchOutcome, 'arms'>): readonly [Finals, Finals] => {
  const of = ({ name, finals }: ArmOutcome): Finals => ({ name, results: finals })
  return [of(arms[0]), of(arms[1])]
}

/** The outcome of a search; undefined while trials are outstanding. */
const searchOutcome = (search: SearchPlan, results: TrialResults): SearchOutcome | undefined => {
  const memory = searchOutcomes(results)
  const outcome = memory.get(search) ?? computedOutcome(search, results)
  if (outcome !== undefined) memory.set(search, outcome)
  return outcome
}

const computedOutcome = (search: SearchPlan, results: TrialResults): SearchOutcome | undefined => {
  const [first, second] = stages(search, results).map(stage => armOutcome(stage, results))
  return first === undefined || second === undefined
    ? undefined
    : { arms: [first, second], same: identify(first.winner) === identify(second.winner) }
}

/** The outcome of a study; undefined while trials are outstanding. */
export const studyOutcome = (plan: StudyPlan, results: TrialResults): StudyOutcome | undefined => {
  const { study, searches } = plan
  const needed = searchesNeeded(plan, results)
  const outcomes = needed.flatMap(search => searchOutcome(search, results) ?? [])
  if (outcomes.length < needed.length) return undefined
  const [{ arms, same }] = outcomes as [SearchOutcome]
  const machines = computedBy(
    needed.flatMap(search => stages(search, results).flatMap(trialsOfStage)),
    results,
  )
  if (study.rule === undefined)
    return {
      ...{ kind: 'winners', arms, same, computedBy: machines },
      verdict: verdictOf(finalsOf({ arms }), study.classes),
    }
  const differences = outcomes.map(({ arms }) => searchDifference(arms, study.classes))
  return {
    ...{ kind: 'procedures', plan: identify(subjectOf(study)), searches: outcomes, differences },
    looks: looksSoFar(study.rule, differences),
    planned: searches.length,
    ...procedureSummary(outcomes.map(finalsOf), study.classes),
    computedBy: machines,
  }
}

/** Why a study ends without an outcome; undefined if it has one, and while trials are outstanding. */
export const searchFailure = (plan: StudyPlan, results: TrialResults): DivergedError | undefined => {
  if (outstanding(plan, results).length > 0) return undefined
  const failed = searchesNeeded(plan, results).find(search =>
    stages(search, results).some(({ hasFailed }) => hasFailed),
  )
  if (failed === undefined) return undefined
  const [first, ...more] = stages(failed, results).flatMap(({ arm, search, hasFailed }, i) =>
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

/** How many trials of a stage have results: all of the rungs before the last have. */
export const doneTrials = (
  { search, final }: Stage,
  results: TrialResults,
): { readonly searched: number; readonly finals: number } => {
  const done = (trials: readonly Trial[] = []): number => trials.filter(({ id }) => results.has(id)).length
  return {
    searched: sum(search.slice(0, -1).map(({ length }) => length)) + done(search.at(-1)),
    finals: done(final?.trials),
  }
}

/** The trials of a stage that were or can be run. */
const trialsOfStage = ({ search, final }: Stage): readonly Trial[] => [
  ...search.flat(),
  ...(final?.trials ?? []),
]

const computedBy = (trials: readonly Trial[], results: TrialResults): readonly ComputedBy[] => {
  const counts = new Map<string, ComputedBy>()
  for (const id of new Set(trials.map(({ id }) => id))) {
    const result = results.get(id)
    if (result === undefined) continue
    const { backend = 'unknown', engine = 'unknown' } = result
    const machine = `${backend} ${engine}`
    counts.set(machine, { backend, engine, trials: (counts.get(machine)?.trials ?? 0) + 1 })
  }
  return [...counts.values()].toSorted((a, b) => b.trials - a.trials)
}

/** Arms with the same candidates share all their trials: they count once. */
const countedArms = ({ arms: [first, second] }: StudyPlan): 1 | 2 =>
  identify(first.configurations) === identify(second.configurations) ? 1 : 2

/** The trials and epochs of a search, which do not depend on the candidates that win. */
const workOfSearch = ({ arms, study: { seeds, epochs } }: StudyPlan, count: 1 | 2): WorkAmount => {
  const rungs = arms.slice(0, count).map(arm => arm.rungs)
  return {
    trials: sum(rungs.map(each => sum(each.map(({ configurations }) => configurations)) + seeds)),
    work: sum(rungs.map(each => epochsOfRungs(each) + seeds * epochs)),
  }
}

const times = (n: number, { trials, work }: WorkAmount): WorkAmount => ({
  trials: n * trials,
  work: n * work,
})

/** The trials and epochs of a whole study, if no look decides before the last one. */
export const workPlanned = (plan: StudyPlan): WorkAmount =>
  times(plan.searches.length, workOfSearch(plan, countedArms(plan)))

/** The trials that are left and their epochs. Of repeated searches, all are counted until a look decides. */
export const workLeft = (plan: StudyPlan, results: TrialResults): WorkAmount => {
  const needed = searchesNeeded(plan, results)
  const begun = needed.filter(search => searchOutcome(search, results) === undefined)
  // the study is done, or a search has failed
  if (!begun.some(search => openTrials(search, results).length > 0)) return { trials: 0, work: 0 }
  // once, and not for each search: it names all candidates
  const count = countedArms(plan)
  const searches = plan.searches.length - needed.length + begun.length
  const { trials, work } = times(searches, workOfSearch(plan, count))
  const done = begun
    .flatMap(search => stages(search, results).slice(0, count).flatMap(trialsOfStage))
    .filter(({ id }) => results.has(id))
  return { trials: trials - done.length, work: work - sum(done.map(({ epochs }) => epochs)) }
}

/** How far a study is. */
export type StudyProgress = {
  readonly done: WorkAmount
  /** What is left if no look decides before the last one. */
  readonly left: WorkAmount
  /** The searches of each arm that have ended, and the most that there will be. */
  readonly searches: { readonly done: number; readonly planned: number }
  /** The looks so far, as they were planned. Differences are shown at these alone: the error is promised for them. */
  readonly looks: readonly Look[]
  /** The number of searches at the next look; undefined if there is none. */
  readonly nextLook: number | undefined
}

export const studyProgress = (plan: StudyPlan, results: TrialResults): StudyProgress => {
  const { rule, classes } = plan.study
  const [planned, left] = [workPlanned(plan), workLeft(plan, results)]
  const needed = searchesNeeded(plan, results)
  const looks = rule === undefined ? [] : looksSoFar(rule, differencesSoFar(plan.searches, classes, results))
  return {
    done: { trials: planned.trials - left.trials, work: planned.work - left.work },
    left,
    searches: {
      done: needed.filter(search => searchOutcome(search, results) !== undefined).length,
      planned: plan.searches.length,
    },
    looks,
    nextLook: left.trials > 0 ? rule?.looks[looks.length] : undefined,
  }
}

/** A study that continues another one. If that had a verdict, with another budget or other seeds, it is recorded. */
export const continueStudy = (before: Study, results: TrialResults, study: Study): Study => {
  const { budget, seeds, earlier = [] } = before
  const looked =
    (budget !== study.budget || seeds !== study.seeds) &&
    studyOutcome(planStudy(before), results) !== undefined
  const all = looked ? [...earlier, { budget, seeds }] : earlier
  return all.length === 0 ? study : { ...study, earlier: all }
}

const stageOf = (arm: ArmPlan, results: TrialResults): Stage => {
  const memory = stagesOfArms(results)
  const known = memory.get(arm)
  if (known !== undefined && (known.waitsFor === undefined || !results.has(known.waitsFor))) return known
  const stage = computedStage(arm, results)
  memory.set(arm, stage)
  return stage
}

const computedStage = (
  { name, rungs, configurations, trial, finals }: ArmPlan,
  results: TrialResults,
): Stage => {
  const { fields, waitsFor, winner, hasFailed } = halvingState(rungs, (candidate, rung) =>
    score(results.get(trial(rung, candidate).id)),
  )
  return {
    arm: name,
    rungs,
    search: fields.map((field, rung) => field.map(candidate => trial(rung, candidate))),
    waitsFor: waitsFor === undefined ? undefined : trial(fields.length - 1, waitsFor).id,
    hasFailed,
    final: winner === undefined ? undefined : { winner: configurations[winner]!, trials: finals(winner) },
  }
}

/** The accuracy after the last epoch; a trial that diverged has failed. */
const score = (result: TrialResult | undefined): number | undefined =>
  result?.outcome === 'diverged' ? FAILED : result?.accuracies.at(-1)

const armOutcome = ({ arm, rungs, search, final }: Stage, results: TrialResults): ArmOutcome | undefined => {
  if (final === undefined) return undefined
  const found = (trials: readonly Trial[]): readonly TrialResult[] =>
    trials.flatMap(({ id }) => results.get(id) ?? [])
  const finals = found(final.trials)
  if (finals.length < final.trials.length) return undefined
  const searched = found(search.flat())
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

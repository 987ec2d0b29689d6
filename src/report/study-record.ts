/**
 * The content of a study's page.
 */
import type { ArmRecord, StudyRecord } from './pages/study-page.ts'
import type { Provenance } from './sections/provenance.ts'
import type { SearchPoint } from './sections/search.ts'
import { identify } from '../study/identity.ts'
import { dataNameOf, type StudyPlan } from '../study/study-plan.ts'
import { stages, type ArmOutcome, type Stage, type WinnersOutcome } from '../study/study.ts'
import type { TrialResult, TrialResults } from '../study/trial.ts'
import { advantage, countedCorrect, leaderOf } from '../study/verdict.ts'
import {
  describeEarlier,
  describeImputed,
  describeMachines,
  describeUnlikeSearches,
  verdictSentence,
} from './text/verdict-text.ts'

export const studyRecord = (
  plan: StudyPlan,
  results: TrialResults,
  { arms, verdict, computedBy }: WinnersOutcome,
  provenance: Provenance,
): StudyRecord => {
  const [first, second] = stages(plan, results)
  const atEnd = (result: TrialResult): number => countedCorrect(result, plan.study.classes) / result.n
  // as the verdict tells it: the advantage of the arm that is ahead
  const leader = leaderOf(verdict.difference)
  const [minuend, subtrahend] = [arms[leader], arms[1 - leader]!]
  const {
    mean,
    interval: [low, high],
  } = advantage(verdict.difference)
  return {
    ...provenance,
    title: `${arms[0].name} against ${arms[1].name} on ${dataNameOf(plan.study)}`,
    data: dataNameOf(plan.study),
    state: 'finished',
    sentence: 'All trials are done.',
    verdict: [
      verdictSentence(verdict, dataNameOf(plan.study)),
      ...describeImputed(verdict),
      ...describeEarlier(plan.study.earlier ?? []),
      ...describeMachines(computedBy),
    ].join(' '),
    remarks: describeUnlikeSearches(plan.study),
    arms: [
      armRecord(first, arms[0], results, verdict.arms[0].mean),
      armRecord(second, arms[1], results, verdict.arms[1].mean),
    ],
    differences:
      verdict.finding === 'none'
        ? []
        : [
            {
              name: `${minuend.name} minus ${subtrahend.name}`,
              differences: minuend.finals.map((result, i) => atEnd(result) - atEnd(subtrahend.finals[i]!)),
              mean: mean / 100,
              low: low / 100,
              high: high / 100,
            },
          ],
  }
}

/** The accuracy, a fraction, by which an arm's winner was chosen; NaN if there was no search. */
export const validationOf = ({ search }: Stage, { winner }: ArmOutcome, results: TrialResults): number => {
  const last = search.at(-1)?.find(({ flags }) => identify(flags) === identify(winner))
  const result = last === undefined ? undefined : results.get(last.id)
  return result === undefined ? NaN : shareAtEnd(result)
}

const armRecord = (stage: Stage, arm: ArmOutcome, results: TrialResults, mean: number): ArmRecord => {
  return {
    name: arm.name,
    trials: searchPoints(stage, results),
    winner: Object.fromEntries(Object.entries(arm.winner).filter(([flag]) => flag !== 'monitor')),
    validation: validationOf(stage, arm, results),
    finals: arm.finals.map(({ accuracies, n }, i) => ({
      seed: stage.final!.trials[i]!.seed,
      accuracies: accuracies.map(correct => correct / n),
    })),
    test: mean / 100,
  }
}

/** The trials of a search that are done. */
export const searchPoints = ({ search }: Stage, results: TrialResults): readonly SearchPoint[] =>
  search.flat().flatMap(({ id, flags }) => {
    const result = results.get(id)
    return result === undefined ? [] : [{ eta: Number(flags.eta), accuracy: shareAtEnd(result) }]
  })

/** NaN of a trial that diverged. */
const shareAtEnd = ({ outcome, accuracies, n }: TrialResult): number =>
  outcome === 'done' ? (accuracies.at(-1) ?? NaN) / n : NaN

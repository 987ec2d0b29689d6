/**
 * The content of the page of a study that repeats its searches.
 */
import type { ProcedureArm, ProceduresRecord } from './pages/procedures-page.ts'
import type { Provenance } from './sections/provenance.ts'
import { searchPoints } from './study-record.ts'
import {
  answerSentence,
  describeRule,
  lookRows,
  powerRows,
  powerText,
  secondaryResults,
  sharperAnswer,
  winnersOf,
  type RuledStudy,
} from './text/procedure-text.ts'
import { describeMachines, describeUnlikeSearches } from './text/verdict-text.ts'
import { mean } from '../study/moments.ts'
import { dataNameOf, type StudyPlan } from '../study/study-plan.ts'
import { stages, type ProceduresOutcome } from '../study/study.ts'
import { accuraciesThrough, type TrialResult, type TrialResults } from '../study/trial.ts'
import { countedCorrect } from '../study/verdict.ts'

export const proceduresRecord = (
  plan: StudyPlan,
  results: TrialResults,
  outcome: ProceduresOutcome,
  provenance: Provenance,
): ProceduresRecord => {
  const study: RuledStudy = { ...plan.study, rule: plan.study.rule! }
  const { arms, searches, looks } = outcome
  const last = looks.at(-1)!
  const correct = (result: TrialResult): number => countedCorrect(result, study.classes) / result.n
  const done = plan.searches.slice(0, searches.length).map(search => stages(search, results))
  const armOf = (i: 0 | 1): ProcedureArm => ({
    name: arms[i].name,
    trials: done.flatMap(both => searchPoints(both[i], results)),
    winners: searches.map(({ arms }) => ({
      settings: Object.fromEntries(
        Object.entries(arms[i].winner).filter(([flag]) => Object.hasOwn(study.space, flag)),
      ),
      test: mean(arms[i].finals.map(correct)),
    })),
    curves: searches.flatMap(({ arms }) =>
      arms[i].finals.map(result =>
        accuraciesThrough(result, study.epochs).map(correct => correct / result.n),
      ),
    ),
    mean: arms[i].mean / 100,
    diverged: arms[i].diverged,
    stuck: arms[i].stuck,
  })
  return {
    ...provenance,
    title: `${arms[0].name} against ${arms[1].name} on ${dataNameOf(study)}`,
    data: dataNameOf(study),
    state: 'finished',
    sentence: `${searches.length} searches of each arm are done, of ${outcome.planned} planned.`,
    answer: [answerSentence(study, outcome), ...describeMachines(outcome.computedBy)].join(' '),
    difference: {
      name: `${arms[1].name} minus ${arms[0].name}`,
      searches: searches.map(({ arms: [first, second] }) =>
        second.finals.map((result, i) => 100 * (correct(result) - correct(first.finals[i]!))),
      ),
      ...{ mean: last.mean, low: last.interval[0], high: last.interval[1], delta: study.rule.delta },
    },
    looks: lookRows(looks),
    arms: [armOf(0), armOf(1)],
    spread: ([0, 1] as const).flatMap(i =>
      winnersOf(study, outcome, i).map(line => `${arms[i].name}: ${line}`),
    ),
    secondary: secondaryResults(outcome),
    power: { what: powerText(study, outcome), rows: powerRows(study, outcome) },
    sharper: sharperAnswer(study, results, outcome),
    rule: [
      ...describeRule(study).slice(1),
      ...describeUnlikeSearches(study),
      `The plan has the id ${outcome.plan}, in the first line of the journal.`,
    ],
  }
}

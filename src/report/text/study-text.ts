/**
 * A study as text: its plan, its trials, and its outcome.
 */
import { describeRungs } from '../../study/halving.ts'
import { dataNameOf, type StudyPlan } from '../../study/study-plan.ts'
import { describeSpace, type FlagTexts } from '../../study/space.ts'
import { validationOf } from '../study-record.ts'
import {
  doneTrials,
  searchesNeeded,
  stages,
  workPlanned,
  type StudyOutcome,
  type WinnersOutcome,
} from '../../study/study.ts'
import type { TrialResult, TrialResults, Trial } from '../../study/trial.ts'
import { countedCorrect, leaderOf } from '../../study/verdict.ts'
import { sum } from '../../study/moments.ts'
import { describeMachines, describeUnlikeSearches, describeVerdict, verdictSentence } from './verdict-text.ts'
import { aligned, clock, counted, grouped, percentOf } from '../../format.ts'
import type { Look } from '../../study/looks.ts'
import type { WatchedProgress } from '../../study/watch-study.ts'
import { answerSentence, describeProcedures, describeRule, lookRows } from './procedure-text.ts'

/** The plan: the arms, the space they share, the budget of each, and the final runs. */
export const describePlan = (plan: StudyPlan): readonly string[] => {
  const { trials, work } = workPlanned(plan)
  const { rule } = plan.study
  return [
    ...describeSearch(plan),
    ...(rule !== undefined && plan.arms.every(({ rungs }) => rungs.length === 0)
      ? [`Nothing is searched: each search stands for ${counted(plan.study.seeds, 'new seed')}.`]
      : []),
    ...(rule === undefined ? [] : describeRule({ ...plan.study, rule })),
    `${rule === undefined ? 'In total' : `With all ${plan.searches.length} searches of each arm`}: ${counted(trials, 'training')}, ${counted(work, 'epoch')}.`,
  ]
}

const describeSearch = ({ study, arms }: StudyPlan): readonly string[] => [
  `Two arms: ${arms[0].name} and ${arms[1].name}. Both are searched in the same space, with the same draws:`,
  ...describeSpace(study.space).map(line => `  ${line}`),
  ...describeUnlikeSearches(study),
  ...(same(arms.map(({ rungs }) => describeRungs(rungs)))
    ? [`The search of each arm, by accuracy on the validation set: ${describeRungs(arms[0].rungs)}.`]
    : arms.map(
        ({ name, rungs }) =>
          `The search of ${name}, by accuracy on the validation set: ${describeRungs(rungs)}.`,
      )),
  `Then each winner is trained for ${counted(study.epochs, 'epoch')} with the same ${counted(study.seeds, 'new seed')}, and evaluated on the test set of ${dataNameOf(study)}.`,
]

/**
 * All trials of the rungs so far, arm by arm and rung by rung, the best first. Of repeated searches only a line each: they
 * have thousands of trials.
 */
export const trialTable = (plan: StudyPlan, results: TrialResults): readonly string[] =>
  plan.study.rule === undefined ? searchTable(plan, results) : progressTable(plan, results)

const progressTable = (plan: StudyPlan, results: TrialResults): readonly string[] => {
  const rows = searchesNeeded(plan, results).flatMap((search, r) => {
    const both = stages(search, results).map(stage => doneTrials(stage, results))
    const [searched, finals] = [
      sum(both.map(({ searched }) => searched)),
      sum(both.map(({ finals }) => finals)),
    ]
    return searched + finals === 0 ? [] : [[r + 1, searched, finals].map(String)]
  })
  return [
    'The searches so far, both arms together:',
    ...aligned([['search', 'trials done', 'final runs done'], ...rows]).map(line => `  ${line}`),
    '',
  ]
}

const searchTable = (plan: StudyPlan, results: TrialResults): readonly string[] =>
  stages(plan, results).flatMap(stage => {
    const trials = stage.search.flat().concat(stage.final?.trials ?? [])
    const names = varied(plan, trials)
    const rows = [...stage.search, stage.final?.trials ?? []].flatMap(trials =>
      trials
        .map(trial => ({ trial, result: results.get(trial.id) }))
        .toSorted((a, b) => atEnd(b.result) - atEnd(a.result))
        .map(({ trial, result }) => [
          String(trial.epochs),
          ...names.map(name => trial.flags[name] ?? ''),
          String(trial.seed),
          trial.evaluateOn,
          result === undefined ? 'to do' : accuracyOf(result),
        ]),
    )
    return [
      `${stage.arm}:`,
      ...aligned([['epochs', ...names, 'seed', 'on', 'accuracy'], ...rows]).map(line => `  ${line}`),
      '',
    ]
  })

/** How far a study is, in a line. */
export const progressLine = ({ done, left, searches, nextLook, speed }: WatchedProgress): string => {
  const planned = done.trials + left.trials
  return [
    `${grouped(done.trials)} of ${grouped(planned)} trials (${percentOf(done.trials, planned)})`,
    ...(searches.planned > 1 ? [`${searches.done} of ${searches.planned} searches of each arm`] : []),
    ...(nextLook === undefined ? [] : [`the next look is after ${nextLook}`]),
    ...(speed === undefined ? [] : [speedText(speed)]),
  ].join('; ')
}

/** The speed of a study, and the time that is left. */
export const speedText = ({ trialsPerSecond, secondsLeft }: NonNullable<WatchedProgress['speed']>): string =>
  `${(60 * trialsPerSecond).toFixed(trialsPerSecond < 1 ? 1 : 0)} trials a minute, ${clock(secondsLeft)} left`

/** A look that a study has passed, in a line. */
export const lookLine = (look: Look): string => {
  const [searches, , mean, interval, , answer] = lookRows([look])[0]!
  return `The look after ${searches!} searches: ${answer!}; the difference is ${mean!} points (${interval!}).`
}

/** The outcome of a study in one sentence. */
export const outcomeSentence = ({ study }: StudyPlan, outcome: StudyOutcome): string =>
  outcome.kind === 'winners'
    ? verdictSentence(outcome.verdict, dataNameOf(study))
    : answerSentence({ ...study, rule: study.rule! }, outcome)

/** The winners, their final runs, and the verdict. */
export const describeOutcome = (
  plan: StudyPlan,
  results: TrialResults,
  outcome: StudyOutcome,
): readonly string[] =>
  outcome.kind === 'winners'
    ? describeWinners(plan, results, outcome)
    : describeProcedures({ ...plan.study, rule: plan.study.rule! }, results, outcome)

const describeWinners = (
  plan: StudyPlan,
  results: TrialResults,
  outcome: WinnersOutcome,
): readonly string[] => {
  const { arms, same, verdict, computedBy } = outcome
  const both = stages(plan, results)
  const names = varied(
    plan,
    both.flatMap(({ search, final }) => [...search.flat(), ...(final?.trials ?? [])]),
  )
  const share = ({ n, ...result }: TrialResult): string =>
    percentOf(countedCorrect({ n, ...result }, plan.study.classes), n)
  const [first, second] = arms
  const leader = leaderOf(verdict.difference)
  const [minuend, subtrahend] = [arms[leader], arms[1 - leader]!]
  return [
    'The winner of each search:',
    ...aligned([
      ['arm', ...names, 'validation', 'trials', 'epochs', 'diverged'],
      ...arms.map((arm, i) => [
        arm.name,
        ...names.map(name => arm.winner[name] ?? ''),
        written(validationOf(both[i]!, arm, results)),
        ...[arm.search.trials, arm.search.epochs, arm.search.diverged].map(String),
      ]),
    ]).map(line => `  ${line}`),
    ...(same ? ['Both arms chose the same configuration: their final runs are the same runs.'] : []),
    '',
    `Accuracy on the test set of ${dataNameOf(plan.study)} after the last epoch, seed by seed; points are ` +
      `${minuend.name} minus ${subtrahend.name}:`,
    ...aligned([
      ['seed', first.name, second.name, 'points'],
      ...first.finals.map((result, i) => {
        const [of, against] = [minuend, subtrahend].map(({ finals }) =>
          countedCorrect(finals[i]!, plan.study.classes),
        )
        const points = (100 * (of! - against!)) / result.n
        return [
          String(both[0].final!.trials[i]!.seed),
          share(result),
          share(second.finals[i]!),
          `${points > 0 ? '+' : ''}${points.toFixed(2)}`,
        ]
      }),
    ]).map(line => `  ${line}`),
    '',
    ...describeVerdict(verdict, dataNameOf(plan.study), plan.study.earlier),
    ...describeUnlikeSearches(plan.study),
    ...describeMachines(computedBy),
  ]
}

/** A trial and its result in a line. */
export const describeTrial =
  (plan: StudyPlan) =>
  (trial: Trial, result: TrialResult): string =>
    `${inWords(trial.flags, varied(plan, [trial]))}, ${counted(trial.epochs, 'epoch')}, seed ${trial.seed}: ` +
    `${accuracyOf(result)} on the ${trial.evaluateOn} set of ${dataNameOf(plan.study)}`

const inWords = (flags: FlagTexts, names: readonly string[]): string =>
  [flags.cost, ...names.map(name => `${name} ${flags[name] ?? ''}`)].join(' ')

/** The flags that differ between trials, without the cost, which the arm's name contains. */
const varied = ({ study }: StudyPlan, trials: readonly Trial[]): readonly string[] =>
  [...new Set(trials.flatMap(({ flags }) => Object.keys(flags)))].filter(
    name =>
      name !== 'cost' &&
      (Object.hasOwn(study.space, name) || study.arms.some(({ flags }) => Object.hasOwn(flags, name))),
  )

const accuracyOf = ({ outcome, accuracies, n }: TrialResult): string =>
  outcome === 'done' ? percentOf(accuracies.at(-1) ?? NaN, n) : `diverged in epoch ${accuracies.length + 1}`

const atEnd = (result: TrialResult | undefined): number =>
  result?.outcome === 'done' ? (result.accuracies.at(-1) ?? -1) : -1

const written = (share: number): string => (Number.isNaN(share) ? '' : percentOf(share, 1))

const same = (texts: readonly string[]): boolean => new Set(texts).size === 1

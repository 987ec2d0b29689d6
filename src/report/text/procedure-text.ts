/**
 * The outcome of a study that repeats its searches, as text.
 */
import { aligned, counted, grouped, listed, percentOf } from '../../format.ts'
import { searchesForWidth, type Look, type LookRule } from '../../study/looks.ts'
import { mean, standardDeviation, sum } from '../../study/moments.ts'
import { answerRates } from '../../study/power.ts'
import type { SpeedDifference } from '../../study/procedure-summary.ts'
import { SPEED_MILESTONE } from '../../study/procedure-summary.ts'
import { dataNameOf, type Study } from '../../study/study-plan.ts'
import { wilsonInterval, type Interval } from '../../study/statistics.ts'
import type { ProceduresOutcome } from '../../study/study.ts'
import type { TrialResults } from '../../study/trial.ts'
import { countedCorrect, LEVEL, type ArmSummary } from '../../study/verdict.ts'
import { winnerValues, type WinnerValues } from '../../study/winners.ts'
import { describeMachines, describeUnlikeSearches } from './verdict-text.ts'
import { twoDecimals } from '../numbers.ts'

/** A study with its rule, which repeats its searches. */
export type RuledStudy = Study & { readonly rule: LookRule }

/** The answer in one sentence, with the name of the data. */
export const answerSentence = (study: RuledStudy, outcome: ProceduresOutcome): string => {
  const look = outcome.looks.at(-1)!
  const data = dataNameOf(study)
  const { delta } = study.rule
  const numbers = `${ahead(outcome, look)} (${intervalText(look, leaderSign(look))}, ${counted(look.searches, 'search', 'searches')} of each arm)`
  switch (look.answer) {
    case 'better':
      return `${leaderName(outcome, look)} is better on ${data} by more than ${amount(delta)}: ${numbers}.`
    case 'equivalent':
      return `The arms are equivalent on ${data}, within ${amount(delta)}: ${numbers}.`
    case 'undecided':
      return `Undecided on ${data}: ${numbers}; the interval contains differences of more and of less than ${amount(delta)}.`
  }
}

/** The searches, the looks, the answer, the secondary results, the scope and the rule. */
export const describeProcedures = (
  study: RuledStudy,
  results: TrialResults,
  outcome: ProceduresOutcome,
): readonly string[] => {
  const { searches, differences, looks, arms } = outcome
  const [first, second] = arms
  const share = (i: number, arm: 0 | 1): string => {
    const { finals } = searches[i]!.arms[arm]
    return percentOf(mean(finals.map(result => countedCorrect(result, study.classes))), finals[0]!.n)
  }
  return [
    `The searches: the mean accuracy of ${counted(study.seeds, 'new seed')} of each winner on the test set of ${dataNameOf(study)} after the last epoch; points are ${second.name} minus ${first.name}:`,
    ...aligned([
      ['search', first.name, second.name, 'points'],
      ...differences.map((points, i) => [String(i + 1), share(i, 0), share(i, 1), signed(points)]),
    ]).map(line => `  ${line}`),
    '',
    ...([0, 1] as const).flatMap(i => [
      `The winners of ${arms[i].name}:`,
      ...winnersOf(study, outcome, i).map(line => `  ${line}`),
    ]),
    '',
    `The looks, planned before the first training; intervals are of ${second.name} minus ${first.name}, in points:`,
    ...aligned([
      ['searches', 'error', 'mean', 'interval', 'for equivalence', 'answer'],
      ...lookRows(looks),
    ]).map(line => `  ${line}`),
    '',
    ...arms.map(describeRuns(dataNameOf(study))),
    answerSentence(study, outcome),
    'Secondary results, not part of the answer (95 % intervals over the searches, not corrected for the looks or their number):',
    ...secondaryResults(outcome).map(line => `  ${line}`),
    ...sharperAnswer(study, results, outcome),
    ...scope(study, outcome),
    ...describeUnlikeSearches(study),
    ...describeMachines(outcome.computedBy),
    ...timeTaken(results),
  ]
}

/** The looks as rows: searches, error, mean, interval, interval for equivalence, answer. */
export const lookRows = (looks: readonly Look[]): readonly (readonly string[])[] =>
  looks.map(({ searches, error, mean, interval, inner, answer }) => [
    String(searches),
    `${(100 * error).toFixed(2)} %`,
    signed(mean),
    range(interval),
    range(inner),
    answer,
  ])

/** Where in the space the winners of an arm lie, flag by flag. */
export const winnersOf = (
  { space, arms }: RuledStudy,
  { searches }: ProceduresOutcome,
  arm: 0 | 1,
): readonly string[] =>
  winnerValues(
    Object.fromEntries(Object.entries(space).filter(([flag]) => !Object.hasOwn(arms[arm].flags, flag))),
    searches.map(search => search.arms[arm].winner),
  ).map(values => winnersText(values, searches.length))

/** How fast the arms learn. */
export const secondaryResults = (outcome: ProceduresOutcome): readonly string[] => [
  `after 1 epoch: ${speedText(outcome, outcome.afterOne)}`,
  `mean accuracy over all epochs (the area under the learning curve): ${speedText(outcome, outcome.area)}`,
  errorsText(outcome.arms),
  `the median epoch in which ${SPEED_MILESTONE} % are reached: ` +
    outcome.milestone
      .map((epoch, i) => `${Number.isFinite(epoch) ? epoch : 'never'} with ${outcome.arms[i]!.name}`)
      .join(', '),
]

/** The rule, as a plan and an outcome print it. */
export const describeRule = ({ rule, seeds, classes }: RuledStudy): readonly string[] => {
  const { looks, delta, error } = rule
  const percent = `${100 * error} %`
  return [
    'The rule, fixed before the first training:',
    `  The difference of a search is the mean over its ${counted(seeds, 'seed')}. It is looked at after ${listed(looks)} searches of each arm, and the study ends at the first look that decides.`,
    `  A look has its share of an error of ${percent}: after n of ${looks.at(-1)!} searches, (n / ${looks.at(-1)!})² of it is spent. Its interval is Student's, with that error.`,
    `  An arm is better if the interval lies beyond ${amount(delta)}. The arms are equivalent if both one-sided tests, each with the error of the look, put the difference within ${amount(delta)}. Otherwise the study is undecided.`,
    `  Over all looks, each wrong answer has a probability of ${percent} at most, where the differences of searches are about normal.`,
    `  A diverged run counts with the accuracy of guessing, ${twoDecimals(100 / classes)} %. No run is excluded. The validation set chooses the winners; the test set is used for nothing but the differences.`,
  ]
}

/** What limits the answer, the plan, and the rule. */
const scope = (study: RuledStudy, { plan }: ProceduresOutcome): readonly string[] => [
  `The answer is about two procedures, each a cost with a search in this space and of this budget and a training of ${counted(study.epochs, 'epoch')}; it includes the luck of the search and of the seeds. It is about these training, validation and test images.`,
  ...describeRule(study),
  `The plan has the id ${plan}, in the first line of the journal.`,
]

/** The seconds of all trainings together; NaN if an old journal does not say them. */
const secondsOf = (results: TrialResults): number =>
  sum([...results.values()].map(({ seconds = NaN }) => seconds))

const timeTaken = (results: TrialResults): readonly string[] => {
  const seconds = secondsOf(results)
  return Number.isFinite(seconds)
    ? [`The ${counted(results.size, 'training')} took ${inHours(seconds / 3600)} of one core.`]
    : []
}

/** The searches, and the hours, after which an interval would be as wide as delta allows, and half as wide. */
export const sharperAnswer = (
  { rule }: RuledStudy,
  results: TrialResults,
  { differences }: ProceduresOutcome,
): readonly string[] => {
  const seconds = secondsOf(results) / differences.length
  return [rule.delta, rule.delta / 2].map(width => {
    const n = searchesForWidth(differences, width, LEVEL)
    const cost = Number.isFinite(seconds) ? `, about ${inHours((n * seconds) / 3600)} of one core` : ''
    return Number.isFinite(n)
      ? `A new study with one look and an interval of ±${amount(width)} needs about ${counted(n, 'search', 'searches')} of each arm${cost}.`
      : `An interval of ±${amount(width)} is out of reach.`
  })
}

/** The true differences for which the power is shown, as multiples of delta. */
const EFFECTS = [0, 0.5, 1, 2, 5]

/** What a study by this rule finds, if its differences spread as those of this one do. */
export const powerText = ({ rule }: RuledStudy, { differences }: ProceduresOutcome): string =>
  `The differences of the searches have a standard deviation of ${twoDecimals(standardDeviation(differences))} points. ` +
  `With this spread, a study with looks after ${listed(rule.looks)} searches gives each answer this often, by the true difference (1,000 simulated studies a row, with normal differences).`

/** The power as rows: true difference, better, equivalent, undecided, searches on average. */
export const powerRows = (
  { rule }: RuledStudy,
  { differences }: ProceduresOutcome,
): readonly (readonly string[])[] => {
  const deviation = standardDeviation(differences)
  const effects = EFFECTS.map(multiple => multiple * rule.delta)
  return answerRates(rule, { effects, deviation }).map(({ better, equivalent, undecided, searches }, i) => [
    String(Number(effects[i]!.toPrecision(3))),
    ...[better, equivalent, undecided].map(share => `${(100 * share).toFixed(0)} %`),
    searches.toFixed(1),
  ])
}

const winnersText = ({ flag, chosen }: WinnerValues, count: number): string => {
  if (chosen.kind === 'list')
    return `${flag}: ${Object.entries(chosen.counts)
      .map(([value, n]) => `${value} in ${n}`)
      .join(', ')} of ${counted(count, 'search', 'searches')}`
  const { low, median, high, zero, lowest, highest } = chosen
  const spread = zero === count ? '' : `${brief(low)} to ${brief(high)}, median ${brief(median)}`
  const edges = [
    ...(lowest > 0 ? [`${lowest} in the lowest tenth of the range`] : []),
    ...(highest > 0 ? [`${highest} in the highest tenth of the range`] : []),
  ]
  return `${flag}: ${[spread, ...(zero > 0 ? [`0 in ${zero} of ${counted(count, 'search', 'searches')}`] : []), ...edges].filter(part => part !== '').join('; ')}`
}

const describeRuns =
  (data: string) =>
  ({ name, n, mean, standardDeviation, min, max, diverged, stuck }: ArmSummary): string =>
    `${name}: ${twoDecimals(mean)} % of the test set of ${data}, the mean of ${counted(n, 'run')} ` +
    `(standard deviation ${twoDecimals(standardDeviation)}, from ${twoDecimals(min)} to ${twoDecimals(max)}); ${diverged} diverged, ${stuck} stuck (${rateText(stuck, n)})`

/** A rate with Wilson's interval. */
const rateText = (count: number, n: number): string => {
  const [low, high] = wilsonInterval(count, n)
  return `${((100 * count) / n).toFixed(1)} %, 95 % interval ${(100 * low).toFixed(1)} to ${(100 * high).toFixed(1)}`
}

/** 1 if the second arm is ahead, -1 if the first is. */
const leaderSign = ({ mean }: Look): 1 | -1 => (mean < 0 ? -1 : 1)

const leaderName = ({ arms }: ProceduresOutcome, look: Look): string => arms[look.mean < 0 ? 0 : 1].name

const ahead = (outcome: ProceduresOutcome, look: Look): string =>
  look.mean === 0
    ? 'neither arm is ahead'
    : `${leaderName(outcome, look)} is ahead by ${twoDecimals(Math.abs(look.mean))} points`

/** The interval of the answer: for equivalence, that of the one-sided tests. */
const intervalText = ({ answer, interval, inner, error }: Look, sign: 1 | -1): string => {
  const [low, high] = answer === 'equivalent' ? inner : interval
  const level = 100 * (1 - (answer === 'equivalent' ? 2 : 1) * error)
  const ends: Interval = sign === 1 ? [low, high] : [-high, -low]
  return `${Number(level.toFixed(1))} % interval ${range(ends)}`
}

/** The book states the difference of the costs as a share of the errors. */
const errorsText = (arms: ProceduresOutcome['arms']): string => {
  const [few, many] = arms.toSorted((a, b) => b.mean - a.mean) as [ArmSummary, ArmSummary]
  const [least, most] = [100 - few.mean, 100 - many.mean]
  return (
    `errors: ${twoDecimals(most)} % with ${many.name}, ${twoDecimals(least)} % with ${few.name}` +
    (most > least ? `, which makes ${((100 * (most - least)) / most).toFixed(1)} % fewer` : '')
  )
}

const speedText = ({ arms }: ProceduresOutcome, { mean, interval: [low, high] }: SpeedDifference): string =>
  mean < 0
    ? `${arms[0].name} is ahead by ${twoDecimals(-mean)} points (${range([-high, -low])})`
    : `${arms[1].name} is ahead by ${twoDecimals(mean)} points (${range([low, high])})`

const range = ([low, high]: Interval): string => `${twoDecimals(low)} to ${twoDecimals(high)}`

/** Such as "1.5 hours" or "20 minutes". */
export const inHours = (amount: number): string =>
  amount < 1
    ? counted(Math.max(1, Math.round(60 * amount)), 'minute')
    : amount < 10
      ? `${amount.toFixed(1)} hours`
      : `${grouped(amount)} hours`

const signed = (x: number): string => `${x > 0 ? '+' : ''}${twoDecimals(x)}`

const amount = (delta: number): string => `${delta} ${delta === 1 ? 'point' : 'points'}`

const brief = (x: number): string => String(Number(x.toPrecision(3)))

/**
 * A verdict as text. It follows from the numbers alone, by the rule that is printed with it.
 */
import { canDraw } from '../../study/space.ts'
import type { EarlierVerdict, Study } from '../../study/study-plan.ts'
import type { ComputedBy } from '../../study/study.ts'
import type { PairedT } from '../../study/statistics.ts'
import {
  advantage,
  DELTA,
  isLost,
  leaderOf,
  LEVEL,
  type ArmSummary,
  type TimeToAccuracy,
  type Verdict,
} from '../../study/verdict.ts'
import { counted } from '../../format.ts'
import { twoDecimals } from '../numbers.ts'

/** The arms, the verdict, the secondary results, the scope, and the rule; one line each. */
export const describeVerdict = (
  verdict: Verdict,
  data: string,
  earlier: readonly EarlierVerdict[] = [],
): readonly string[] => [
  ...verdict.arms.map(describeArm(data)),
  verdictSentence(verdict, data),
  ...describeImputed(verdict),
  ...describeEarlier(earlier),
  ...(verdict.finding === 'none' ? [] : evidence(verdict)),
  ...rule(verdict),
]

const evidence = (verdict: Verdict): readonly string[] => [
  companion(verdict),
  "Secondary results, not part of the verdict (p-values with Holm's correction for three tests; the interval is not " +
    'corrected):',
  `  after 1 epoch: ${ahead(verdict.arms, verdict.afterOne)}`,
  ...verdict.timesToAccuracy.map(race => `  ${describeRace(verdict.arms, race)}`),
  `The verdict is about the two configurations that the search chose, ${counted(verdict.difference.n, 'training seed')} and this ` +
    'test set. The interval covers neither the randomness of the search (run a study with another --seed) nor the ' +
    'choice of the test images (use another data set).',
]

/** The verdict in one sentence, with the name of the data. */
export const verdictSentence = ({ finding, arms, difference }: Verdict, data: string): string => {
  switch (finding) {
    case 'better':
      return `${leader(arms, difference)} is better on ${data} by ${amount(difference)}.`
    case 'negligible':
      return (
        `No difference that matters on ${data}: ${ahead(arms, difference)}, ` +
        `and the interval lies within ±${DELTA} points.`
      )
    case 'undecided':
      return (
        `Inconclusive on ${data}: ${ahead(arms, difference)}, ` +
        `and the interval contains differences that matter, ${sides(arms, difference)}.`
      )
    case 'none': {
      const [lost, other] = isLost(arms[0]) ? arms : [arms[1], arms[0]]
      return (
        `No verdict on ${data}: every final run of ${lost.name} diverged, and ` +
        (isLost(other) ? `so did every one of ${other.name}.` : `${other.name} is not better than guessing.`)
      )
    }
  }
}

/** A sentence if runs diverged: the verdict then rests on values that were not measured. */
export const describeImputed = ({ finding, arms, guessing }: Verdict): readonly string[] => {
  const imputed = arms.filter(({ diverged }) => diverged > 0)
  const counts = imputed.map(({ name, n, diverged }) => `${diverged} of ${n} final runs of ${name}`)
  return imputed.length === 0 || finding === 'none'
    ? []
    : [
        `The verdict rests on imputed values: ${counts.join(' and ')} diverged, and count with the accuracy of ` +
          `guessing, ${twoDecimals(guessing)} %.`,
      ]
}

/** The earlier verdicts on the same test set: with many attempts, one of them is significant by chance. */
export const describeEarlier = (earlier: readonly EarlierVerdict[]): readonly string[] =>
  earlier.length === 0
    ? []
    : [
        `This is verdict ${earlier.length + 1} on the same test set; before, there was one with ` +
          `${earlier.map(({ budget, seeds }) => `a budget of ${counted(budget, 'epoch')} and ${counted(seeds, 'seed')}`).join(', and one with ')}. ` +
          'The p-values and intervals are not corrected for that.',
      ]

/** The flags that one arm searches and the other one fixes, and whether the one can choose the other's configurations. */
export const describeUnlikeSearches = ({
  arms: [first, second],
  space,
}: Pick<Study, 'arms' | 'space'>): readonly string[] =>
  [[first, second] as const, [second, first] as const].flatMap(([free, bound]) => {
    const more = Object.keys(bound.flags).filter(flag => !Object.hasOwn(free.flags, flag))
    const searched = more.filter(flag => Object.hasOwn(space, flag))
    if (searched.length === 0) return []
    const contains =
      more.every(flag => canDraw(space, flag, bound.flags[flag]!)) &&
      Object.entries(free.flags).every(([flag, text]) => bound.flags[flag] === text)
    const names = searched.join(', ')
    return [
      `${free.name} searches ${names}, which ${bound.name} fixes` +
        (contains
          ? `: the space of ${free.name} contains that of ${bound.name}, and the comparison is of searching with fixing. ` +
            `To compare two values of ${names}, fix one in each arm.`
          : '.'),
    ]
  })

/** A warning if the results were computed by different backends or engines. */
export const describeMachines = (computedBy: readonly ComputedBy[]): readonly string[] =>
  computedBy.length < 2
    ? []
    : [
        'The results were computed by different backends or engines: ' +
          `${computedBy.map(({ backend, engine, trials }) => `${backend} ${engine} (${counted(trials, 'trial')})`).join(', ')}. ` +
          'They round differently, so that a repetition on one of them may give slightly other accuracies.',
      ]

const rule = ({ guessing }: Verdict): readonly string[] => [
  'The rule, fixed before the data were seen:',
  `  An arm is better if the two-sided paired t-test on the test accuracies after the last epoch gives p < ${LEVEL} ` +
    `and the mean difference is ${DELTA} points or more.`,
  `  Otherwise there is no difference that matters if the 95 % interval lies within ±${DELTA} points; otherwise the ` +
    'study is inconclusive.',
  `  A diverged run counts with the accuracy of guessing, ${twoDecimals(guessing)} %. If all runs of an arm diverged, the only ` +
    'verdict can be that the other arm is better. A run is stuck if it never or almost never predicts some class; ' +
    'it counts with its own accuracy. No run is excluded.',
]

type Arms = Verdict['arms']

const describeArm =
  (data: string) =>
  (arm: ArmSummary): string =>
    `${arm.name}: ${twoDecimals(arm.mean)} % of the test set of ${data} after the last epoch, the mean of ${counted(arm.n, 'seed')} ` +
    `(standard deviation ${twoDecimals(arm.standardDeviation)}, from ${twoDecimals(arm.min)} to ${twoDecimals(arm.max)}); ` +
    `${arm.diverged} diverged, ${arm.stuck} stuck`

/** A sentence if Wilcoxon's test, which does not assume a normal distribution, disagrees with the t-test. */
const companion = ({ difference, wilcoxon }: Verdict): string =>
  "Wilcoxon's signed-rank test, which does not assume a normal distribution, " +
  `${difference.p < LEVEL === wilcoxon < LEVEL ? 'agrees' : 'disagrees'}: ${chance(wilcoxon)}.`

const describeRace = (arms: Arms, { milestone, median, never, first, p }: TimeToAccuracy): string => {
  const one = (i: 0 | 1): string => {
    const [all, reached] = [arms[i].n, arms[i].n - never[i]]
    const share = reached === all ? `all ${all}` : reached === 0 ? `none of ${all}` : `${reached} of ${all}`
    const epoch = Number.isFinite(median[i]) ? `in epoch ${median[i]}` : 'not reached'
    return `${arms[i].name} in ${share} ${all === 1 ? 'run' : 'runs'} (median: ${epoch}), first with ${counted(first[i], 'seed')}`
  }
  const ties = arms[0].n - first[0] - first[1]
  return `${milestone} % reached: ${one(0)}; ${one(1)}; tied with ${counted(ties, 'seed')} (sign test, ${chance(p)})`
}

/** The name of the arm with the higher mean. */
const leader = (arms: Arms, t: PairedT): string => arms[leaderOf(t)].name

const ahead = (arms: Arms, t: PairedT): string =>
  t.mean === 0 ? `neither arm is ahead (${statistics(t)})` : `${leader(arms, t)} is ahead by ${amount(t)}`

const amount = (t: PairedT): string => `${twoDecimals(Math.abs(t.mean))} points (${statistics(t)})`

const statistics = (t: PairedT): string => {
  const {
    n,
    interval: [low, high],
    p,
    effect,
  } = advantage(t)
  return (
    `95 % interval ${twoDecimals(low)} to ${twoDecimals(high)}, ${chance(p)}, ` +
    `d_z ${Number.isNaN(effect) ? 'unknown' : `= ${twoDecimals(Math.abs(effect))}`}, n = ${n}`
  )
}

/** The direction of the differences that the interval contains. */
const sides = (arms: Arms, { interval: [low, high] }: PairedT): string => {
  const [first, second] = [low < -DELTA, high > DELTA]
  return first && second ? 'in both directions' : `in favour of ${arms[second ? 1 : 0].name} only`
}

const chance = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(3))}`)

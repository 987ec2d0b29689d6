/**
 * A verdict in words. They follow from its numbers alone, by the rule that is printed with them.
 */
import type { EarlierVerdict } from '../../study/study-plan.ts'
import type { PairedT } from '../../study/statistics.ts'
import { LEVEL, DELTA, type TimeToAccuracy, type ArmSummary, type Verdict } from '../../study/verdict.ts'

/** The arms, the verdict, what stands beside it, how far it reaches, and the rule it came by; a line each. */
export const describeVerdict = (
  verdict: Verdict,
  earlier: readonly EarlierVerdict[] = [],
): readonly string[] => [
  ...verdict.arms.map(describeArm),
  verdictSentence(verdict),
  ...describeEarlier(earlier),
  companion(verdict),
  'Secondary, and no part of the verdict; p-values adjusted for three looks by Holm:',
  `  after 1 epoch: ${ahead(verdict.arms, verdict.afterOne)}`,
  ...verdict.timesToAccuracy.map(race => `  ${describeRace(verdict.arms, race)}`),
  `This speaks of the two configurations that the search chose, of ${verdict.difference.n} training seeds and of this ` +
    'test set. The luck of the search, and which images were in the test set, are not in the interval: a study with ' +
    'another seed shows the one, another data set the other.',
  ...rule(verdict),
]

/** The one sentence to remember. */
export const verdictSentence = ({ finding, arms, difference }: Verdict): string => {
  switch (finding) {
    case 'better':
      return `${leader(arms, difference)} is better by ${amount(difference)}.`
    case 'negligible':
      return (
        `No difference worth having was found: ${ahead(arms, difference)}, ` +
        `and the interval lies within ±${DELTA} points.`
      )
    case 'undecided':
      return (
        `The data cannot tell: ${ahead(arms, difference)}, ` +
        `and the interval still holds differences worth having, ${sides(arms, difference)}.`
      )
  }
}

/** Who looks again until the answer pleases will find one that does. */
export const describeEarlier = (earlier: readonly EarlierVerdict[]): readonly string[] =>
  earlier.length === 0
    ? []
    : [
        `This is look ${earlier.length + 1} at the same test set: there was a verdict with ` +
          `${earlier.map(({ budget, seeds }) => `a budget of ${budget} epochs and ${seeds} seeds`).join(', and with ')}. ` +
          'The p-values and intervals here do not know of that.',
      ]

const rule = ({ guessing }: Verdict): readonly string[] => [
  'The rule, which was there before the data:',
  `  An arm is better if the two-sided paired t-test on the test accuracies after the last epoch gives p < ${LEVEL} ` +
    `and the mean difference is ${DELTA} points or more.`,
  `  Otherwise, no difference worth having was found if its 95 % interval lies within ±${DELTA} points; and ` +
    'otherwise the data cannot tell.',
  `  A run that diverged counts with the accuracy of guessing, ${fixed(guessing)} %. A run is stuck if it never, or hardly ever, gives ` +
    'some class as its answer; it counts as it is. No run is left out.',
]

type Arms = Verdict['arms']

const describeArm = (arm: ArmSummary): string =>
  `${arm.name}: ${fixed(arm.mean)} % of the test set after the last epoch, the mean of ${arm.n} seeds ` +
  `(standard deviation ${fixed(arm.standardDeviation)}, from ${fixed(arm.min)} to ${fixed(arm.max)}); ` +
  `${arm.diverged} diverged, ${arm.stuck} stuck`

/** The t-test supposes what Wilcoxon's does not: where they part, the reader should know. */
const companion = ({ difference, wilcoxon }: Verdict): string =>
  "Wilcoxon's signed-rank test, which supposes no normal distribution, " +
  `${difference.p < LEVEL === wilcoxon < LEVEL ? 'agrees' : 'does not agree'}: ${chance(wilcoxon)}.`

const describeRace = (arms: Arms, { milestone, median, never, first, p }: TimeToAccuracy): string => {
  const one = (i: 0 | 1): string =>
    `${arms[i].name} at the median ${Number.isFinite(median[i]) ? `in epoch ${median[i]}` : 'never'}, ` +
    `never in ${never[i]} of ${arms[i].n} runs, first with ${first[i]} seeds`
  const ties = arms[0].n - first[0] - first[1]
  return `${milestone} % reached: ${one(0)}; ${one(1)}; tied with ${ties} (sign test, ${chance(p)})`
}

/** The name of the arm with the higher mean. */
const leader = (arms: Arms, { mean }: PairedT): string => arms[mean > 0 ? 1 : 0].name

const ahead = (arms: Arms, t: PairedT): string =>
  t.mean === 0 ? `neither arm is ahead (${statistics(t)})` : `${leader(arms, t)} is ahead by ${amount(t)}`

const amount = (t: PairedT): string => `${fixed(Math.abs(t.mean))} points (${statistics(t)})`

/** From the side of the leader. */
const statistics = ({ n, mean, interval, p, effect }: PairedT): string => {
  const [low, high] = mean < 0 ? [-interval[1], -interval[0]] : interval
  return (
    `95 % interval ${fixed(low)} to ${fixed(high)}, ${chance(p)}, ` +
    `d_z ${Number.isNaN(effect) ? 'unknown' : `= ${fixed(Math.abs(effect))}`}, n = ${n}`
  )
}

/** For whom the differences are that the interval still holds. */
const sides = (arms: Arms, { interval: [low, high] }: PairedT): string => {
  const [first, second] = [low < -DELTA, high > DELTA]
  return first && second ? 'on both sides of zero' : `in favour of ${arms[second ? 1 : 0].name} only`
}

const chance = (p: number): string => (p < 0.001 ? 'p < 0.001' : `p = ${Number(p.toPrecision(3))}`)

const fixed = (x: number): string =>
  Number.isNaN(x) ? 'unknown' : Number.isFinite(x) ? x.toFixed(2) : x > 0 ? '∞' : '-∞'

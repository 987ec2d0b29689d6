import { initialScheduleState, updateSchedule } from '../../core/schedule.ts'
import { extent } from '../../extent.ts'
import { earlyStopping, usualArm } from '../figures/early-stopping.ts'
import { seriesOf, type ArmResults, type BookFigure, type Claim } from '../figure.ts'

const ARM = '100 epochs'

/** A rule for early stopping: whether training ends after these accuracies, in per cent. */
type StoppingRule = (accuracies: readonly number[]) => boolean

const best = (accuracies: readonly number[]): number => extent(accuracies)[1]

/**
 * The best accuracy of the last n epochs is less than `gain` points above the best one before. With a gain of 0 it is the
 * book's no-improvement-in-n, but for an improvement of exactly 0.
 */
export const bestInN =
  (n: number, gain: number): StoppingRule =>
  accuracies =>
    accuracies.length > n && best(accuracies.slice(-n)) - best(accuracies.slice(0, -n)) < gain

/** The book's rule, as `--early-stop` has it: the best accuracy is n epochs old, or older. */
export const noImprovementIn =
  (n: number): StoppingRule =>
  accuracies =>
    accuracies.reduce(updateSchedule({ earlyStop: n }), initialScheduleState).stopReason !== undefined

/** The accuracies until a rule ends the training. */
export const until = (rule: StoppingRule, accuracies: readonly number[]): readonly number[] => {
  const end = accuracies.findIndex((_, i) => rule(accuracies.slice(0, i + 1)))
  return end < 0 ? accuracies : accuracies.slice(0, end + 1)
}

const stoppedBy =
  (rule: StoppingRule) =>
  ({ [ARM]: result }: ArmResults): readonly number[] =>
    result === undefined ? [] : until(rule, seriesOf(result, 'evaluationAccuracy'))

const RULES: readonly (readonly [string, StoppingRule])[] = [
  ['no improvement in 10 epochs', noImprovementIn(10)],
  ['best in 5 epochs, by 0.1 points', bestInN(5, 0.1)],
]

export const bestInNExercise: BookFigure = {
  title:
    'Early stopping by another rule: the best accuracy of 5 epochs must be 0.1 points above the best before',
  section: earlyStopping.section,
  says: 'Find a rule for early stopping that compromises between a high validation accuracy and a short training, and compare it with no-improvement-in-ten.',
  seeds: 5,
  // A rule looks at the accuracies alone: one training serves all of them.
  arms: { [ARM]: { ...usualArm({}, 100), evaluateOn: 'validation' } },
  claims: RULES.flatMap(([name, rule]): readonly Claim[] => [
    {
      ...{ what: `epochs, ${name}`, unit: 'epochs' },
      measure: results => stoppedBy(rule)(results).length,
    },
    {
      ...{ what: `best accuracy on the validation set, ${name}`, unit: '%' },
      measure: results => best(stoppedBy(rule)(results)),
    },
  ]),
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}

/**
 * The counts of a trial's result that are per class.
 */
import type { Confusion } from '../data/confusion-matrix.ts'
import { sum } from './moments.ts'
import type { TrialResult } from './trial.ts'

/** How the examples are classified, class by class, from their confusion matrix. */
export const classCounts = (
  confusion: Confusion,
): Pick<TrialResult, 'answered' | 'rightPerClass' | 'perClass'> => ({
  answered: confusion.map((_, answer) => sum(confusion.map(answers => answers[answer]!))),
  rightPerClass: confusion.map((answers, label) => answers[label]!),
  perClass: confusion.map(sum),
})

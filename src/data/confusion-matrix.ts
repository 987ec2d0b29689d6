/**
 * Confusion matrices: how the examples of a set are classified, class by class.
 */

/** A confusion matrix, [label][answer]: how many examples of each class are classified as each class. */
export type Confusion = readonly (readonly number[])[]

/** The confusion matrix of n answers, [n], for the labels [n]. */
export const confusionOf = (
  labels: ArrayLike<number>,
  answers: ArrayLike<number>,
  classes: number,
): Confusion => {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0))
  for (let i = 0; i < labels.length; i++) {
    const row = counts[labels[i]!]!
    // a network may have more outputs than the labels have classes
    row[answers[i]!] = (row[answers[i]!] ?? 0) + 1
  }
  return counts
}

/**
 * Successive halving: many configurations are trained a little, the best of them more, the best of those in full.
 *
 * A rung ends when it has all its results. So the set of trials is a function of the results alone, and not of their
 * order: asynchronous halving gives that up for speed. Within a rung all trials can run in parallel, and the rungs of
 * the two arms do not wait for each other.
 */

/** A number of configurations, each trained from scratch for a number of epochs. */
export type Rung = { readonly configurations: number; readonly epochs: number }

/**
 * The rungs for the largest number of configurations whose epochs, in total, stay within the budget.
 *
 * Epochs grow by the factor from rung to rung and end at `epochs`, as the configurations shrink by it. A rung with
 * one configuration has nothing to choose, and is left out. No rungs: the budget allows no choice.
 *
 * @param budget epochs of one arm
 * @param factor 2 or more
 */
export const rungsWithin = (budget: number, epochs: number, factor: number): readonly Rung[] => {
  const rungs = (configurations: number): readonly Rung[] => rungsFor(configurations, epochs, factor)
  // each configuration costs at least an epoch, so the loop ends
  let most = 1
  while (epochsOfRungs(rungs(most + 1)) <= budget) most++
  return rungs(most)
}

/** The most configurations that a search may try: a plan has a trial for each of them in each rung. */
export const MOST_CONFIGURATIONS = 10_000

/** Whether the budget allows more configurations than that. */
export const isTooLarge = (budget: number, epochs: number, factor: number): boolean =>
  epochsOfRungs(rungsFor(MOST_CONFIGURATIONS + 1, epochs, factor)) <= budget

/** The rungs for a number of configurations. */
export const rungsFor = (configurations: number, epochs: number, factor: number): readonly Rung[] =>
  rungLengths(epochs, factor)
    .map((length, i) => ({ configurations: Math.floor(configurations / factor ** i), epochs: length }))
    .filter(rung => rung.configurations > 1)

/** The epochs of all rungs, in total. */
export const epochsOfRungs = (rungs: readonly Rung[]): number =>
  rungs.reduce((total, { configurations, epochs }) => total + configurations * epochs, 0)

/** The rungs as text. */
export const describeRungs = (rungs: readonly Rung[]): string =>
  rungs.length === 0
    ? 'no search'
    : `${rungs.map(({ configurations, epochs }) => `${configurations} for ${epochs}`).join(', ')} ` +
      `${rungs.at(-1)!.epochs === 1 ? 'epoch' : 'epochs'}: ` +
      `${epochsOfRungs(rungs)} in total`

/** The state of the search. Candidates are numbers, from 0. */
export type HalvingState = {
  /** The candidates of each rung so far. */
  readonly fields: readonly (readonly number[])[]
  /** The first candidate of the last of these rungs whose score is not known. */
  readonly waitsFor: number | undefined
  /** Undefined while scores of the last of these rungs are not known, and if every candidate of it has failed. */
  readonly winner: number | undefined
  /** Every candidate of the last of these rungs has failed: there is nothing to choose from. */
  readonly hasFailed: boolean
}

/** The score of a candidate that failed: it is worse than any other, and never wins. */
export const FAILED = -Infinity

/**
 * @param score of a candidate at the end of a rung, higher is better; `FAILED`, or undefined while it is not known. Of
 *        equal candidates, the one drawn first counts as better
 */
export const halvingState = (
  rungs: readonly Rung[],
  score: (candidate: number, rung: number) => number | undefined,
): HalvingState => {
  const fields: (readonly number[])[] = []
  let field: readonly number[] = Array.from({ length: rungs[0]?.configurations ?? 1 }, (_, i) => i)
  for (const rung of rungs.keys()) {
    fields.push(field)
    const scores = new Map<number, number>()
    for (const candidate of field) {
      const known = score(candidate, rung)
      if (known === undefined) return { fields, waitsFor: candidate, winner: undefined, hasFailed: false }
      scores.set(candidate, known)
    }
    const hasFailed = field.every(candidate => scores.get(candidate) === FAILED)
    if (hasFailed) return { fields, waitsFor: undefined, winner: undefined, hasFailed }
    field = field
      // between two that failed the difference is NaN
      .toSorted((a, b) => scores.get(b)! - scores.get(a)! || a - b)
      .slice(0, rungs[rung + 1]?.configurations ?? 1)
  }
  return { fields, waitsFor: undefined, winner: field[0], hasFailed: false }
}

/** From about one epoch up to all of them. */
const rungLengths = (epochs: number, factor: number): readonly number[] => {
  const lengths: number[] = []
  for (let length = epochs; length >= 1; length /= factor) lengths.unshift(Math.round(length))
  return lengths
}

/**
 * A trial: one training, a pure function of its configuration and seed. It is named by their hash, so that done twice
 * it is the same trial, and whoever has its result need not do it.
 */
import * as t from 'io-ts'
import { identify } from './identity.ts'
import type { FlagTexts } from './space.ts'

export type Trial = {
  readonly id: string
  /** Of `train`; not those that have a field of their own here, and not where the data is. */
  readonly flags: FlagTexts
  readonly seed: number
  readonly epochs: number
  readonly evaluateOn: 'validation' | 'test'
  /** A fingerprint of the data set's contents. */
  readonly data: string
}

/** A trial with its name. */
export const namedTrial = (trial: Omit<Trial, 'id'>): Trial => ({ ...trial, id: identify(trial) })

/** All flags of a trial's training. */
export const trainingFlags = ({ flags, seed, epochs, evaluateOn }: Trial): FlagTexts => ({
  ...flags,
  seed: String(seed),
  epochs: String(epochs),
  'evaluate-on': evaluateOn,
})

const Counts = t.readonlyArray(t.number)

/** A cost is text where JSON has no number for it: `NaN`, `Infinity`. */
const Costs = t.readonlyArray(t.union([t.number, t.string]))

/** What came of a trial. */
export const TrialResult = t.readonly(
  t.intersection([
    t.type({
      /** Of the trial. */
      id: t.string,
      outcome: t.union([t.literal('done'), t.literal('diverged')]),
      /** After each epoch: how many of the n examples are answered rightly. Of a diverged trial, until then. */
      accuracies: Counts,
      n: t.number,
    }),
    t.partial({
      /** After each epoch: the cost on the same examples, where it is monitored. */
      costs: Costs,
      /** At the end, for each class: how many examples are answered with it, */
      answered: Counts,
      /** how many of its own examples are, */
      rightPerClass: Counts,
      /** and how many of those there are. */
      perClass: Counts,
      /** After each epoch: the cost on the training set, where it is monitored. */
      trainingCosts: Costs,
      /** How long it took: the only field that differs when a trial is done again. */
      seconds: t.number,
    }),
  ]),
)
export type TrialResult = t.TypeOf<typeof TrialResult>

/** The results there are, by trial. */
export type TrialResults = ReadonlyMap<string, TrialResult>

/** A class that is answered less than this often for each of its examples is as good as given up. */
const HARDLY = 0.1

/** The classes that are never or hardly ever answered at the end, though there are examples of them. */
export const unanswered = ({ answered = [], perClass = [] }: TrialResult): readonly number[] =>
  perClass.flatMap((n, label) => (n > 0 && (answered[label] ?? 0) < HARDLY * n ? [label] : []))

/** Whether a training came to an end, and with whole classes never or hardly ever answered. */
export const isStuck = (result: TrialResult): boolean =>
  result.outcome === 'done' && unanswered(result).length > 0

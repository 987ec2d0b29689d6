/**
 * A trial: one training, a pure function of its configuration and seed. Its id is a hash of them: equal trials have
 * equal ids, and a trial whose result is known need not be done again.
 */
import * as E from 'fp-ts/lib/Either.js'
import { shellQuoted } from '../format.ts'
import { flagOf, type OptionTable } from '../options/option.ts'
import { trainOptions } from '../options/train-options.ts'
import { identify } from './identity.ts'
import type { FlagTexts } from './space.ts'

export type Trial = {
  readonly id: string
  /** Flags of `train`, without those that are fields here, and without the path of the data. */
  readonly flags: FlagTexts
  readonly seed: number
  /** One or more. */
  readonly epochs: number
  readonly evaluateOn: 'validation' | 'test'
  /** A fingerprint of the data set's contents. */
  readonly data: string
}

/** A trial with its id. */
export const namedTrial = (trial: Omit<Trial, 'id'>): Trial => ({ ...trial, id: identify(trial) })

/** All flags of a trial's training. */
export const trainingFlags = ({ flags, seed, epochs, evaluateOn }: Trial): FlagTexts => ({
  ...flags,
  seed: String(seed),
  epochs: String(epochs),
  'evaluate-on': evaluateOn,
})

/** Whether a flag of `train` has no value: its text in a trial is true or false. */
export const isToggleFlag = (flag: string): boolean =>
  Object.entries(trainOptions as OptionTable).some(
    ([key, { kind }]) => flagOf(key) === flag && kind === 'switch',
  )

/** Whether the schedule of a trial may end it before its last epoch. */
export const mayEndEarly = ({ flags }: Pick<Trial, 'flags'>): boolean => {
  const flag = flagOf('etaSchedule')
  const schedule = trainOptions.etaSchedule.decode(flag, flags)
  return E.isRight(schedule) && schedule.right !== undefined
}

/** The flags of a trial's training, as a person would type them. */
export const typedFlags = (trial: Trial): string =>
  Object.entries(trainingFlags(trial))
    .map(([flag, text]) =>
      isToggleFlag(flag) ? `--${text === 'true' ? '' : 'no-'}${flag}` : `--${flag} ${shellQuoted(text)}`,
    )
    .join(' ')

/** A trial in an error message: its id and its flags. */
export const describeFlags = (trial: Trial): string => `trial ${trial.id} (${typedFlags(trial)})`

/**
 * The version of the arithmetic. Raise it with every change after which a training gives other numbers: results of
 * another version are not reused.
 */
export const NUMERICS_VERSION = 1

/** Where a result was computed. */
export type Provenanced = {
  /** `NUMERICS_VERSION` of the program; missing in old journals, where it was 1. */
  readonly numerics?: number | undefined
  readonly backend?: string | undefined
  readonly engine?: string | undefined
}

/** The result of a trial. All counts are of examples in the evaluation set. */
export type TrialResult = Provenanced & {
  /** The trial's id. */
  readonly id: string
  readonly outcome: 'done' | 'diverged'
  /**
   * After each epoch: how many of the n examples are classified correctly. A trial that has diverged, or that its schedule has ended,
   * has fewer epochs; one without monitors has a single value, after the last epoch.
   */
  readonly accuracies: readonly number[]
  readonly n: number
  /** After each epoch: the cost on the same examples, if it is monitored. Text where JSON has no number: `NaN`, `Infinity`. */
  readonly costs?: readonly (number | string)[] | undefined
  /** After each epoch: the cost on the training set, if it is monitored. */
  readonly trainingCosts?: readonly (number | string)[] | undefined
  /** After each epoch: how many of the training examples are classified correctly, if it is monitored, */
  readonly trainingAccuracies?: readonly number[] | undefined
  /** and how many training examples there are. */
  readonly trainingN?: number | undefined
  /** At the end, for each class: how many examples are classified as it, */
  readonly answered?: readonly number[] | undefined
  /** how many of its own examples are classified correctly, */
  readonly rightPerClass?: readonly number[] | undefined
  /** and how many examples it has. */
  readonly perClass?: readonly number[] | undefined
  /** The duration: it differs when a trial is done again. */
  readonly seconds?: number | undefined
}

/** Results by the id of their trial. */
export type TrialResults = ReadonlyMap<string, TrialResult>

/** Whether a result was computed with this version of the arithmetic. */
export const hasCurrentNumerics = ({ numerics = 1 }: TrialResult): boolean => numerics === NUMERICS_VERSION

/** The results that can be used. If a trial has several, the first counts. */
export const usableResults = (results: readonly TrialResult[]): TrialResults => {
  const usable = new Map<string, TrialResult>()
  for (const result of results)
    if (hasCurrentNumerics(result) && !usable.has(result.id)) usable.set(result.id, result)
  return usable
}

/** A class counts as lost if fewer than this share of its number of examples are classified as it. */
const LOST = 0.1

/** The classes that have examples but are never or almost never predicted at the end. */
export const unanswered = ({ answered = [], perClass = [] }: TrialResult): readonly number[] =>
  perClass.flatMap((n, label) => (n > 0 && (answered[label] ?? 0) < LOST * n ? [label] : []))

/** Whether a training reached its end, but never or almost never predicts some classes. */
export const isStuck = (result: TrialResult): boolean =>
  result.outcome === 'done' && unanswered(result).length > 0

/** The accuracies of that many epochs: a network that its schedule has ended stays as it is. A diverged trial has fewer. */
export const accuraciesThrough = (
  { outcome, accuracies }: Pick<TrialResult, 'outcome' | 'accuracies'>,
  epochs: number,
): readonly number[] =>
  outcome === 'done'
    ? Array.from({ length: epochs }, (_, i) => accuracies[i] ?? accuracies.at(-1)!)
    : accuracies

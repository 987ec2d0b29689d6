/**
 * The plan of a study: two arms are tuned with the same sampler and budget, and their winners are run with the same new
 * seeds on the test set. Every trial that may be run is fixed before the first one.
 */
import { uniformInt } from 'pure-rand/distribution/uniformInt'
import { fold, generator, key } from '../core/rng.ts'
import type { StudyArm } from './arms.ts'
import { rungsWithin, type Rung } from './halving.ts'
import type { LookRule } from './looks.ts'
import { sample, type FlagTexts, type Space } from './space.ts'
import { namedTrial, type Trial } from './trial.ts'

/** A comparison of two arms: what is searched, and for how long. */
export type Study = {
  /** The two configurations that are compared. */
  readonly arms: readonly [StudyArm, StudyArm]
  /** The ranges of the settings that are searched. */
  readonly space: Space
  /** The epochs that each arm may spend on its search. */
  readonly budget: number
  /** The factor by which halving reduces the candidates from rung to rung; 2 or more. */
  readonly factor: number
  /** The epochs of a full training. */
  readonly epochs: number
  /** The number of new seeds for the final runs of the winners. */
  readonly seeds: number
  /** The seed of the search. */
  readonly seed: number
  /** The flags that both arms share, such as the sizes; an arm's own flags override them. */
  readonly common: FlagTexts
  /** A fingerprint of the data set's contents. */
  readonly data: string
  /** Its name for people, such as MNIST; studies of earlier versions have none. */
  readonly dataName?: string
  /** The number of classes of the data. */
  readonly classes: number
  /** The earlier verdicts on the same test set. */
  readonly earlier?: readonly EarlierVerdict[]
  /**
   * The search of each arm is repeated, and what is compared is the procedure: a cost, a search of this budget, a
   * training. Without it each arm is searched once, and the two winners are compared.
   */
  readonly rule?: LookRule
}

export type EarlierVerdict = { readonly budget: number; readonly seeds: number }

/** 240 epochs are eight full trainings; halving tries 60 configurations with them. */
export const studyDefaults = { budget: 240, factor: 3, epochs: 30, seeds: 10, seed: 0 } as const

export type ArmPlan = {
  readonly name: string
  /** Empty if nothing is left to search. */
  readonly rungs: readonly Rung[]
  /** By candidate. */
  readonly configurations: readonly FlagTexts[]
  /** The trial of a candidate in a rung; halving chooses from those of a rung. */
  readonly trial: (rung: number, candidate: number) => Trial
  /** The runs of a candidate on the test set, if it wins. */
  readonly finals: (candidate: number) => readonly Trial[]
}

/** A search of each arm, with the candidates. */
export type SearchPlan = {
  /** The study of this search: with its own seed. */
  readonly study: Study
  /** The candidates and the trials of each arm. */
  readonly arms: readonly [ArmPlan, ArmPlan]
}

/** A study with the candidates of each arm. */
export type StudyPlan = {
  /** The study that is planned. */
  readonly study: Study
  /** The candidates and the trials of each arm in the first search. */
  readonly arms: readonly [ArmPlan, ArmPlan]
  /** All searches; one, unless they are repeated. */
  readonly searches: readonly SearchPlan[]
}

/**
 * What identifies a study. Of a study with one search its budget and number of seeds do not: they are totals, and may be
 * raised later. Of one with a rule everything does: it is fixed before the first training.
 */
export const subjectOf = ({
  budget,
  seeds,
  earlier: _earlier,
  dataName: _dataName,
  ...subject
}: Study): Omit<Study, 'budget' | 'seeds' | 'earlier' | 'dataName'> =>
  subject.rule === undefined ? subject : { ...subject, ...{ budget, seeds } }

/** The name of a study's data, for people. */
export const dataNameOf = ({ dataName, data }: Study): string => dataName ?? `the data set ${data}`

/** Draws the candidates of a study. */
export const planStudy = (study: Study): StudyPlan => {
  const { rule, ...single } = study
  const searches =
    rule === undefined
      ? [searchPlan(study)]
      : Array.from({ length: rule.looks.at(-1)! }, (_, r) =>
          searchPlan({ ...single, seed: searchSeed(study, r) }),
        )
  return { study, arms: searches[0]!.arms, searches }
}

/** The k-th configuration of either arm is the same draw; the arm's own flags override it. */
const searchPlan = (study: Study): SearchPlan => {
  const { seed, space } = study
  const stream = fold(key(seed), STREAM.search)
  const draw = remembered((k: number) => sample(space, fold(stream, k)))
  return { study, arms: [armPlan(study, study.arms[0], draw), armPlan(study, study.arms[1], draw)] }
}

/** The runs of a winner on the test set: the i-th of either arm has the same seed, which no search has used. */
export const finalTrials = (study: Study, winner: FlagTexts): readonly Trial[] => {
  const base = baseSeed(study)
  return Array.from({ length: study.seeds }, (_, i) =>
    namedTrial({
      flags: winner,
      seed: trainingSeed(base, 'final', i),
      epochs: study.epochs,
      evaluateOn: 'test',
      data: study.data,
    }),
  )
}

/** The k-th configuration of either arm is trained with the same seed. */
const armPlan = (study: Study, { name, flags }: StudyArm, draw: (k: number) => FlagTexts): ArmPlan => {
  const { space, budget, epochs, factor, common, data } = study
  const nothingToSearch = Object.keys(space).every(flag => Object.hasOwn(flags, flag))
  const rungs = nothingToSearch ? [] : rungsWithin(budget, epochs, factor)
  const count = rungs[0]?.configurations ?? 1
  // spread syntax takes ten times as long
  const configuration = remembered((k: number): FlagTexts => Object.assign({}, common, draw(k), flags))
  const base = baseSeed(study)
  const trial = (rung: number, k: number): Trial =>
    namedTrial({
      flags: configuration(k),
      seed: trainingSeed(base, 'search', k),
      epochs: rungs[rung]!.epochs,
      evaluateOn: 'validation',
      data,
    })
  const trials = remembered((index: number) => trial(Math.floor(index / count), index % count))
  return {
    ...{ name, rungs },
    get configurations() {
      return Array.from({ length: count }, (_, k) => configuration(k))
    },
    trial: (rung, k) => trials(rung * count + k),
    finals: remembered((k: number) => finalTrials(study, configuration(k))),
  }
}

/**
 * The function, computed once for each number. A study has many searches and trials that it may never come to: so nothing
 * is drawn or named before it is needed.
 */
const remembered = <A extends object>(compute: (index: number) => A): ((index: number) => A) => {
  const known = new Map<number, A>()
  return index => {
    const before = known.get(index)
    if (before !== undefined) return before
    const value = compute(index)
    known.set(index, value)
    return value
  }
}

/** The streams of random numbers that a study needs, by number. */
const STREAM = { search: 0, training: 1, repetition: 2 } as const

/** The seed of the r-th search of a study that repeats them. */
const searchSeed = ({ seed }: Study, r: number): number =>
  uniformInt(generator(fold(fold(key(seed), STREAM.repetition), r)), 0, 2 ** 31 - 1)

/** Searches have even seeds, final runs odd ones: they are never the same. */
const trainingSeed = (base: number, kind: 'search' | 'final', i: number): number =>
  2 * (base + i) + (kind === 'final' ? 1 : 0)

const baseSeed = ({ seed }: Study): number =>
  uniformInt(generator(fold(key(seed), STREAM.training)), 0, 2 ** 30)

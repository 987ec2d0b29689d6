/**
 * How long the trainings of a figure take on this machine: their work, times the measured speed of a few steps of each kind
 * of network.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.ts'
import { EVERY_EPOCH, expandedImages } from '../data/expand.ts'
import type { AppError } from '../errors.ts'
import { STUDY_EPOCHS } from '../study/trial-lab.ts'
import type { Env } from '../io/env.ts'
import { dryRun } from '../runs/dry-run.ts'
import { loadEngine } from '../runs/resources.ts'
import { epochSize, expansionPlanOf, type PlannedRun } from '../runs/run-plan.ts'
import type { TrainFlags } from '../options/train-options.ts'
import { parseTrialFlags, planTrial } from '../study/train-trial.ts'
import type { Trial } from '../study/trial.ts'
import { trialImages } from './trial-images.ts'

/** Flags that change how long a step takes are all but these. */
const WITHOUT_INFLUENCE = [
  ...['eta', 'lmbda', 'init', 'rng', 'monitor', 'train-size', 'early-stop', 'eta-schedule'],
]

/** The kind of a trial's network: trials of one kind have equally long steps. */
export const networkKind = ({ flags }: Pick<Trial, 'flags'>): string =>
  JSON.stringify(
    Object.entries(flags)
      .filter(([flag]) => !WITHOUT_INFLUENCE.includes(flag))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  )

/** The seconds of training on one image, and of making a distorted copy of one. */
export type Speed = { readonly training: number; readonly copying: number }

/** By the kind of the network. */
export type Speeds = ReadonlyMap<string, Speed>

/** The images that are trained on to measure a speed. */
const IMAGES = 4000

/** The copies that are made to measure a speed. */
const COPIES = 500

/** Measures the speed of each kind of network among the trials. */
export const measureSpeeds = (
  env: Env,
  dataset: Dataset,
  choice: string,
  trials: readonly Trial[],
): TE.TaskEither<AppError, Speeds> =>
  pipe(
    [...new Map(trials.map(trial => [networkKind(trial), trial])).entries()],
    TE.traverseSeqArray(([kind, trial]) =>
      pipe(
        measure(env, dataset, choice, trial),
        TE.map(seconds => [kind, seconds] as const),
      ),
    ),
    TE.map(measured => new Map(measured)),
  )

const measure = (
  env: Env,
  dataset: Dataset,
  choice: string,
  trial: Trial,
): TE.TaskEither<AppError, Speed> => {
  const flags = { ...trial.flags, 'train-size': String(Math.min(IMAGES, dataset.training.size)) }
  return pipe(
    TE.fromEither<AppError, TrainFlags>(parseTrialFlags({ ...trial, flags, epochs: 1 }, choice)),
    TE.bindTo('parsed'),
    TE.bind('run', ({ parsed }) => TE.fromEither(planTrial(parsed, dataset))),
    // the trials print the notices about the engine
    TE.bind('machine', ({ parsed, run }) =>
      loadEngine({ ...parsed, epochs: STUDY_EPOCHS }, run.config.sizes, dataset, {
        ...env,
        log: () => undefined,
      }),
    ),
    TE.map(({ run, machine }) => ({
      training: dryRun(env, { dataset, ...machine }, run).seconds / epochSize(run.config),
      copying: secondsOfCopy(env, run),
    })),
  )
}

/** The time to make a distorted copy of an image; 0 if none are made. */
const secondsOfCopy = ({ now }: Env, { config, training: { inputs } }: PlannedRun): number => {
  const plan = expansionPlanOf(config, inputs)
  if (plan === undefined || inputs.kind !== 'bytes') return 0
  const images = inputs.bytes.subarray(0, COPIES * inputs.width)
  const began = now()
  expandedImages({ ...plan, copies: undefined }, images, EVERY_EPOCH)
  return (now() - began) / 1000 / (images.length / inputs.width)
}

/** The numbers of examples of a data set. */
export type SetSizes = Readonly<Record<'training' | Trial['evaluateOn'], number>>

/** To evaluate an image takes a third of the time of training on it: the products forwards, without those backwards. */
const EVALUATION = 1 / 3

/** The seconds of a trial on one core, the making of distorted copies included, without those of its start. Early stopping may make it shorter. */
export const trialSeconds = (speeds: Speeds, sizes: SetSizes, trial: Trial): number => {
  const { flags, epochs, evaluateOn } = trial
  const { epoch: training, copies } = trialImages(trial, sizes.training)
  const monitor = flags.monitor ?? 'all'
  const observed = (set: string, size: number): number =>
    monitor === 'all' || monitor.includes(set) ? size : 0
  const choosing =
    evaluateOn === 'test' && (flags['early-stop'] !== undefined || flags['eta-schedule'] !== undefined)
  const evaluated =
    observed('training', training) +
    observed('evaluation', sizes[evaluateOn]) +
    (choosing ? sizes.validation : 0)
  const speed = speeds.get(networkKind(trial)) ?? { training: NaN, copying: NaN }
  return speed.training * epochs * (training + EVALUATION * evaluated) + speed.copying * copies
}

/**
 * How long a study takes on this machine: its epochs, times the measured time of an epoch of some of its configurations.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Dataset } from '../data/dataset.ts'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { mean } from '../study/moments.ts'
import type { StudyPlan } from '../study/study-plan.ts'
import { workPlanned } from '../study/study.ts'
import { namedTrial, type Trial } from '../study/trial.ts'
import { measureSpeeds, trialSeconds } from './estimate.ts'

/** A configuration of each arm and mini-batch size, which decide the time of an epoch, as a training of one epoch. */
const examplesOf = ({ arms, study: { data } }: StudyPlan): readonly Trial[] =>
  arms.flatMap(({ configurations }) =>
    [...new Map(configurations.map(flags => [flags['mini-batch-size'], flags])).values()].map(flags =>
      namedTrial({ flags, seed: 0, epochs: 1, evaluateOn: 'test', data }),
    ),
  )

/** The seconds of all trainings on one core, if no look decides before the last. */
export const studySeconds = (
  env: Env,
  dataset: Dataset,
  choice: string,
  plan: StudyPlan,
): TE.TaskEither<AppError, number> => {
  const examples = examplesOf(plan)
  const sizes = {
    training: dataset.training.size,
    validation: dataset.validation?.size ?? 0,
    test: dataset.test?.size ?? 0,
  }
  return pipe(
    measureSpeeds(env, dataset, choice, examples),
    TE.map(
      speeds => workPlanned(plan).work * mean(examples.map(trial => trialSeconds(speeds, sizes, trial))),
    ),
  )
}

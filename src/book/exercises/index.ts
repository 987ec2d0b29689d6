/**
 * Problems of chapter 3, as trainings that answer them. An exercise is a record like that of a figure: one file and one line.
 */
import type { BookFigure } from '../figure.ts'
import { learningSchedule } from '../figures/learning-schedule.ts'
import { bestInNExercise } from './best-in-n.ts'
import { l1Exercise } from './l1-exercise.ts'
import { momentumExercise } from './momentum-exercise.ts'
import { softmaxExercise } from './softmax-exercise.ts'

/** In the order of the chapter. */
export const bookExercises = {
  softmax: softmaxExercise,
  l1: l1Exercise,
  'best-in-n': bestInNExercise,
  'learning-schedule': learningSchedule,
  momentum: momentumExercise,
} as const satisfies Readonly<Record<string, BookFigure>>

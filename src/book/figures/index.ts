/**
 * The figures and stated results of chapter 3 and of the papers that it cites, by their names on the command line. To add
 * one, write its file and add its line here.
 */
import type { BookFigure } from '../figure.ts'
import { above99 } from './above-99.ts'
import { costsFigure } from './costs.ts'
import { earlyStopping } from './early-stopping.ts'
import { regularized100, regularized100Slow } from './hundred-hidden.ts'
import { hintonDropout } from './hinton.ts'
import { learningSchedule } from './learning-schedule.ts'
import { moreData } from './more-data.ts'
import { multipleEta } from './multiple-eta.ts'
import { overfittingFull } from './overfitting-full.ts'
import { overfitting } from './overfitting.ts'
import { regularizedFull } from './regularized-full.ts'
import { regularized } from './regularized.ts'
import { simardAffine, simardElastic, simardPlain } from './simard.ts'
import { weightInitialization100, weightInitialization30 } from './weight-initialization.ts'

/** In the order of the chapter. */
export const bookFigures = {
  costs: costsFigure,
  overfitting,
  'overfitting-full': overfittingFull,
  regularized,
  'regularized-full': regularizedFull,
  'regularized-100': regularized100,
  'regularized-100-slow': regularized100Slow,
  'weight-initialization-30': weightInitialization30,
  'weight-initialization-100': weightInitialization100,
  'multiple-eta': multipleEta,
  'early-stopping': earlyStopping,
  'learning-schedule': learningSchedule,
  'more-data': moreData,
  'hinton-dropout': hintonDropout,
  'simard-plain': simardPlain,
  'simard-affine': simardAffine,
  'simard-elastic': simardElastic,
  'above-99': above99,
} as const satisfies Readonly<Record<string, BookFigure>>

/** Names of earlier versions. */
export const figureAliases: Readonly<Record<string, string>> = {
  'weight-initialization': 'weight-initialization-30',
}

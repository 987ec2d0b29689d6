import { bestOf, bestTrainingOf, minus, type BookFigure, type FigureArm } from '../figure.ts'
import { overfitting } from './overfitting.ts'

/** The training of both figures with all images. */
export const onAllImages = (lmbda: string): FigureArm => ({
  flags: { eta: '0.5', init: 'large', lmbda, monitor: 'all' },
  epochs: 30,
  evaluateOn: 'test',
})

const ARM = 'lmbda 0'

export const overfittingFull: BookFigure = {
  title: 'Overfitting with all 50,000 training images',
  section: overfitting.section,
  says: 'With all images there is much less overfitting: 97.86 % of the training images and 95.33 % of the test images are classified correctly.',
  file: 'overfitting_full',
  seeds: 5,
  arms: { [ARM]: onAllImages('0') },
  claims: [
    { what: 'best accuracy on the test set', unit: '%', book: 95.33, measure: bestOf(ARM) },
    { what: 'best accuracy on the training set', unit: '%', book: 97.86, measure: bestTrainingOf(ARM) },
    {
      ...{ what: 'training minus test accuracy, both at their best', unit: 'points', book: 2.53 },
      measure: minus(bestTrainingOf(ARM), bestOf(ARM)),
    },
  ],
  charts: [
    { kind: 'epochs', monitor: 'evaluationAccuracy' },
    { kind: 'epochs', monitor: 'trainingAccuracy' },
  ],
}

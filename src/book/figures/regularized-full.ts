import { bestOf, bestTrainingOf, minus, type BookFigure } from '../figure.ts'
import { onAllImages, overfittingFull } from './overfitting-full.ts'

const ARM = 'lmbda 5'

export const regularizedFull: BookFigure = {
  title: 'Regularization with all 50,000 training images, lmbda 5',
  section: overfittingFull.section,
  says: 'The accuracy on the test set rises to 96.49 %, and the gap to the training set is under one point.',
  file: 'regularized_full',
  seeds: 5,
  arms: { [ARM]: onAllImages('5') },
  claims: [
    { what: 'best accuracy on the test set', unit: '%', book: 96.49, measure: bestOf(ARM) },
    {
      ...{ what: 'training minus test accuracy, both at their best', unit: 'points' },
      expected: { side: 'below', limit: 1 },
      measure: minus(bestTrainingOf(ARM), bestOf(ARM)),
    },
  ],
  charts: overfittingFull.charts,
}

import { extent } from '../../extent.ts'
import { bestOf, bestTrainingOf, minus, type BookFigure, type FigureArm } from '../figure.ts'

/** The training of both figures with 1,000 images. */
export const on1000Images = (lmbda: string): FigureArm => ({
  flags: { eta: '0.5', init: 'large', 'train-size': '1000', lmbda, monitor: 'all' },
  epochs: 400,
  evaluateOn: 'test',
  replay: 'book',
})

const ARM = 'lmbda 0'

export const overfitting: BookFigure = {
  title: 'Overfitting: 1,000 training images, no regularization',
  section: 'Overfitting and regularization',
  says: 'The accuracy on the test set stops at 82.27 %, while all training images are classified correctly; the cost on the test set is lowest at about epoch 15.',
  file: 'overfitting',
  seeds: 5,
  arms: { [ARM]: on1000Images('0') },
  claims: [
    { what: 'best accuracy on the test set', unit: '%', book: 82.27, measure: bestOf(ARM) },
    { what: 'best accuracy on the training set', unit: '%', book: 100, measure: bestTrainingOf(ARM) },
    {
      ...{ what: 'training minus test accuracy, both at their best', unit: 'points', book: 17.73 },
      measure: minus(bestTrainingOf(ARM), bestOf(ARM)),
    },
    {
      ...{ what: 'epoch of the lowest cost on the test set', unit: '', book: 15 },
      measure: ({ [ARM]: result }) => {
        const costs = (result?.costs ?? []).map(Number)
        return costs.indexOf(extent(costs.filter(Number.isFinite))[0]) + 1
      },
    },
  ],
  charts: [
    { kind: 'epochs', monitor: 'evaluationAccuracy' },
    { kind: 'epochs', monitor: 'evaluationCost' },
    { kind: 'epochs', monitor: 'trainingAccuracy' },
    { kind: 'epochs', monitor: 'trainingCost' },
  ],
}

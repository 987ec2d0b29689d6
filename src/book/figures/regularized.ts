import { bestOf, type BookFigure } from '../figure.ts'
import { on1000Images, overfitting } from './overfitting.ts'

const ARM = 'lmbda 0.1'

export const regularized: BookFigure = {
  title: 'Regularization: 1,000 training images, lmbda 0.1',
  section: overfitting.section,
  says: 'With regularization the accuracy on the test set goes on increasing, to 87.1 %.',
  file: 'regularized',
  seeds: 5,
  arms: { [ARM]: on1000Images('0.1') },
  claims: [{ what: 'best accuracy on the test set', unit: '%', book: 87.1, measure: bestOf(ARM) }],
  charts: overfitting.charts,
}

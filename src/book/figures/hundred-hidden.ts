import { bestOf, type BookFigure } from '../figure.ts'
import { overfitting } from './overfitting.ts'

const ARM = '100 hidden'

/** Both results with 100 hidden neurons and lmbda 5, on the validation set. */
const hundredHidden = (eta: string, epochs: number, book: number): BookFigure => ({
  title: `100 hidden neurons, lmbda 5, eta ${eta}, ${epochs} epochs`,
  section: overfitting.section,
  says: `${epochs} epochs at eta ${eta} and lmbda 5 give ${book} % on the validation set.`,
  seeds: 5,
  arms: {
    [ARM]: {
      hidden: [100],
      flags: { eta, lmbda: '5', init: 'large' },
      epochs,
      evaluateOn: 'validation',
    },
  },
  claims: [{ what: 'best accuracy on the validation set', unit: '%', book, measure: bestOf(ARM) }],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
})

export const regularized100 = hundredHidden('0.5', 30, 97.92)

export const regularized100Slow = hundredHidden('0.1', 60, 98.04)

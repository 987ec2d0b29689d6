import { bestOf, minus, type BookFigure, type FigureArm } from '../figure.ts'

const [PLAIN, DROPOUT] = ['without dropout', 'dropout 0.5']

/** A wide network; the settings were chosen on the validation set, and data/papers/hinton-*.json has the same. */
const arm = (flags: FigureArm['flags']): FigureArm => ({
  hidden: [800],
  flags: { init: 'default', ...flags },
  epochs: 60,
  evaluateOn: 'test',
})

export const hintonDropout: BookFigure = {
  title: 'Dropout on a wide network, 800 hidden neurons',
  section: 'Hinton et al. 2012',
  says: 'The best result of a plain network was 98.4 %; with dropout and a modified form of L2 regularization it was 98.7 %.',
  seeds: 3,
  arms: {
    [PLAIN]: arm({ eta: '0.1', lmbda: '5' }),
    [DROPOUT]: arm({ eta: '0.5', lmbda: '0', 'eta-schedule': 'halve:5,32', dropout: '0.5' }),
  },
  claims: [
    { what: `best accuracy on the test set, ${PLAIN}`, unit: '%', book: 98.4, measure: bestOf(PLAIN) },
    { what: `best accuracy on the test set, ${DROPOUT}`, unit: '%', book: 98.7, measure: bestOf(DROPOUT) },
    {
      ...{ what: 'with minus without dropout', unit: 'points' },
      expected: { side: 'above', limit: 0 },
      measure: minus(bestOf(DROPOUT), bestOf(PLAIN)),
    },
  ],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}

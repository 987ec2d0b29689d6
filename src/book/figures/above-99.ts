import { lastOf, type BookFigure } from '../figure.ts'

const ARM = 'rectified linear neurons, elastic distortions'

/** The settings, chosen on the validation set; data/papers/above-99.json has the same. */
export const above99: BookFigure = {
  title: '800 rectified linear neurons with softmax and elastic distortions',
  section: 'Beyond the book',
  says: 'One hidden layer suffices for 99 %, with rectified linear neurons, a softmax output layer, elastic distortions that are new in each epoch, and a learning rate that is halved by the validation accuracy.',
  seeds: 3,
  arms: {
    [ARM]: {
      hidden: [800],
      flags: {
        cost: 'log-likelihood',
        activation: 'relu',
        init: 'he',
        eta: '0.03',
        lmbda: '1',
        'eta-schedule': 'halve:4,64',
        expand: 'elastic',
        'expand-each-epoch': 'true',
      },
      epochs: 60,
      evaluateOn: 'test',
    },
  },
  claims: [
    {
      what: 'accuracy on the test set after the last epoch',
      unit: '%',
      expected: { side: 'above', limit: 99 },
      measure: lastOf(ARM),
    },
  ],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}

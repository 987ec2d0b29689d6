import { usualArm } from '../figures/early-stopping.ts'
import { afterEpoch, bestOf, minus, type BookFigure } from '../figure.ts'

const [PLAIN, MOMENTUM] = ['without momentum', 'momentum 0.9']

export const momentumExercise: BookFigure = {
  title: 'Momentum, at a small learning rate',
  section: 'Variations on stochastic gradient descent',
  says: 'Add momentum-based stochastic gradient descent to network2. With it, a small learning rate moves as fast as one that is 1/(1 - mu) times as large.',
  seeds: 5,
  arms: {
    [PLAIN]: usualArm({ eta: '0.05' }, 30),
    [MOMENTUM]: usualArm({ eta: '0.05', momentum: '0.9' }, 30),
  },
  claims: [
    {
      ...{ what: 'accuracy on the test set after one epoch, with minus without', unit: 'points' },
      asked: { limit: 0 },
      measure: minus(afterEpoch(MOMENTUM, 1), afterEpoch(PLAIN, 1)),
    },
    { what: `best accuracy, ${PLAIN}`, unit: '%', measure: bestOf(PLAIN) },
    { what: `best accuracy, ${MOMENTUM}`, unit: '%', measure: bestOf(MOMENTUM) },
  ],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}

import { usualArm } from '../figures/early-stopping.ts'
import { bestOf, minus, type BookFigure } from '../figure.ts'

const [SIGMOID, SOFTMAX] = ['sigmoid with cross-entropy', 'softmax with log-likelihood']

export const softmaxExercise: BookFigure = {
  title: 'Softmax with log-likelihood against sigmoid with cross-entropy',
  section: 'Softmax',
  says: 'In many situations both work well; which one should be used?',
  seeds: 10,
  arms: {
    [SIGMOID]: usualArm({}, 30),
    [SOFTMAX]: usualArm({ cost: 'log-likelihood' }, 30),
  },
  claims: [
    { what: `best accuracy on the test set, ${SIGMOID}`, unit: '%', measure: bestOf(SIGMOID) },
    { what: `best accuracy on the test set, ${SOFTMAX}`, unit: '%', measure: bestOf(SOFTMAX) },
    {
      ...{ what: 'softmax minus sigmoid', unit: 'points' },
      asked: { limit: 0 },
      measure: minus(bestOf(SOFTMAX), bestOf(SIGMOID)),
    },
  ],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}

import { epochsOf, lastOf, minus, type BookFigure } from '../figure.ts'
import { earlyStopping, usualArm } from './early-stopping.ts'

const [CONSTANT, HALVED] = ['constant eta, early stopping', 'halved eta']

export const learningSchedule: BookFigure = {
  title: 'A learning schedule: eta is halved after 10 epochs without improvement, down to 1/128',
  section: earlyStopping.section,
  says: 'A large learning rate at first, and a smaller one later, reaches a better accuracy than a constant one.',
  seeds: 5,
  arms: {
    [CONSTANT]: usualArm({ 'early-stop': '10' }, 100),
    [HALVED]: usualArm({ 'eta-schedule': 'halve:10,128' }, 300),
  },
  claims: [
    { what: 'epochs with the schedule', unit: 'epochs', measure: epochsOf(HALVED) },
    { what: 'accuracy on the test set at the end, with the schedule', unit: '%', measure: lastOf(HALVED) },
    {
      ...{ what: 'the same minus that of a constant rate with early stopping', unit: 'points' },
      expected: { side: 'above', limit: 0 },
      measure: minus(lastOf(HALVED), lastOf(CONSTANT)),
    },
  ],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}

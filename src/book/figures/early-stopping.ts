import { bestOf, epochsOf, lastOf, minus, type BookFigure, type FigureArm } from '../figure.ts'
import { multipleEta } from './multiple-eta.ts'

const [FIXED, STOPPED] = ['100 epochs', 'no improvement in 10 epochs']

/** The network of the chapter's problems: 30 hidden neurons, regularized, the default start. */
export const usualArm = (flags: FigureArm['flags'], epochs: number): FigureArm => ({
  flags: { eta: '0.5', lmbda: '5', init: 'default', ...flags },
  epochs,
  evaluateOn: 'test',
})

export const earlyStopping: BookFigure = {
  title: 'Early stopping by the no-improvement-in-ten rule',
  section: multipleEta.section,
  says: 'Training may end when the best accuracy on the validation set has not improved for ten epochs: the number of epochs need not be chosen, and little is lost.',
  seeds: 5,
  arms: { [FIXED]: usualArm({}, 100), [STOPPED]: usualArm({ 'early-stop': '10' }, 100) },
  claims: [
    { what: 'epochs until it stops', unit: 'epochs', measure: epochsOf(STOPPED) },
    { what: 'best accuracy on the test set until it stops', unit: '%', measure: bestOf(STOPPED) },
    {
      ...{ what: 'accuracy on the test set where it stops minus that after 100 epochs', unit: 'points' },
      measure: minus(lastOf(STOPPED), lastOf(FIXED)),
    },
  ],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}

import { usualArm } from '../figures/early-stopping.ts'
import { bestOf, minus, type BookFigure, type Claim, type FigureArm } from '../figure.ts'

const PLAIN = 'lmbda 0'

const LMBDAS = ['0.5', '2', '5']

const nameOf = (lmbda: string): string => `L1, lmbda ${lmbda}`

/** An exercise looks at the validation set: its numbers are there to choose a parameter. */
const arm = (flags: FigureArm['flags']): FigureArm => ({ ...usualArm(flags, 30), evaluateOn: 'validation' })

export const l1Exercise: BookFigure = {
  title: 'L1 regularization with 30 hidden neurons',
  section: 'Other techniques for regularization',
  says: 'Use L1 regularization with 30 hidden neurons. Is there a regularization parameter with which it does better than without regularization?',
  seeds: 5,
  arms: {
    [PLAIN]: arm({ lmbda: '0' }),
    ...Object.fromEntries(LMBDAS.map(lmbda => [nameOf(lmbda), arm({ regularizer: 'l1', lmbda })])),
  },
  claims: [
    { what: `best accuracy on the validation set, ${PLAIN}`, unit: '%', measure: bestOf(PLAIN) },
    ...LMBDAS.map((lmbda): Claim => ({
      ...{ what: `best accuracy, ${nameOf(lmbda)} minus ${PLAIN}`, unit: 'points' },
      asked: { limit: 0 },
      measure: minus(bestOf(nameOf(lmbda)), bestOf(PLAIN)),
    })),
  ],
  charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
}

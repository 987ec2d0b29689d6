import { trainingCostsOf, type BookFigure, type Claim, type FigureArm } from '../figure.ts'

/** Of each learning rate, in the author's run: the cost at the end, and the epochs after which it was higher than before. */
const RATES = [
  { eta: '0.025', cost: 0.3392, rises: 0 },
  { eta: '0.25', cost: 0.3388, rises: 12 },
  { eta: '2.5', cost: 0.8607, rises: 14 },
]

const rises = (costs: readonly number[]): number => costs.filter((cost, i) => cost > costs[i - 1]!).length

export const multipleEta: BookFigure = {
  title: 'Three learning rates',
  section: "How to choose a neural network's hyper-parameters?",
  says: 'At eta 0.025 the training cost falls until the last epoch; at 0.25 it falls until about epoch 20, then moves up and down a little; at 2.5 it oscillates from the start.',
  file: 'multiple_eta',
  seeds: 5,
  arms: Object.fromEntries(
    RATES.map(({ eta }): readonly [string, FigureArm] => [
      `eta ${eta}`,
      {
        flags: { eta, lmbda: '5', init: 'default', monitor: 'evaluation-accuracy,training-cost' },
        epochs: 30,
        evaluateOn: 'validation',
      },
    ]),
  ),
  claims: RATES.flatMap(({ eta, cost, rises: times }): readonly Claim[] => {
    const costs = trainingCostsOf(`eta ${eta}`)
    return [
      {
        ...{ what: `training cost after the last epoch, eta ${eta}`, unit: '', book: cost },
        measure: results => costs(results).at(-1) ?? NaN,
      },
      {
        ...{ what: `epochs in which the training cost rises, eta ${eta}`, unit: 'epochs', book: times },
        measure: results => rises(costs(results)),
      },
    ]
  }),
  charts: [{ kind: 'epochs', monitor: 'trainingCost' }],
}

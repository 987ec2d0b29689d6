import { afterEpoch, bestOf, minus, type BookFigure, type FigureArm } from '../figure.ts'
import type { FigureName } from '../published.ts'

const [SMALL, LARGE] = ['default start', 'large start']

type Stated = Readonly<Record<string, { readonly first: number; readonly best: number }>>

const weightInitialization = (hidden: number, file: FigureName, stated: Stated): BookFigure => {
  const arm = (init: string, replay: NonNullable<FigureArm['replay']>): FigureArm => ({
    hidden: [hidden],
    flags: { eta: '0.1', lmbda: '5', init },
    epochs: 30,
    evaluateOn: 'validation',
    replay,
  })
  return {
    title: `Weight initialization, ${hidden} hidden neurons`,
    section: 'Weight initialization',
    says: 'With the default start (weights from N(0, 1/n_in)) the network learns much faster than with the large one (N(0, 1)); both end up close to each other.',
    file,
    seeds: 5,
    arms: {
      [SMALL]: arm('default', 'book'),
      // the second network is trained on the list as the first one has shuffled it
      [LARGE]: arm('large', 'book+30'),
    },
    claims: [
      ...Object.entries(stated).flatMap(([name, { first, best }]) => [
        {
          what: `accuracy after one epoch, ${name}`,
          unit: '%',
          book: first,
          measure: afterEpoch(name, 1),
        } as const,
        { what: `best accuracy, ${name}`, unit: '%', book: best, measure: bestOf(name) } as const,
      ]),
      {
        ...{ what: 'after one epoch, default minus large start', unit: 'points' },
        expected: { side: 'above', limit: 0 },
        measure: minus(afterEpoch(SMALL, 1), afterEpoch(LARGE, 1)),
      },
    ],
    charts: [{ kind: 'epochs', monitor: 'evaluationAccuracy' }],
  }
}

export const weightInitialization30 = weightInitialization(30, 'weight_initialization_30', {
  [SMALL]: { first: 92.7, best: 96.53 },
  [LARGE]: { first: 86.43, best: 96.48 },
})

export const weightInitialization100 = weightInitialization(100, 'weight_initialization_100', {
  [SMALL]: { first: 92.95, best: 97.81 },
  [LARGE]: { first: 89.94, best: 97.55 },
})

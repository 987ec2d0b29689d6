import { grouped } from '../../format.ts'
import { lastOf, type BookFigure, type FigureArm } from '../figure.ts'

/** The numbers of training images, and the accuracies of the author's run. */
const SIZES: readonly (readonly [size: number, book: number])[] = [
  [100, 69.09],
  [200, 76.37],
  [500, 85.29],
  [1000, 88.85],
  [2000, 91.27],
  [5000, 93.24],
  [10_000, 94.89],
  [20_000, 95.85],
  [50_000, 95.97],
]

/** Each training sees this many images, the same ones again or new ones. */
const IMAGES = 1_500_000

const nameOf = (size: number): string => `${grouped(size)} images`

export const moreData: BookFigure = {
  title: 'More training data',
  section: 'Other techniques for regularization',
  says: 'The accuracy rises considerably with the number of training images, and would probably rise further with more than 50,000.',
  file: 'more_data',
  seeds: 3,
  arms: Object.fromEntries(
    SIZES.map(([size]): readonly [string, FigureArm] => [
      nameOf(size),
      {
        flags: {
          eta: '0.5',
          // size x 0.0001, without the rounding of float64
          lmbda: String(size / 10_000),
          init: 'large',
          'train-size': String(size),
          // as in the author's program, the network is evaluated at its end alone
          monitor: 'none',
        },
        epochs: IMAGES / size,
        evaluateOn: 'validation',
      },
    ]),
  ),
  claims: SIZES.map(([size, book]) => ({
    ...{ what: `accuracy on the validation set, ${nameOf(size)}`, unit: '%', book },
    measure: lastOf(nameOf(size)),
  })),
  charts: [
    {
      kind: 'arms',
      x: 'training images (log10)',
      at: arm => Math.log10(Number(arm.replaceAll(/[^0-9]/g, ''))),
    },
  ],
}

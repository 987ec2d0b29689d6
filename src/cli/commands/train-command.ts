/**
 * `train`: trains a network, and prints the metrics of each epoch.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { pipe } from 'fp-ts/lib/function.js'
import { trainOptions } from '../../options/train-options.ts'
import { defineCommand } from '../command.ts'

export const trainCommand = defineCommand({
  describe: 'Trains the network of chapter 3, and prints the metrics of each epoch.',
  options: trainOptions,
  examples: [
    ['--cost xent', 'the cross-entropy cost, on MNIST'],
    ['--cost quadratic --init large', "the book's comparison, the other arm"],
    ['--sizes 784,100,10 --lmbda 5 --save net.json', 'more neurons, weight decay; saved in a file'],
  ],
  // --help does not wait for what a training needs
  run: (flags, env) =>
    pipe(
      TE.fromTask(() => import('../train-and-report.ts')),
      TE.flatMap(({ trainAndReport }) => trainAndReport(flags, env)),
    ),
})

/**
 * The optimizers, by name. To add one, write its file and add its line here.
 */
import type { Optimizer } from '../optimizer.ts'
import { momentum } from './momentum.ts'
import { stochasticGradientDescent } from './sgd.ts'

/** The optimizers, by name. */
export const optimizers = { sgd: stochasticGradientDescent, momentum } as const satisfies Readonly<
  Record<string, Optimizer>
>

/** The name of an optimizer. */
export type OptimizerName = keyof typeof optimizers

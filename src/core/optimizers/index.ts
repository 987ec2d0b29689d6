/**
 * The optimizers, by name. To add one, write its file and add its line here.
 */
import type { Optimizer } from '../optimizer.ts'
import { sgd } from './sgd.ts'

export const optimizers = { sgd } as const satisfies Readonly<Record<string, Optimizer>>

export type OptimizerName = keyof typeof optimizers

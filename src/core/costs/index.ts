/**
 * The cost functions, by name. To add one, write its file and add its line here: flags, defaults, file formats and
 * reports derive from this table.
 */
import type { Cost } from '../cost.ts'
import { crossEntropy } from './cross-entropy.ts'
import { quadratic } from './quadratic.ts'

/** The cost functions, by name. */
export const costs = { quadratic, xent: crossEntropy } as const satisfies Readonly<Record<string, Cost>>

/** The name of a cost function. */
export type CostName = keyof typeof costs

/** The names of all costs. */
export const costNames = Object.keys(costs) as readonly CostName[]

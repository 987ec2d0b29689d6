/**
 * The cost functions, by name. To add one, write its file and add its line here: flags, defaults, file formats and
 * reports derive from this table.
 */
import type { Cost } from '../cost.ts'
import { crossEntropy } from './cross-entropy.ts'
import { logLikelihood } from './log-likelihood.ts'
import { quadratic } from './quadratic.ts'
import { quadraticLinear } from './quadratic-linear.ts'

/** The cost functions, by name. */
export const costs = {
  quadratic,
  xent: crossEntropy,
  'log-likelihood': logLikelihood,
  'quadratic-linear': quadraticLinear,
} as const satisfies Readonly<Record<string, Cost>>

/** The name of a cost function. */
export type CostName = keyof typeof costs

/** The names of all costs. */
export const costNames = Object.keys(costs) as readonly CostName[]

/** From each word for a cost, its name or another one, to its name. */
export const costWords: Readonly<Record<string, CostName>> = Object.fromEntries(
  costNames.flatMap(name => [name, ...costs[name].aliases].map(word => [word, name])),
)

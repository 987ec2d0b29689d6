/**
 * From the names of the parts, as settings and files hold them, to the parts.
 */
import { activations, type ActivationName } from './activations/index.ts'
import { costs, type CostName } from './costs/index.ts'
import type { Network } from './network.ts'
import { optimizers, type OptimizerName } from './optimizers/index.ts'
import { regularizers, type RegularizerName } from './regularizers/index.ts'
import type { TrainParts } from './train.ts'

/** Of each part but the cost, the one that network2.py has, which is the default here. */
export const defaultParts = {
  activation: 'sigmoid',
  regularizer: 'l2',
  optimizer: 'sgd',
} as const satisfies Readonly<Record<string, string>>

/** Whether a part is the default one, which network2.py's files do not name. */
export const isDefaultPart = (part: keyof typeof defaultParts, name: string | undefined): boolean =>
  name === undefined || name === defaultParts[part]

/** A network of chapter 1 names no cost: it has the only one of that chapter. */
const COST_OF_CHAPTER_1: CostName = 'quadratic'

export type NetworkNames = {
  readonly cost: CostName | undefined
  readonly activation?: ActivationName | undefined
}

export type PartNames = NetworkNames & {
  readonly regularizer?: RegularizerName | undefined
  readonly optimizer?: OptimizerName | undefined
}

export const networkNamed = ({ cost, activation }: NetworkNames): Network => ({
  cost: costs[cost ?? COST_OF_CHAPTER_1],
  hidden: activations[activation ?? defaultParts.activation],
})

export const partsNamed = ({ regularizer, optimizer, ...network }: PartNames): TrainParts => ({
  ...networkNamed(network),
  regularizer: regularizers[regularizer ?? defaultParts.regularizer],
  optimizer: optimizers[optimizer ?? defaultParts.optimizer],
})

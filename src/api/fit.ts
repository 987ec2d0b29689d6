/**
 * Whether a network and examples fit each other.
 */
import { notDistribution, outputsOf, type Examples } from '../data/dataset.ts'
import type { Net } from './net.ts'
import { refuseArgument } from './network2-error.ts'

/** Refuses inputs of another width than the network has. */
export const checkWidth = (where: string, { sizes }: Net, width: number): void => {
  if (width !== sizes[0])
    refuseArgument(
      where,
      `has ${width} inputs for each example, and the network has ${sizes[0]}`,
      `make the network for these examples: network([${[width, ...sizes.slice(1)].join(', ')}])`,
    )
}

/** Refuses examples whose shapes or desired outputs the network cannot have. */
export const checkFit = (where: string, net: Net, examples: Examples): void => {
  const { sizes, cost } = net
  const outputs = sizes.at(-1)!
  if (examples.size === 0) refuseArgument(where, 'has no examples', 'give at least one')
  checkWidth(`${where}.inputs`, net, examples.inputs.width)
  const { rule, count } = outputsOf(examples.desired)
  const fitting = `make the network with an output for each: network([${[...sizes.slice(0, -1), count].join(', ')}])`
  if (rule === 'exactly' && count !== outputs)
    refuseArgument(
      `${where}.targets`,
      `has ${count} numbers for each example, and the network has ${outputs} outputs`,
      fitting,
    )
  if (rule === 'at least' && count > outputs)
    refuseArgument(
      `${where}.labels`,
      `has the label ${count - 1}, and the network has ${outputs} outputs, for the labels 0 to ${outputs - 1}`,
      `${fitting}, or correct the labels`,
    )
  if (cost.targets === 'any') return
  if (outputs === 1)
    refuseArgument(
      where,
      `needs two or more outputs with the ${cost.label} cost, and the network has one`,
      'use another cost, such as crossEntropy',
    )
  const row = notDistribution(examples)
  if (row !== undefined)
    refuseArgument(
      `${where}.targets[${row.at}]`,
      `${row.is}, and with the ${cost.label} cost the targets of an example are a distribution`,
      'use another cost, such as crossEntropy, or change the targets',
    )
}

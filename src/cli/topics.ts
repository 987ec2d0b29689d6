/**
 * What `help TOPIC` prints, besides the commands: the parts of the maths that can be chosen, and the exit codes. All of it comes
 * from their registries.
 */
import { activations } from '../core/activations/index.ts'
import { costs } from '../core/costs/index.ts'
import { optimizers } from '../core/optimizers/index.ts'
import { regularizers } from '../core/regularizers/index.ts'
import { exitCodes } from '../errors.ts'
import { aligned } from '../format.ts'

type Topic = { readonly describe: string; readonly rows: () => readonly (readonly string[])[] }

/** The topics, by name. */
export const topics: Readonly<Record<string, Topic>> = {
  costs: {
    describe: 'the cost functions (--cost), with their equations and outputs',
    rows: () =>
      Object.entries(costs).map(([name, { aliases, label, equation, output, eta }]) => [
        [name, ...aliases].join(', '),
        label,
        equation,
        `${output.name} outputs`,
        `eta ${eta} by default`,
      ]),
  },
  activations: {
    describe: 'the activation functions of hidden layers (--activation)',
    rows: () => Object.entries(activations).map(([name, { equation, slope }]) => [name, equation, slope]),
  },
  regularizers: {
    describe: 'the regularizers (--regularizer)',
    rows: () => Object.entries(regularizers).map(([name, { equation }]) => [name, equation]),
  },
  optimizers: {
    describe: 'the optimizers (--optimizer)',
    rows: () =>
      Object.entries(optimizers).map(([name, { remembers, equations }]) => [
        name,
        Object.values(equations(regularizers.l2)).join('; '),
        remembers === undefined ? '' : `remembers ${remembers}`,
      ]),
  },
  'exit-codes': {
    describe: 'the exit codes',
    rows: () => exitCodes.map(([code, meaning]) => [String(code), meaning]),
  },
}

/** The lines of a topic. */
export const topicLines = ({ rows }: Topic): readonly string[] => aligned(rows()).map(line => line.trimEnd())

/**
 * The parts of a training that network2.py does not have, in words.
 */
import { neuronsKept } from '../../core/dropout.ts'
import { expansions, type ExpansionName } from '../../data/expansions/index.ts'
import { counted } from '../../format.ts'
import { settingText } from '../numbers.ts'

/**
 * Such as "tanh hidden neurons", "momentum 0.9"; empty for a training of network2.py.
 *
 * @param settings as config.json has them: a part that network2.py has is not named there
 */
export const partWords = ({
  activation,
  regularizer,
  momentum,
  dropout,
  sizes,
  expand,
  expandCopies,
}: Readonly<Record<string, unknown>>): readonly string[] => [
  ...(typeof activation === 'string' ? [`${activation} hidden neurons`] : []),
  ...(typeof regularizer === 'string' ? [`${regularizer.toUpperCase()} regularization`] : []),
  ...(typeof momentum === 'number' ? [`momentum ${settingText(momentum)}`] : []),
  ...(typeof dropout === 'number' ? [`dropout ${settingText(dropout)}${keptWords(dropout, sizes)}`] : []),
  ...(typeof expand === 'string'
    ? [`training images ${distorted(expand)} (${copyWords(expandCopies)})`]
    : []),
]

/** What an expansion does to an image. */
const distorted = (name: string): string =>
  Object.hasOwn(expansions, name) ? expansions[name as ExpansionName].label : `expanded by ${name}`

const copyWords = (copies: unknown): string =>
  typeof copies === 'number' ? `${counted(copies, 'copy', 'copies')} beside each` : 'new copies in each epoch'

/** How many neurons of each hidden layer a mini-batch keeps, such as " (15 of 30 hidden neurons kept)". */
const keptWords = (rate: number, sizes: unknown): string => {
  const hidden = Array.isArray(sizes) ? sizes.slice(1, -1).filter(size => typeof size === 'number') : []
  return hidden.length === 0
    ? ''
    : ` (${hidden.map(size => `${neuronsKept(rate, size)} of ${size}`).join(', ')} hidden neurons kept)`
}

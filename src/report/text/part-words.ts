/**
 * The parts of a training that network2.py does not have, in words.
 */
import { neuronsKept } from '../../core/dropout.ts'
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
}: Readonly<Record<string, unknown>>): readonly string[] => [
  ...(typeof activation === 'string' ? [`${activation} hidden neurons`] : []),
  ...(typeof regularizer === 'string' ? [`${regularizer.toUpperCase()} regularization`] : []),
  ...(typeof momentum === 'number' ? [`momentum ${settingText(momentum)}`] : []),
  ...(typeof dropout === 'number' ? [`dropout ${settingText(dropout)}${keptWords(dropout, sizes)}`] : []),
]

/** How many neurons of each hidden layer a mini-batch keeps, such as " (15 of 30 hidden neurons kept)". */
const keptWords = (rate: number, sizes: unknown): string => {
  const hidden = Array.isArray(sizes) ? sizes.slice(1, -1).filter(size => typeof size === 'number') : []
  return hidden.length === 0
    ? ''
    : ` (${hidden.map(size => `${neuronsKept(rate, size)} of ${size}`).join(', ')} hidden neurons kept)`
}

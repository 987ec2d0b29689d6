/**
 * The command line that trains a network again: by the settings alone, without a file of the machine that trained it.
 */
import { shellCommand } from '#scripts/package'
import { shellQuoted } from '../format.ts'
import { flagOf, typedValue, type Argv, type Option } from '../options/option.ts'
import { trainingOptions } from '../options/train-options.ts'

/** @param config the settings of a run, as its config.json has them; what a setting cannot be is left out */
export const trainCommandLine = (config: Readonly<Record<string, unknown>>): string =>
  shellCommand(
    'train',
    Object.entries(trainingOptions)
      .flatMap(([name, option]) => flagText(flagOf(name), option, config[name]))
      .join(' '),
  )

/** A flag with its value; nothing if it is the default. */
const flagText = (
  flag: string,
  { decode }: Pick<Option<unknown>, 'decode'>,
  value: unknown,
): readonly string[] => {
  const text = Array.isArray(value) && value.length === 0 ? 'none' : typedValue(value)
  if (text === undefined) return []
  const decoded = (argv: Argv): string => JSON.stringify(decode(flag, argv))
  if (decoded({}) === decoded({ [flag]: text })) return []
  if (typeof text === 'boolean') return [text ? `--${flag}` : `--no-${flag}`]
  return [`--${flag} ${shellQuoted(text)}`]
}

/**
 * The flags of a configuration: its settings as a person types them, without those that are the default.
 */
import { shellQuoted } from '../format.ts'
import { flagOf, typedValue, type Argv, type Option } from './option.ts'
import { trainingOptions } from './train-options.ts'

/** A flag and its value; true or false for a flag without one. */
export type TypedFlag = readonly [flag: string, value: string | boolean]

/** @param config the settings of a run, as its config.json has them; what a setting cannot be is left out */
export const typedTrainFlags = (config: Readonly<Record<string, unknown>>): readonly TypedFlag[] =>
  Object.entries(trainingOptions).flatMap(([name, option]) => typedFlag(flagOf(name), option, config[name]))

/** A flag with its value; nothing if it is the default. */
const typedFlag = (
  flag: string,
  { decode }: Pick<Option<unknown>, 'decode'>,
  value: unknown,
): readonly TypedFlag[] => {
  const text = Array.isArray(value) && value.length === 0 ? 'none' : typedValue(value)
  if (text === undefined) return []
  const decoded = (argv: Argv): string => JSON.stringify(decode(flag, argv))
  return decoded({}) === decoded({ [flag]: text }) ? [] : [[flag, text]]
}

/** The arguments of `train` for these flags. */
export const flagsText = (flags: readonly TypedFlag[]): string =>
  flags
    .map(([flag, value]) =>
      typeof value === 'boolean' ? (value ? `--${flag}` : `--no-${flag}`) : `--${flag} ${shellQuoted(value)}`,
    )
    .join(' ')

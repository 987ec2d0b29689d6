/**
 * The command line that trains a network again: by the settings alone, without a file of the machine that trained it.
 */
import { shellQuoted } from '../format.ts'
import { flagOf, type Option } from '../options/option.ts'
import { trainingOptions } from '../options/train-options.ts'

/** @param config the settings of a run, as its config.json has them; what a setting cannot be is left out */
export const trainCommandLine = (config: Readonly<Record<string, unknown>>): string =>
  [
    'npm run train --',
    ...Object.entries(trainingOptions).flatMap(([name, option]) =>
      flagText(flagOf(name), option, config[name]),
    ),
  ].join(' ')

/** A flag with its value; nothing if it is the default. */
const flagText = (
  flag: string,
  { kind, decode }: Pick<Option<unknown>, 'kind' | 'decode'>,
  value: unknown,
): readonly string[] => {
  const text = asFlag(value)
  if (text === undefined) return []
  const decoded = (argv: Readonly<Record<string, unknown>>): string => JSON.stringify(decode(flag, argv))
  if (kind === 'switch')
    return decoded({}) === decoded({ [flag]: value }) ? [] : [value === true ? `--${flag}` : `--no-${flag}`]
  return decoded({}) === decoded({ [flag]: text }) ? [] : [`--${flag} ${shellQuoted(text)}`]
}

const asFlag = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : Array.isArray(value)
      ? value.map(String).join(',') || 'none'
      : undefined

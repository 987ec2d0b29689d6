/**
 * Flags that npm kept for itself. `npm run train --cost=xent`, without ` -- `, gives no flag to the command; npm hands it
 * over as the variable `npm_config_cost`.
 */
import * as E from 'fp-ts/lib/Either.js'
import { usageError, type UsageError } from '../errors.ts'
import { shellQuoted } from '../format.ts'
import { flagNames, flagOf, type OptionTable } from '../options/option.ts'
import { trainOptions } from '../options/train-options.ts'

/** npm has these settings too, and a user's .npmrc may set them. */
const OF_NPM = ['save', 'json', 'dry-run']

/**
 * Refuses a command line whose flags npm kept, and gives the one that was meant.
 *
 * @param command such as `train`
 * @param own the options of the command
 * @param words what stands without a flag: npm leaves the value of `--cost xent` there
 */
export const checkNpmFlags = (
  command: string,
  own: OptionTable,
  variables: NodeJS.ProcessEnv,
  words: readonly string[],
): E.Either<UsageError, void> => {
  if (variables.npm_lifecycle_event !== command) return E.right(undefined)
  // A flag of the training that the command does not have, such as --lmbda of compare, was not meant for npm either.
  const options: OptionTable = { ...trainOptions, ...own }
  const names = flagNames(options)
  const kept = Object.keys(names).flatMap(name => {
    const value = variables[`npm_config_${name.replaceAll('-', '_')}`]
    return value === undefined || value === '' ? [] : [{ name, value }]
  })
  if (kept.every(({ name }) => OF_NPM.includes(name))) return E.right(undefined)
  const isSwitch = (name: string): boolean =>
    Object.entries(options).some(([key, { kind }]) => flagOf(key) === names[name] && kind === 'switch')
  // npm gives the value `true` to `--cost xent`, and leaves `xent` among the words.
  const open = kept.filter(({ name, value }) => value === 'true' && !isSwitch(name))
  const valueOf = (name: string, value: string): string =>
    value !== 'true'
      ? ` ${shellQuoted(value)}`
      : isSwitch(name)
        ? ''
        : ` ${open.length === 1 ? (words[0] ?? 'VALUE') : 'VALUE'}`
  const others = open.length === 1 ? words.slice(1) : words
  const meant = [
    ...others.map(shellQuoted),
    ...kept.map(({ name, value }) => `--${name}${valueOf(name, value)}`),
  ].join(' ')
  return E.left(
    usageError(
      `npm took ${kept.map(({ name }) => `--${name}`).join(', ')} for itself: the flags of the command go after --`,
      [`run: npm run ${command} -- ${meant}`, `in PowerShell: npm run ${command} '--' ${meant}`],
    ),
  )
}

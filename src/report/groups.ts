/**
 * Groups of runs that differ only in their seed.
 */
import { groupBy, type ReadonlyNonEmptyArray } from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import { settingText } from './numbers.ts'
import type { RunRecord } from './run-record.ts'

type Config = RunRecord['config']

export type Group = {
  /** The settings in which it differs from the other groups, such as "cost xent, eta 0.5". */
  readonly name: string
  readonly runs: ReadonlyNonEmptyArray<RunRecord>
}

export type Grouped = {
  readonly groups: readonly Group[]
  /** The settings in which the groups differ. */
  readonly varied: readonly string[]
  /** The settings that all runs have in common. */
  readonly shared: Config
}

export const grouping = (runs: readonly RunRecord[]): Grouped => {
  const names = [...new Set(runs.flatMap(({ config }) => Object.keys(config)))]
  const values = (name: string): Set<string> => new Set(runs.map(({ config }) => settingText(config[name])))
  const isVaried = (name: string): boolean => values(name).size > 1
  const varied = names.filter(name => name !== 'seed' && isVaried(name))
  const label = ({ config }: RunRecord): string =>
    varied.map(name => `${name} ${settingText(config[name])}`).join(', ')
  // JSON keeps the values apart, whatever characters they contain
  const key = ({ config }: RunRecord): string => JSON.stringify(varied.map(name => settingText(config[name])))
  const groups = Object.values(groupBy(key)(runs)).map(group => {
    const [{ name }] = group
    return { name: label(group[0]) || (group.length > 1 ? `${group.length} seeds` : name), runs: group }
  })
  const shared = names.filter(name => !isVaried(name)).map(name => [name, runs[0]?.config[name]] as const)
  return { groups, varied, shared: Object.fromEntries(shared) }
}

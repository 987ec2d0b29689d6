/**
 * The runs in a folder, with the progress of each.
 */
import { join } from 'node:path'
import { shellCommand } from '#scripts/package'
import { shellQuoted } from '../format.ts'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { codeOf, NOT_REGULAR, readFailureReason } from '../io/failure.ts'
import type { Files } from '../io/files.ts'
import { parseJson, Real } from '../io/json.ts'
import { textOrThrow } from '../io/text.ts'
import { isSameOwner, ownerOf, type Processes } from '../io/lock.ts'

export type ListedState = 'running' | 'finished' | 'interrupted' | 'diverged'

/** The accuracy after an epoch. */
export type EpochAccuracy = {
  /** How many of the n examples are classified correctly. */
  readonly correct: number
  /** The number of examples. */
  readonly n: number
}

/** What the folder of a run says. */
export type ListedRun = {
  /** The folder of the run. */
  readonly path: string
  /** Whether it is running, or how it has ended. */
  readonly state: ListedState
  /** The contents of `config.json`. */
  readonly config: Readonly<Record<string, unknown>>
  /** The name of its data, such as MNIST; undefined in a folder that does not say it. */
  readonly data: string | undefined
  /** The number of complete epochs. */
  readonly epochs: number
  /** The evaluation accuracy after each of them, if it was monitored: `correct` of `n`. */
  readonly accuracies: readonly EpochAccuracy[]
}

const Scalar = t.union([t.string, t.number, t.boolean])
/** Settings as --config reads them: nothing in them is nested. */
const Config = t.record(t.string, t.union([Scalar, t.array(Scalar)]))
const Machine = t.type({ data: t.string })
const Line = t.intersection([
  t.type({ epoch: t.number }),
  t.partial({ evaluationAccuracy: Real, evaluationSize: t.number }),
])
const Outcome = t.type({
  outcome: t.union([t.literal('done'), t.literal('diverged'), t.literal('stopped')]),
})

const STATES = { done: 'finished', diverged: 'diverged', stopped: 'interrupted' } as const

const text = async (files: Files, folder: string, name: string): Promise<string | undefined> => {
  try {
    return textOrThrow(name, await files.read(join(folder, name)))
  } catch (error) {
    // A missing file, or something that is not a file, is skipped. Other errors are thrown.
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'ELOOP', 'ENXIO', NOT_REGULAR].includes(codeOf(error)))
      return undefined
    throw error
  }
}

const decoded = <A>(type: t.Type<A, unknown>, json: string | undefined): A | undefined => {
  const parsed = json === undefined ? E.left('nothing') : parseJson(json)
  const value = E.isRight(parsed) ? type.decode(parsed.right) : undefined
  return value !== undefined && E.isRight(value) ? value.right : undefined
}

/** The command that trains with the settings of a diverged run, but for a smaller learning rate. */
export const withSmallerEta = (path: string, eta: number): string =>
  shellCommand(
    'train',
    `--config ${shellQuoted(join(path, 'config.json'))} --eta ${Number((eta / 10).toPrecision(3))}`,
  )

/** The run in a folder; undefined if there is none. Files that cannot be read are skipped. */
export const describeRunFolder = async (
  files: Files,
  processes: Processes,
  path: string,
): Promise<ListedRun | undefined> => {
  const config = decoded(Config, await text(files, path, 'config.json'))
  if (config === undefined) return undefined
  const lines = ((await text(files, path, 'metrics.jsonl')) ?? '')
    .split('\n')
    .flatMap(line => decoded(Line, line) ?? [])
  const result = decoded(Outcome, await text(files, path, 'result.json'))
  const owner = await ownerOf(files, processes, path)
  // a process that lists its own run has finished it
  const isOwned = owner !== undefined && !isSameOwner(owner, processes.me)
  return {
    path,
    config,
    data: decoded(Machine, await text(files, path, 'env.json'))?.data,
    state: isOwned ? 'running' : result === undefined ? 'interrupted' : STATES[result.outcome],
    epochs: lines.length,
    accuracies: lines.flatMap(({ evaluationAccuracy: correct, evaluationSize: n }) =>
      correct === undefined || n === undefined ? [] : [{ correct, n }],
    ),
  }
}

/**
 * All runs in a folder, sorted by name; names begin with the time, so the oldest is first.
 *
 * @param warn is called with a sentence on each folder that cannot be read; the others are listed all the same
 */
export const listRuns = async (
  files: Files,
  processes: Processes,
  folder: string,
  warn: (line: string) => void,
): Promise<readonly ListedRun[]> => {
  // the link, or the temporary link of a killed process
  const names = (await files.list(folder)).filter(name => !/^latest(\.\d+\.tmp)?$/.test(name))
  const all = await Promise.all(
    [...names].sort().map(name =>
      describeRunFolder(files, processes, join(folder, name)).catch((error: unknown) => {
        warn(`${join(folder, name)} cannot be read: ${readFailureReason(error)}`)
        return undefined
      }),
    ),
  )
  return all.flatMap(run => run ?? [])
}

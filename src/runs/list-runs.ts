/**
 * The runs that there are, and how far each has come.
 */
import { join } from 'node:path'
import * as E from 'fp-ts/lib/Either.js'
import * as t from 'io-ts'
import { codeOf } from '../io/failure.ts'
import type { Files } from '../io/files.ts'
import { parseJson, Real } from '../io/json.ts'
import { ownerOf, type Processes } from '../io/lock.ts'

export type ListedState = 'running' | 'finished' | 'interrupted' | 'diverged'

export type ListedRun = {
  readonly path: string
  readonly state: ListedState
  /** As `config.json` has them. */
  readonly config: Readonly<Record<string, unknown>>
  /** Whole epochs. */
  readonly epochs: number
  /** The evaluation accuracies after each of them, as far as they were monitored: right answers of so many. */
  readonly accuracies: readonly { readonly correct: number; readonly n: number }[]
}

const Config = t.UnknownRecord
const Line = t.intersection([
  t.type({ epoch: t.number }),
  t.partial({ evaluationAccuracy: Real, evaluationSize: t.number }),
])
const Outcome = t.type({
  outcome: t.union([t.literal('done'), t.literal('diverged'), t.literal('stopped')]),
})

const STATES = { done: 'finished', diverged: 'diverged', stopped: 'interrupted' } as const

const text = async (files: Files, path: string): Promise<string | undefined> => {
  try {
    return new TextDecoder().decode(await files.read(path))
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES'].includes(codeOf(error))) return undefined
    throw error
  }
}

const decoded = <A>(type: t.Type<A, unknown>, json: string | undefined): A | undefined => {
  const parsed = json === undefined ? E.left('nothing') : parseJson(json)
  const value = E.isRight(parsed) ? type.decode(parsed.right) : undefined
  return value !== undefined && E.isRight(value) ? value.right : undefined
}

/** What a folder says of its run; nothing, if there is none in it. What cannot be read in it is left out. */
export const describeRunFolder = async (
  files: Files,
  processes: Processes,
  path: string,
): Promise<ListedRun | undefined> => {
  const config = decoded(Config, await text(files, join(path, 'config.json')))
  if (config === undefined) return undefined
  const lines = ((await text(files, join(path, 'metrics.jsonl'))) ?? '')
    .split('\n')
    .flatMap(line => decoded(Line, line) ?? [])
  const result = decoded(Outcome, await text(files, join(path, 'result.json')))
  const owner = await ownerOf(files, processes, path)
  // whoever asks about a run of his own asks how it has ended
  const { me } = processes
  const isOwned = owner !== undefined && !(owner.pid === me.pid && owner.host === me.host)
  return {
    path,
    config,
    state: isOwned ? 'running' : result === undefined ? 'interrupted' : STATES[result.outcome],
    epochs: lines.length,
    accuracies: lines.flatMap(({ evaluationAccuracy: correct, evaluationSize: n }) =>
      correct === undefined || n === undefined ? [] : [{ correct, n }],
    ),
  }
}

/** All runs in a folder, by name: the oldest first, where names begin with the time. */
export const listRuns = async (
  files: Files,
  processes: Processes,
  folder: string,
): Promise<readonly ListedRun[]> => {
  // the link, or one that a killed process was about to put in its place
  const names = (await files.list(folder)).filter(name => !/^latest(\.\d+\.tmp)?$/.test(name))
  const all = await Promise.all(
    [...names].sort().map(name => describeRunFolder(files, processes, join(folder, name))),
  )
  return all.flatMap(run => run ?? [])
}

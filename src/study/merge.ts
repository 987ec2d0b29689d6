/**
 * Merging shards: the results of several folders go into the journal of one.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import type { AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { decodeTrialResult } from './decode-trial.ts'
import { openJournal } from './journal.ts'
import { withLockedFolder } from './run-trials.ts'
import { JOURNAL, readResults, readStudy, shardsIn } from './study-folder.ts'
import { subjectOf, type Study } from './study-plan.ts'
import { usableResults, type TrialResult, type TrialResults } from './trial.ts'

export type Merged = {
  readonly study: Study
  /** How many results are new in the first folder. */
  readonly added: number
  /** All of them. */
  readonly results: TrialResults
}

/**
 * Adds the results of all folders, and of the shards in them, to the journal in the first folder.
 *
 * @param folders each belongs to the study of the first
 */
export const mergeShards = (
  env: Env,
  folders: readonly [first: string, ...others: readonly string[]],
): TE.TaskEither<AppError, Merged> =>
  pipe(
    readStudy(env, folders[0]),
    TE.bindTo('study'),
    TE.bind('found', ({ study }) => resultsIn(env, folders, study)),
    TE.flatMap(({ study, found }) =>
      withLockedFolder(env, folders[0], () =>
        pipe(
          addToJournal(join(folders[0], JOURNAL), study, found),
          TE.map(added => ({ study, ...added })),
        ),
      ),
    ),
  )

const resultsIn = (
  env: Env,
  folders: readonly string[],
  study: Study,
): TE.TaskEither<AppError, readonly TrialResult[]> =>
  pipe(
    folders,
    TE.traverseSeqArray(folder =>
      pipe(
        shardsIn(env, folder),
        TE.flatMap(shards =>
          TE.traverseSeqArray((each: string) => readResults(env, each, study))([folder, ...shards]),
        ),
      ),
    ),
    TE.map(all => all.flat().flatMap(results => [...results.values()])),
  )

const addToJournal = (
  file: string,
  study: Study,
  found: readonly TrialResult[],
): TE.TaskEither<AppError, Omit<Merged, 'study'>> =>
  TE.bracket(
    TE.fromIOEither(openJournal(file, subjectOf(study), decodeTrialResult)),
    journal => {
      const known = usableResults(journal.entries)
      const missing = [...usableResults(found).values()].filter(({ id }) => !known.has(id))
      return pipe(
        missing,
        TE.traverseSeqArray(result => TE.fromIOEither(journal.append(result))),
        TE.map(() => ({ added: missing.length, results: usableResults([...journal.entries, ...missing]) })),
      )
    },
    journal => TE.fromIO(journal.close),
  )

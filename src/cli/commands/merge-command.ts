/**
 * `npm run merge`: what the shards of a study found out, in one journal.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import type { Options } from 'yargs'
import type { AppError } from '../../errors.ts'
import { firstById, openJournal } from '../../study/journal.ts'
import { planStudy, subjectOf, type Study } from '../../study/study-plan.ts'
import { studyOutcome, outstanding } from '../../study/study.ts'
import { TrialResult, type TrialResults } from '../../study/trial.ts'
import { toJson } from '../../io/json.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import { withLockedFolder } from '../../study/run-trials.ts'
import * as F from '../../options/decode.ts'
import { commonOptions } from '../../options/train-options.ts'
import { JOURNAL, readResults, readStudy, shardsIn } from '../../study/study-folder.ts'

export const mergeOptions = {
  json: commonOptions.json,
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type MergeFlags = { readonly folders: readonly string[]; readonly json: boolean }

export const mergeCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, MergeFlags, CliEnv>(
      pipe(
        F.decodeAll({
          folders: F.positionals('DIR', 'the --out of the shards, such as runs/compare')(argv),
          json: F.toggle('json')(argv),
        }),
        E.mapLeft(F.oneError),
      ),
    ),
    RTE.flatMap(merge),
  )

/** Into the first folder, from all of them. */
const merge =
  ({ folders, json }: MergeFlags): CommandEffect<void> =>
  env => {
    const [first = ''] = folders
    return pipe(
      readStudy(env, first),
      TE.bindTo('study'),
      TE.bind('found', ({ study }) => found(env, folders, study)),
      TE.flatMap(({ study, found }) =>
        withLockedFolder(env, first, () =>
          pipe(
            add(join(first, JOURNAL), study, found),
            TE.map(({ added, results }) => {
              const plan = planStudy(study)
              const left = outstanding(plan, results).length
              const done = studyOutcome(plan, results) !== undefined
              if (json)
                env.out(toJson({ event: 'merged', added, trials: results.size, outstanding: left, done }))
              else
                env.out(
                  `${added} trials are new in ${join(first, JOURNAL)}, ${results.size} in all. ` +
                    (done
                      ? `The study is done: the command of any shard, or npm run study -- show ${first}, tells what it came to.`
                      : `${left} can be done next: start the shards again.`),
                )
            }),
          ),
        ),
      ),
    )
  }

const found = (
  env: CliEnv,
  folders: readonly string[],
  study: Study,
): TE.TaskEither<AppError, readonly TrialResult[]> =>
  pipe(
    folders,
    TE.traverseSeqArray(folder =>
      pipe(
        shardsIn(env, folder),
        TE.flatMap(TE.traverseSeqArray(shard => readResults(env, shard, study))),
        TE.flatMap(shards =>
          pipe(
            readResults(env, folder, study),
            TE.map(own => [own, ...shards]),
          ),
        ),
      ),
    ),
    TE.map(all => all.flat().flatMap(results => [...results.values()])),
  )

const add = (
  file: string,
  study: Study,
  found: readonly TrialResult[],
): TE.TaskEither<AppError, { readonly added: number; readonly results: TrialResults }> =>
  pipe(
    TE.fromIOEither(openJournal(file, subjectOf(study), TrialResult)),
    TE.flatMap(journal => {
      const known = firstById(journal.entries)
      const lacking = [...firstById(found).values()].filter(({ id }) => !known.has(id))
      return pipe(
        lacking,
        TE.traverseSeqArray(result => TE.fromIOEither(journal.append(result))),
        TE.map(() => ({ added: lacking.length, results: firstById([...journal.entries, ...lacking]) })),
        TE.tapIO(() => journal.close),
      )
    }),
  )

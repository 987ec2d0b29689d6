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
import { planOf, subjectOf, type Study } from '../../study/study-plan.ts'
import { outcome, outstanding } from '../../study/study.ts'
import { Result, type Results } from '../../study/trial.ts'
import { toJson } from '../../io/json.ts'
import type { Env, Program } from '../../io/env.ts'
import { inFolder } from '../../study/run-trials.ts'
import * as F from '../../options/decode.ts'
import { commonOptions } from '../../options/train-options.ts'
import { JOURNAL, readResults, readStudy, shardsIn } from '../../study/study-folder.ts'

export const mergeOptions = {
  json: commonOptions.json,
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type MergeFlags = { readonly folders: readonly string[]; readonly json: boolean }

export const mergeCommand = (argv: F.Argv): Program<void> =>
  pipe(
    RTE.fromEither<AppError, MergeFlags, Env>(
      pipe(
        F.all({
          folders: F.words('DIR', 'the --out of the shards, such as runs/compare')(argv),
          json: F.toggle('json')(argv),
        }),
        E.mapLeft(F.oneError),
      ),
    ),
    RTE.flatMap(merge),
  )

/** Into the first folder, from all of them. */
const merge =
  ({ folders, json }: MergeFlags): Program<void> =>
  env => {
    const [first = ''] = folders
    return pipe(
      readStudy(env, first),
      TE.bindTo('study'),
      TE.bind('found', ({ study }) => found(env, folders, study)),
      TE.flatMap(({ study, found }) =>
        inFolder(env, first, () =>
          pipe(
            add(join(first, JOURNAL), study, found),
            TE.map(({ added, results }) => {
              const plan = planOf(study)
              const left = outstanding(plan, results).length
              const done = outcome(plan, results) !== undefined
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
  env: Env,
  folders: readonly string[],
  study: Study,
): TE.TaskEither<AppError, readonly Result[]> =>
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
  found: readonly Result[],
): TE.TaskEither<AppError, { readonly added: number; readonly results: Results }> =>
  pipe(
    TE.fromIOEither(openJournal(file, subjectOf(study), Result)),
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

/**
 * `npm run merge`: puts the results of a study's shards into one journal.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import type { Options } from 'yargs'
import type { AppError } from '../../errors.ts'
import { mergeShards } from '../../study/merge.ts'
import { planStudy } from '../../study/study-plan.ts'
import { studyOutcome, outstanding } from '../../study/study.ts'
import { toJson } from '../../io/json.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { commonOptions } from '../../options/train-options.ts'
import { JOURNAL } from '../../study/study-folder.ts'

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
    const [first = '', ...others] = folders
    return pipe(
      mergeShards(env, [first, ...others]),
      TE.map(({ study, added, results }) => {
        const plan = planStudy(study)
        const left = outstanding(plan, results).length
        const done = studyOutcome(plan, results) !== undefined
        env.out(
          json
            ? toJson({ event: 'merged', added, trials: results.size, outstanding: left, done })
            : `${added} results are new in ${join(first, JOURNAL)}, which has ${results.size}. ` +
                (done
                  ? `The study is done: the command of any shard, or npm run study -- show ${first}, prints its outcome.`
                  : `${left} trials can be done next: start the shards again.`),
        )
      }),
    )
  }

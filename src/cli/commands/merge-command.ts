/**
 * `merge`: merges the results of the shards of a study into one journal.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { join } from 'node:path'
import { shellCommand } from '#scripts/package'
import { toJson } from '../../io/json.ts'
import { outputOptions } from '../../options/train-options.ts'
import { mergeShards } from '../../study/merge.ts'
import { JOURNAL } from '../../study/study-folder.ts'
import { planStudy } from '../../study/study-plan.ts'
import { outstanding, searchFailure, studyOutcome } from '../../study/study.ts'
import { defineCommand } from '../command.ts'
import { counted, shellQuoted } from '../../format.ts'

export const mergeCommand = defineCommand({
  describe: 'Merges the results of the shards of a comparison into one journal.',
  positionals: { usage: 'DIR…', example: 'the --out of the shards, such as runs/compare' },
  options: outputOptions,
  examples: [['runs/compare', 'when all shards are done']],
  run: ({ json }, env, folders) => {
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
            : `${counted(added, 'result is new', 'results are new')} in ${join(first, JOURNAL)}, which has ${results.size}. ` +
                (done
                  ? `The study is done: the command of any shard, or ${shellCommand('study', `show ${shellQuoted(first)}`)}, prints its outcome.`
                  : (searchFailure(plan, results)?.message ??
                    `${counted(left, 'trial')} can be done next: start the shards again.`)),
        )
      }),
    )
  },
})

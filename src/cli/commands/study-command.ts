/**
 * `study show DIR`: all trials of a study, and its outcome.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shellCommand } from '#scripts/package'
import { usageError, type AppError } from '../../errors.ts'
import { toJson } from '../../io/json.ts'
import { outputOptions } from '../../options/train-options.ts'
import { describeOutcome, describePlan, trialTable } from '../../report/text/study-text.ts'
import { readResults, readStudy } from '../../study/study-folder.ts'
import { dataNameOf, planStudy } from '../../study/study-plan.ts'
import { outstanding, searchFailure, stages, studyOutcome } from '../../study/study.ts'
import type { CliEnv } from '../cli-env.ts'
import { defineCommand } from '../command.ts'
import { counted, toWidth } from '../../format.ts'

const EXAMPLE = 'show runs/compare'

export const studyCommand = defineCommand({
  describe: 'Shows the trials of a comparison, and its verdict.',
  positionals: { usage: 'show DIR', example: shellCommand('study', EXAMPLE) },
  options: outputOptions,
  examples: [[EXAMPLE, 'its trials, and its verdict']],
  run: ({ json }, env, [what, folder, ...more]) =>
    what === 'show' && folder !== undefined && more.length === 0
      ? show(folder, json, env)
      : TE.left(
          usageError(
            `study ${String(what)}: unknown action, or no folder`,
            `give ${shellCommand('study', EXAMPLE)}`,
          ),
        ),
})

const show = (folder: string, json: boolean, env: CliEnv): TE.TaskEither<AppError, void> =>
  pipe(
    readStudy(env, folder),
    TE.bindTo('study'),
    TE.bind('results', ({ study }) => readResults(env, folder, study)),
    TE.map(({ study, results }) => {
      const plan = planStudy(study)
      const ended = studyOutcome(plan, results)
      if (json) {
        for (const [r, of] of plan.searches.entries())
          for (const { arm, search, final } of stages(of, results))
            for (const trial of [...search.flat(), ...(final?.trials ?? [])])
              env.out(toJson({ event: 'trial', search: r + 1, arm, ...trial, result: results.get(trial.id) }))
        env.out(toJson({ event: 'done', data: dataNameOf(study), outcome: ended }))
        return
      }
      for (const line of [
        ...describePlan(plan),
        '',
        ...trialTable(plan, results),
        ...(ended === undefined
          ? [
              searchFailure(plan, results)?.message ??
                `${counted(results.size, 'trial is done', 'trials are done')}; ${outstanding(plan, results).length} can be done next.`,
            ]
          : describeOutcome(plan, results, ended)),
      ])
        for (const part of toWidth(env.columns)(line)) env.out(part)
    }),
  )

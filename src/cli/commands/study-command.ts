/**
 * `study show DIR`: all trials of a study, and its outcome. `study watch DIR`: how far it is, while another process runs it.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shellCommand } from '#scripts/package'
import { usageError, type AppError } from '../../errors.ts'
import { toJson } from '../../io/json.ts'
import { outputOptions } from '../../options/train-options.ts'
import {
  describeOutcome,
  describePlan,
  lookLine,
  outcomeSentence,
  progressLine,
  speedText,
  trialTable,
} from '../../report/text/study-text.ts'
import { readResults, readStudy } from '../../study/study-folder.ts'
import { dataNameOf, planStudy } from '../../study/study-plan.ts'
import { outstanding, searchFailure, stages, studyOutcome } from '../../study/study.ts'
import { watchStudy } from '../../study/watch-study.ts'
import type { CliEnv } from '../cli-env.ts'
import { defineCommand } from '../command.ts'
import { counted, toWidth } from '../../format.ts'

const EXAMPLE = 'show runs/compare'

export const studyCommand = defineCommand({
  describe: 'Shows the trials of a comparison and its verdict, or watches it while it runs.',
  positionals: { usage: 'show|watch DIR', example: shellCommand('study', EXAMPLE) },
  options: outputOptions,
  examples: [
    [EXAMPLE, 'its trials, and its verdict'],
    ['watch runs/compare', 'how far it is, until it ends'],
  ],
  run: ({ json }, env, [what, folder, ...more]) => {
    const action = what === 'show' ? show : what === 'watch' ? watch : undefined
    return action !== undefined && folder !== undefined && more.length === 0
      ? action(folder, json, env)
      : TE.left(
          usageError(
            `study ${String(what)}: unknown action, or no folder`,
            `give ${shellCommand('study', EXAMPLE)}, or watch and a folder`,
          ),
        )
  },
})

/** A bar in a terminal; elsewhere a line for each change. A look gets a line in both. */
const watch = (folder: string, json: boolean, env: CliEnv): TE.TaskEither<AppError, void> => {
  const bar = json ? undefined : env.bar
  const print = (line: string): void => {
    bar?.clear()
    for (const part of toWidth(env.columns)(line)) env.out(part)
  }
  let looks = 0
  // what a journal has that does not count is said once, and not with each reading
  const said = new Set<string>()
  const log = (line: string): void => {
    if (!said.has(line)) env.log(line)
    said.add(line)
  }
  return pipe(
    watchStudy({ ...env, log }, folder, progress => {
      if (json) {
        env.out(toJson({ event: 'progress', ...progress }))
        return
      }
      for (const look of progress.looks.slice(looks)) print(lookLine(look))
      looks = progress.looks.length
      const { done, left, speed } = progress
      if (bar === undefined) print(progressLine(progress))
      else
        bar.update(
          done.work / (done.work + left.work),
          `${done.trials} of ${done.trials + left.trials} trials`,
          speed === undefined ? '' : speedText(speed),
        )
    }),
    TE.map(end => {
      bar?.clear()
      if (end.kind === 'stopped') return
      const sentence =
        end.kind === 'outcome'
          ? outcomeSentence(end.plan, end.outcome)
          : end.kind === 'failed'
            ? end.why
            : 'No process runs this study. The same compare command continues it.'
      if (json) env.out(toJson({ event: 'end', reason: end.kind, sentence }))
      else print(sentence)
    }),
  )
}

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

/**
 * `npm run study -- show DIR`: all trials of a study, and what it came to.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as E from 'fp-ts/lib/Either.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Options } from 'yargs'
import { usageError, type AppError } from '../../errors.ts'
import { planStudy } from '../../study/study-plan.ts'
import { studyOutcome, outstanding, stages } from '../../study/study.ts'
import { toJson } from '../../io/json.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import * as F from '../../options/decode.ts'
import { commonOptions } from '../../options/train-options.ts'
import { readResults, readStudy } from '../../study/study-folder.ts'
import { describeOutcome, describePlan, toWidth, trialTable } from '../../report/text/study-text.ts'

export const studyOptions = {
  json: commonOptions.json,
  debug: commonOptions.debug,
} satisfies Record<string, Options>

type StudyFlags = { readonly words: readonly string[]; readonly json: boolean }

const EXAMPLE = 'npm run study -- show runs/compare'

export const studyCommand = (argv: F.Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, StudyFlags, CliEnv>(
      pipe(
        F.decodeAll({ words: F.positionals('show DIR', EXAMPLE)(argv), json: F.toggle('json')(argv) }),
        E.mapLeft(F.oneError),
      ),
    ),
    RTE.flatMap(({ words: [what, folder, ...more], json }) =>
      what === 'show' && folder !== undefined && more.length === 0
        ? show(folder, json)
        : RTE.left(
            usageError(
              `study ${argv._ === undefined ? '' : String(what)}: not understood`,
              `give ${EXAMPLE}`,
            ),
          ),
    ),
  )

const show =
  (folder: string, json: boolean): CommandEffect<void> =>
  env =>
    pipe(
      readStudy(env, folder),
      TE.bindTo('study'),
      TE.bind('results', ({ study }) => readResults(env, folder, study)),
      TE.map(({ study, results }) => {
        const plan = planStudy(study)
        const ended = studyOutcome(plan, results)
        if (json) {
          for (const { arm, search, final } of stages(plan, results))
            for (const trial of [...search.flat(), ...(final?.trials ?? [])])
              env.out(toJson({ event: 'trial', arm, ...trial, result: results.get(trial.id) }))
          env.out(toJson({ event: 'done', outcome: ended }))
          return
        }
        const left = outstanding(plan, results).length
        for (const line of [
          ...describePlan(plan),
          '',
          ...trialTable(plan, results),
          ...(ended === undefined
            ? [`${results.size} trials are done; ${left} can be done next.`]
            : describeOutcome(plan, results, ended)),
        ])
          env.out(toWidth(env.columns)(line))
      }),
    )

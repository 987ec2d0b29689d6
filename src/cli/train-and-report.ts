/**
 * A training as the command line runs it: what it needs is loaded, it trains and prints, and its network, its report and
 * its errors reach the reader.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { shellCommand } from '#scripts/package'
import { interrupted, usageError, type AppError } from '../errors.ts'
import { grouped, shellQuoted } from '../format.ts'
import { toJson } from '../io/json.ts'
import { encodeModel, type DataIdentity, type ModelFile } from '../io/model.ts'
import { exists } from '../io/read.ts'
import { canWrite, writeText } from '../io/write.ts'
import { typedTrainFlags } from '../options/flag-text.ts'
import type { TrainFlags } from '../options/train-options.ts'
import { checkSaveFlags } from '../runs/open-run.ts'
import { dryRun } from '../runs/dry-run.ts'
import { loadResources, readModel, type Resources } from '../runs/resources.ts'
import { asSettings, modelOf, planRun, sizesFor, type PlannedRun, type RunConfig } from '../runs/run-plan.ts'
import type { TrainSnapshot } from '../runs/saves.ts'
import { withSmallerEta } from '../runs/list-runs.ts'
import { trainRun, type FinishedRun } from '../runs/train-run.ts'
import type { CliEnv } from './cli-env.ts'
import { dryRunLines } from './dry-run-text.ts'
import { jsonReporter, textReporter, type Reporter } from './reporter.ts'

/** Trains with the settings of a command line, or prints what it would do. */
export const trainAndReport = (flags: TrainFlags, env: CliEnv): TE.TaskEither<AppError, void> =>
  pipe(
    TE.fromEither(checkSaveFlags(flags)),
    TE.flatMap(() => initialModel(flags)),
    TE.bindTo('model'),
    TE.tap(() => (flags.save === undefined ? TE.right(undefined) : canWrite('--save', flags.save))),
    TE.bindW('resources', ({ model }) => loadResources({ ...flags, sizesFor: sizesFor(flags, model) }, env)),
    TE.bindW('run', ({ model, resources }) => TE.fromEither(planRun(flags, model, resources.dataset))),
    TE.flatMap(({ resources, run }) =>
      flags.printConfig
        ? printSettings(env, resources, run)
        : flags.link
          ? printLink(env, resources, run)
          : flags.dryRun
            ? printDryRun(env, flags, resources, run)
            : perform(env, flags, resources, run),
    ),
  )

/** The network to start from, if `--init` names a file; it must not contradict `--sizes`. */
const initialModel = ({ init, sizes, resume }: TrainFlags): TE.TaskEither<AppError, ModelFile | undefined> =>
  init.kind === 'start' || resume !== undefined
    ? TE.right(undefined)
    : pipe(
        readModel(init.file),
        TE.filterOrElse(
          model => sizes === undefined || String(sizes) === String(model.sizes),
          (model): AppError =>
            usageError(
              `--sizes ${String(sizes)}: the network in ${init.file} has sizes ${String(model.sizes)}`,
              'leave --sizes out, or start from another file',
            ),
        ),
      )

/** Prints the final settings, as `--config` reads them. */
const printSettings = (
  env: CliEnv,
  { interpreter }: Resources,
  { config }: PlannedRun,
): TE.TaskEither<AppError, void> =>
  TE.fromIO(() => {
    interpreter.dispose()
    for (const line of toJson(asSettings(config), 2).split('\n')) env.out(line)
  })

/** Prints a link to the page with the final settings. */
const printLink = (
  env: CliEnv,
  { interpreter }: Resources,
  { config }: PlannedRun,
): TE.TaskEither<AppError, void> => {
  interpreter.dispose()
  return pipe(
    TE.fromTask(() => import('../web/page/page-link.ts')),
    TE.tapIO(({ PAGE_TEST_SIZE }) => () => {
      if (config.selectOn !== undefined)
        env.log(
          `network2: when to stop and when to lower η, the page decides by the first ${grouped(PAGE_TEST_SIZE)} test images, this command by its whole evaluation set: they may come to other networks`,
        )
    }),
    TE.flatMapEither(({ linkOfFlags }) => linkOfFlags(typedTrainFlags(asSettings(config)))),
    TE.map(env.out),
  )
}

const printDryRun = (
  env: CliEnv,
  flags: TrainFlags,
  resources: Resources,
  run: PlannedRun,
): TE.TaskEither<AppError, void> =>
  TE.fromIO(() => {
    const estimate = dryRun(env, resources, run)
    const folder = flags.resume ?? flags.out ?? '(a new one)'
    for (const line of dryRunLines(resources, run, estimate, folder, flags.json)) env.out(line)
  })

/** Trains, saves, and prints how it ended. */
const perform = (
  env: CliEnv,
  flags: TrainFlags,
  resources: Resources,
  run: PlannedRun,
): TE.TaskEither<AppError, void> => {
  const { name } = resources.dataset
  const reporter = flags.json
    ? jsonReporter(env, run.config, name)
    : textReporter(env, run.config, name, flags)
  let interruption: AppError | undefined
  return pipe(
    trainRun(env, flags, resources, run, {
      listener: reporter,
      beforeUnlock: finished => {
        interruption = interruptionOf(env, finished)
        return interruption === undefined ? writeReport(env, finished) : TE.right(undefined)
      },
    }),
    TE.flatMap(finished => end(flags.save, reporter, run.config, finished)),
    TE.flatMap(() => (interruption === undefined ? TE.right(undefined) : TE.left(interruption))),
  )
}

/** The error of a program that was asked to stop when its training was complete, but not its report. */
const interruptionOf = (
  { stopReason }: CliEnv,
  { outcome, path, snapshot }: FinishedRun,
): AppError | undefined => {
  const by = stopReason()
  return by === undefined || outcome !== 'done' || path === undefined
    ? undefined
    : interrupted(
        by,
        `stopped after epoch ${snapshot.epochs}, the last one: the result is saved, but no report was written`,
        `to write it: ${shellCommand('report', shellQuoted(path))}`,
      )
}

/** The run is complete without its report. */
const writeReport = (env: CliEnv, { path }: FinishedRun): TE.TaskEither<AppError, void> =>
  path === undefined
    ? TE.right(undefined)
    : pipe(
        TE.fromTask(() => import('../report/read-run.ts')),
        TE.flatMap(({ writeRunReport }) => writeRunReport(env, path)),
        TE.asUnit,
        TE.orElse(({ message }) =>
          TE.fromIO(() => env.log(`network2: the report was not written: ${message}`)),
        ),
      )

const end = (
  save: string | undefined,
  reporter: Reporter,
  config: RunConfig,
  finished: FinishedRun,
): TE.TaskEither<AppError, void> => {
  const { outcome, seconds, snapshot, stopReason, failure, path, last, best, trainedOn } = finished
  const { epochs } = snapshot
  return pipe(
    saveNetwork(save, config, snapshot, trainedOn),
    TE.flatMap(saved => {
      reporter.end({
        outcome,
        epochs,
        seconds,
        last,
        best,
        saved: saved ? save : undefined,
        run: path,
        over: stopReason,
      })
      return failure === undefined
        ? TE.right(undefined)
        : TE.left(failure(whereItIs(save, saved, finished, config)))
    }),
  )
}

/** Writes the network; one that has not been trained never replaces a file. */
const saveNetwork = (
  file: string | undefined,
  config: RunConfig,
  { epochs: done, layers }: TrainSnapshot,
  trainedOn: DataIdentity,
): TE.TaskEither<AppError, boolean> => {
  if (file === undefined) return TE.right(false)
  return pipe(
    done === 0 && config.epochs > 0 ? exists(file) : TE.right(false),
    TE.flatMap(leave =>
      leave
        ? TE.right(false)
        : pipe(
            writeText(file, encodeModel(modelOf(config, layers, trainedOn))),
            TE.map(() => true),
          ),
    ),
  )
}

/** Where the network of an unfinished run is. */
const whereItIs = (
  file: string | undefined,
  saved: boolean,
  { snapshot: { epochs }, path, outcome }: FinishedRun,
  { eta }: RunConfig,
): readonly string[] => {
  const network =
    file === undefined
      ? []
      : [
          saved
            ? `${file} has the network ${epochs === 0 ? 'from before the first epoch' : `after epoch ${epochs}`}`
            : `${file} is unchanged, because no epoch was completed`,
        ]
  const run =
    path === undefined
      ? []
      : outcome === 'diverged'
        ? // resumed, it would diverge again
          [`with a smaller eta: ${withSmallerEta(path, eta)}`]
        : [`resume: ${shellCommand('train', `--resume ${shellQuoted(path)}`)}`]
  const all = [...network, ...run]
  return all.length > 0 ? all : ['--save FILE.json would save the last good network']
}

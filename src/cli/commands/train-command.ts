/**
 * `npm run train`: trains a network, and tells of each epoch.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { fingerprint } from '../../data/fingerprint.ts'
import { usageError, type AppError } from '../../errors.ts'
import type { RunResult } from '../../runs/run-folder.ts'
import { bestEpoch, monitored } from '../../runs/history.ts'
import { toJson } from '../../io/json.ts'
import { canWrite, writeText } from '../../io/write.ts'
import { exists } from '../../io/read.ts'
import { encodeModel, type ModelFile } from '../../io/model.ts'
import { asSettings, planRun, sizesFor, type RunConfig, type PlannedRun } from '../../runs/run-plan.ts'
import type { CliEnv, CommandEffect } from '../cli-env.ts'
import type { Argv } from '../../options/decode.ts'
import { trainSession, type SessionResult } from '../../runs/session.ts'
import { openRecorder, type Origin, type Recorder, type TrainSnapshot } from '../../runs/recorder.ts'
import { dryRun } from '../../runs/dry-run.ts'
import { readModel, resources, type Resources } from '../../runs/resources.ts'
import { trainFlags, type TrainFlags } from '../../options/train-options.ts'
import { jsonReporter, textReporter, type Reporter } from '../reporter.ts'
import { shellQuoted } from '../../format.ts'

export const trainCommand = (argv: Argv): CommandEffect<void> =>
  pipe(
    RTE.fromEither<AppError, TrainFlags, CliEnv>(trainFlags(argv)),
    RTE.bindTo('flags'),
    RTE.bindW('model', ({ flags }) => initialModel(flags)),
    RTE.tap(({ flags: { save } }) =>
      save === undefined ? RTE.of(undefined) : RTE.fromTaskEither(canWrite('--save', save)),
    ),
    RTE.bindW('having', ({ flags, model }) => resources({ ...flags, sizesFor: sizesFor(flags, model) })),
    RTE.bindW('run', ({ flags, model, having }) =>
      RTE.fromEither(planRun({ ...flags, backend: having.backend.name }, model, having.dataset)),
    ),
    RTE.flatMap(({ flags, having, run }) =>
      flags.printConfig
        ? printSettings(having, run)
        : flags.dryRun
          ? dryRun(flags, having, run)
          : perform(flags, having, run),
    ),
  )

/** The network to start from, where `--init` names a file; it must not contradict `--sizes`. */
const initialModel = ({ init, sizes, resume }: TrainFlags): CommandEffect<ModelFile | undefined> =>
  init.kind === 'start' || resume !== undefined
    ? RTE.of(undefined)
    : pipe(
        RTE.fromTaskEither(readModel(init.file)),
        RTE.filterOrElse(
          model => sizes === undefined || String(sizes) === String(model.sizes),
          (model): AppError =>
            usageError(
              `--sizes ${String(sizes)}: the network in ${init.file} has sizes ${String(model.sizes)}`,
              'leave --sizes out, or start from another file',
            ),
        ),
      )

/** What the settings came to, as `--config` takes them. */
const printSettings =
  ({ interpreter }: Resources, { config }: PlannedRun): CommandEffect<void> =>
  env => {
    interpreter.dispose()
    return TE.fromIO(() => env.out(toJson(asSettings(config), 2)))
  }

/** Trains, keeps what was learnt, also when it did not end well, and says how it ended. */
const perform =
  (flags: TrainFlags, having: Resources, run: PlannedRun): CommandEffect<void> =>
  env => {
    const { config } = run
    const teller = flags.json ? jsonReporter(env, config) : textReporter(env, config, flags.quiet)
    return pipe(
      openRecorder(env, flags, originOf(having, run)),
      TE.flatMap(recorder =>
        pipe(
          TE.fromTask(() => trainSession(env, teller, having, run, recorder)),
          TE.flatMap(learnt => conclude(flags, teller, run, recorder, learnt)),
          held => async () => {
            try {
              return await held()
            } finally {
              await recorder.release()
            }
          },
        ),
      ),
      TE.tapError(() => TE.fromIO(having.interpreter.dispose)),
    )
  }

const originOf = ({ dataset, backend, interpreter }: Resources, run: PlannedRun): Origin => ({
  config: run.config,
  initial: run.initial,
  dataHash: fingerprint([run.training, run.evaluation]),
  machine: {
    data: dataset.name,
    backend: backend.name,
    engine: interpreter.name,
    threads: backend.threads,
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    versions: backend.versions,
  },
})

/** Writes the network, but what has learnt nothing never over a file that is there. */
const saveNetwork = (
  file: string | undefined,
  { sizes, cost, epochs }: RunConfig,
  { epochs: done, layers }: TrainSnapshot,
): TE.TaskEither<AppError, boolean> => {
  if (file === undefined) return TE.right(false)
  return pipe(
    done === 0 && epochs > 0 ? exists(file) : TE.right(false),
    TE.flatMap(leave =>
      leave
        ? TE.right(false)
        : pipe(
            writeText(file, encodeModel({ sizes, cost, layers })),
            TE.map(() => true),
          ),
    ),
  )
}

/** Where what a run that did not end well has learnt can be found. */
const whereIs = (
  file: string | undefined,
  saved: boolean,
  epochs: number,
  path: string | undefined,
): string => {
  const network =
    file === undefined
      ? []
      : [
          saved
            ? `${file} has the network ${epochs === 0 ? 'from before the first epoch' : `after epoch ${epochs}`}`
            : `${file} is as it was, for nothing was learnt yet`,
        ]
  const run = path === undefined ? [] : [`resume: npm run train -- --resume ${shellQuoted(path)}`]
  const all = [...network, ...run]
  return all.length > 0 ? all.join('\n') : 'with --save FILE.json the last good network is kept'
}

const conclude = (
  { save }: TrainFlags,
  teller: Reporter,
  { config, evaluation }: PlannedRun,
  recorder: Recorder,
  { outcome, seconds, stand, sentence, over, failure }: SessionResult,
): TE.TaskEither<AppError, void> => {
  const { epochs, history } = stand
  const last = history.at(-1)?.report
  const best = config.monitor.includes('evaluationAccuracy')
    ? bestEpoch(history.map(({ report }) => report))
    : undefined
  const result: RunResult = {
    outcome,
    sentence,
    epochs,
    seconds: history.reduce((sum, timed) => sum + timed.seconds + timed.observing, 0),
    bestEpoch: best?.epoch,
    ...(last === undefined ? {} : monitored(last)),
  }
  return pipe(
    saveNetwork(save, config, stand),
    TE.tap(() => recorder.conclude(result, stand, evaluation)),
    TE.flatMap(saved => {
      const { path } = recorder
      teller.end({ outcome, epochs, seconds, last, best, saved: saved ? save : undefined, run: path, over })
      return failure === undefined
        ? TE.right(undefined)
        : TE.left(failure(whereIs(save, saved, epochs, path)))
    }),
  )
}

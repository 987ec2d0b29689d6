/**
 * `npm run train`: trains a network, and tells of each epoch.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as RTE from 'fp-ts/lib/ReaderTaskEither.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { costOf } from '../cost.ts'
import { diverged, interrupted, usage, type AppError } from '../errors.ts'
import { fromParams, toParams, type LayerValues } from '../params.ts'
import { free } from '../scope.ts'
import { canWrite, exists, writeText } from '../store/file.ts'
import { encodeModel, type Model } from '../store/model.ts'
import { train, type Event, type Report, type Sets } from '../train.ts'
import { comparesOutputs, orderOf, planRun, sizesFor, type Config, type Run } from './config.ts'
import { drive } from './drive.ts'
import type { Env, Program } from './env.ts'
import type { Argv } from './flags.ts'
import { readModel, resources, toBatch, type Resources } from './resources.ts'
import { trainFlags, type TrainFlags } from './settings.ts'
import { jsonTeller, personTeller, type Outcome, type Teller } from './teller.ts'

export const trainCommand = (argv: Argv): Program<void> =>
  pipe(
    RTE.fromEither<AppError, TrainFlags, Env>(trainFlags(argv)),
    RTE.bindTo('flags'),
    RTE.bindW('model', ({ flags }) => initialModel(flags)),
    RTE.tap(({ flags: { save } }) =>
      save === undefined ? RTE.of(undefined) : RTE.fromTaskEither(canWrite('--save', save)),
    ),
    RTE.bindW('having', ({ flags, model }) => resources({ ...flags, sizesFor: sizesFor(flags, model) })),
    RTE.bindW('run', ({ flags, model, having }) => RTE.fromEither(planRun(flags, model, having.dataset))),
    RTE.flatMap(({ flags, having, run }) => perform(flags, having, run)),
  )

/** The network to start from, where `--init` names a file; it must not contradict `--sizes`. */
const initialModel = ({ init, sizes }: TrainFlags): Program<Model | undefined> =>
  init.kind === 'start'
    ? RTE.of(undefined)
    : pipe(
        readModel(init.file),
        RTE.filterOrElse(
          model => sizes === undefined || String(sizes) === String(model.sizes),
          (model): AppError =>
            usage(
              `--sizes ${String(sizes)}: the network in ${init.file} has sizes ${String(model.sizes)}`,
              'leave --sizes out, or start from another file',
            ),
        ),
      )

/** Trains, saves what was learnt, also when it did not end well, and says how it ended. */
const perform =
  ({ save, json, quiet }: TrainFlags, having: Resources, run: Run): Program<void> =>
  env => {
    const { config } = run
    const teller = json ? jsonTeller(env, config) : personTeller(env, config, quiet)
    return pipe(
      TE.fromTask(() => learn(env, teller, having, run)),
      TE.bindTo('learnt'),
      TE.bindW('saved', ({ learnt }) => saveNetwork(save, config, learnt)),
      TE.flatMap(({ learnt: { outcome, epochs, seconds, last, best, failure }, saved }) => {
        teller.end({ outcome, epochs, seconds, last, best, saved: saved ? save : undefined })
        return failure === undefined ? TE.right(undefined) : TE.left(failure(whereIs(save, saved, epochs)))
      }),
    )
  }

/** Writes the network, but what has learnt nothing never over a file that is there. */
const saveNetwork = (
  file: string | undefined,
  { sizes, cost, epochs }: Config,
  learnt: Learnt,
): TE.TaskEither<AppError, boolean> => {
  if (file === undefined) return TE.right(false)
  return pipe(
    learnt.epochs === 0 && epochs > 0 ? exists(file) : TE.right(false),
    TE.flatMap(leave =>
      leave
        ? TE.right(false)
        : pipe(
            writeText(file, encodeModel({ sizes, cost, layers: learnt.kept })),
            TE.map(() => true),
          ),
    ),
  )
}

/** Where the network of a run that did not end well can be found. */
const whereIs = (file: string | undefined, saved: boolean, epochs: number): string =>
  file === undefined
    ? 'with --save FILE.json the last good network is kept'
    : !saved
      ? `${file} is as it was, for nothing was learnt yet`
      : `${file} has the network ${epochs === 0 ? 'from before the first epoch' : `after epoch ${epochs}`}`

/** What training came to. */
type Learnt = {
  readonly outcome: Outcome
  /** Whole epochs. */
  readonly epochs: number
  readonly seconds: number
  readonly last: Report | undefined
  readonly best: Report | undefined
  /** The last good network. */
  readonly kept: readonly LayerValues[]
  /** The error to end with, if any, once it is known where the network is. */
  readonly failure: ((where: string) => AppError) | undefined
}

const learn = async (
  env: Env,
  teller: Teller,
  { dataset, backend, interpreter }: Resources,
  { config, training, evaluation, initial }: Run,
): Promise<Learnt> => {
  if (!comparesOutputs(config.sizes))
    env.note('network2: accuracy is left out: it asks which output is the strongest, and there is only one')
  teller.start(dataset, backend, interpreter.name)
  const outputs = config.sizes.at(-1)!
  const observes = (set: string): boolean => config.monitors.some(monitor => monitor.startsWith(set))
  const params = toParams(initial)
  const trainingSet = toBatch(training, outputs)
  const sets: Sets = {
    training: trainingSet,
    observed: {
      training: observes('training') ? trainingSet : undefined,
      evaluation:
        evaluation !== undefined && observes('evaluation') ? toBatch(evaluation, outputs) : undefined,
    },
  }

  const began = env.now()
  let learnt: Omit<Learnt, 'outcome' | 'seconds'> = {
    epochs: 0,
    last: undefined,
    best: undefined,
    kept: initial,
    failure: undefined,
  }
  const watch = stopwatch(env)
  const hear = (event: Event): void => {
    const times = watch(event)
    switch (event.kind) {
      case 'progress': {
        teller.progress(event, (env.now() - began) / 1000)
        return
      }
      case 'epoch': {
        const { report } = event
        learnt = {
          epochs: report.epoch,
          last: report,
          best: better(learnt.best, report, config),
          kept: fromParams(event.params),
          failure: undefined,
        }
        teller.epoch({ report, ...times })
        return
      }
      case 'diverged':
        learnt = { ...learnt, failure: where => divergence(event, config, where) }
    }
  }

  try {
    const training = train(
      interpreter,
      { ...config, cost: costOf(config.cost), order: orderOf(config) },
      sets,
      params,
    )
    const ended = await drive(
      env,
      training,
      event => (event.kind === 'progress' ? event.done : undefined),
      hear,
    )
    if (ended.kind === 'done') free(ended.value)
    const seconds = (env.now() - began) / 1000
    if (ended.kind === 'done')
      return { ...learnt, seconds, outcome: learnt.failure === undefined ? 'done' : 'diverged' }
    const { by } = ended
    return {
      ...learnt,
      seconds,
      outcome: 'stopped',
      failure: where => interrupted(by, `stopped in epoch ${learnt.epochs + 1} of ${config.epochs}`, where),
    }
  } finally {
    teller.clear()
    free([params, trainingSet, ...(sets.observed.evaluation === undefined ? [] : [sets.observed.evaluation])])
    interpreter.dispose()
  }
}

/** How long the training and the observing of the current epoch have taken, in seconds, event by event. */
const stopwatch = ({
  now,
}: Env): ((event: Event) => { readonly seconds: number; readonly observing: number }) => {
  let began = now()
  let trained: number | undefined
  return event => {
    const at = now()
    if (event.kind === 'progress' && event.phase === 'training') {
      if (event.done === 0) began = at
      trained = undefined
    } else trained ??= at
    const until = trained ?? at
    return { seconds: (until - began) / 1000, observing: (at - until) / 1000 }
  }
}

/** The better of two reports by the evaluation accuracy, where that is monitored; the earlier of equals. */
const better = (best: Report | undefined, report: Report, { monitors }: Config): Report | undefined =>
  monitors.includes('evaluationAccuracy') &&
  report.evaluation !== undefined &&
  report.evaluation.correct > (best?.evaluation?.correct ?? -1)
    ? report
    : best

const divergence = (
  { epoch, step }: Extract<Event, { kind: 'diverged' }>,
  { eta, lmbda }: Config,
  where: string,
): AppError =>
  diverged(
    `training diverged in epoch ${epoch}, with mini-batch ${step}: the weights left the numbers that float32 can work with`,
    `try a smaller --eta (it was ${eta})${lmbda > 0 ? ` or --lmbda (it was ${lmbda})` : ''}; ${where}`,
  )

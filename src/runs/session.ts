/**
 * Training, told of and kept as it goes.
 */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { costOf } from '../core/cost.ts'
import { diverged, interrupted, type AppError } from '../errors.ts'
import { fromParams, toParams } from '../core/params.ts'
import { dispose } from '../core/scope.ts'
import { isSound, cursorAfter, train, type TrainEvent, type TrainCursor } from '../core/train.ts'
import { comparesOutputs, orderOf, type RunConfig, type PlannedRun } from './run-plan.ts'
import { runChunked, type Ended } from './run-chunked.ts'
import type { Env } from '../io/env.ts'
import type { Recorder, TrainSnapshot } from './recorder.ts'
import type { Resources } from './resources.ts'
import { freeSets, toSets } from './sets.ts'
import type { RunOutcome, Reporter } from '../cli/reporter.ts'

/** What training came to. */
export type SessionResult = {
  readonly outcome: RunOutcome
  readonly seconds: number
  /** The last good network after a whole epoch. */
  readonly stand: TrainSnapshot
  /** How it ended, in one line. */
  readonly sentence: string
  readonly over: string | undefined
  /** The error to end with, if any, once it is known where the network is. */
  readonly failure: ((where: string) => AppError) | undefined
}

export const trainSession = async (
  env: Env,
  teller: Reporter,
  { dataset, backend, interpreter }: Resources,
  run: PlannedRun,
  recorder: Recorder,
): Promise<SessionResult> => {
  const { config } = run
  if (!comparesOutputs(config.sizes))
    env.log('network2: accuracy is left out: it asks which output is the strongest, and there is only one')
  const { from } = recorder
  teller.start(dataset, backend, interpreter.name, recorder.path, from.epochs)
  const params = toParams(from.layers)
  const sets = toSets(run)
  const position: TrainCursor = {
    ...cursorAfter(
      config.schedule,
      from.history.map(({ report }) => report),
    ),
    examples: from.examples,
  }
  const began = env.now()
  let stand = from
  let { stopReason } = position.schedule
  let bad: Extract<TrainEvent, { kind: 'diverged' }> | undefined
  const watch = stopwatch(env)
  /** Saves the middle of an epoch, unless it has gone wrong there: the epoch before is kept already. */
  const saveWithin = ({
    position: { epochs, examples },
    params,
  }: Extract<TrainEvent, { kind: 'progress' }>) =>
    isSound(params)
      ? recorder.save({ epochs, examples, history: stand.history, layers: fromParams(params) })
      : undefined
  const hear = (event: TrainEvent): TE.TaskEither<AppError, void> | undefined => {
    const times = watch(event)
    switch (event.kind) {
      case 'progress':
        teller.progress(event, (env.now() - began) / 1000)
        return recorder.isDue() ? saveWithin(event) : undefined
      case 'epoch': {
        const timed = { report: event.report, ...times }
        stand = {
          epochs: event.report.epoch,
          examples: 0,
          history: [...stand.history, timed],
          layers: fromParams(event.params),
        }
        stopReason = event.position.schedule.stopReason
        teller.epoch(timed)
        return recorder.epoch(stand, timed)
      }
      case 'diverged':
        bad = event
        return undefined
    }
  }

  try {
    const training = train(
      interpreter,
      { ...config, cost: costOf(config.cost), order: orderOf(config) },
      sets,
      params,
      position,
    )
    const ended = await runChunked(env, training, {
      position: event => (event.kind === 'progress' ? event.done : undefined),
      onEvent: hear,
      onStop: event =>
        event.kind === 'progress'
          ? saveWithin(event)
          : event.kind === 'epoch'
            ? recorder.save(stand)
            : undefined,
    })
    if (ended.kind === 'done') dispose(ended.value)
    return {
      ...endingOf(ended, config, stand.epochs, stopReason, bad),
      seconds: (env.now() - began) / 1000,
      over: stopReason,
      stand,
    }
  } finally {
    teller.clear()
    dispose(params)
    freeSets(sets)
    interpreter.dispose()
  }
}

const endingOf = (
  ended: Ended<unknown>,
  { epochs, ...config }: RunConfig,
  done: number,
  over: string | undefined,
  bad: Extract<TrainEvent, { kind: 'diverged' }> | undefined,
): Pick<SessionResult, 'outcome' | 'sentence' | 'failure'> => {
  if (bad !== undefined)
    return {
      outcome: 'diverged',
      sentence: `Diverged in epoch ${bad.epoch}, with mini-batch ${bad.step}.`,
      failure: where => divergence(bad, config, where),
    }
  switch (ended.kind) {
    case 'done':
      return {
        outcome: 'done',
        sentence:
          over === undefined ? `Finished after ${done} epochs.` : `Finished after epoch ${done}: ${over}.`,
        failure: undefined,
      }
    case 'stopped': {
      const where = `in epoch ${done + 1} of ${epochs}`
      return {
        outcome: 'stopped',
        sentence: `Interrupted ${where}.`,
        failure: saved => interrupted(ended.by, `stopped ${where}`, saved),
      }
    }
    case 'failed':
      return {
        outcome: 'stopped',
        sentence: `Ended by an error in epoch ${done + 1} of ${epochs}: ${ended.error.message}.`,
        failure: () => ended.error,
      }
  }
}

/** How long the training and the observing of the current epoch have taken, in seconds, event by event. */
const stopwatch = ({
  now,
}: Env): ((event: TrainEvent) => { readonly seconds: number; readonly observing: number }) => {
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

const divergence = (
  { epoch, step }: Extract<TrainEvent, { kind: 'diverged' }>,
  { eta, lmbda }: Pick<RunConfig, 'eta' | 'lmbda'>,
  where: string,
): AppError =>
  diverged(
    `training diverged in epoch ${epoch}, with mini-batch ${step}: the weights left the numbers that float32 can work with`,
    `try a smaller --eta (it was ${eta})${lmbda > 0 ? ` or --lmbda (it was ${lmbda})` : ''}; ${where}`,
  )

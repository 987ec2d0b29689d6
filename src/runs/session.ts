/**
 * A training session: trains in chunks, reports each event to a listener, and saves what the recorder asks for.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { TrainState } from '../core/optimizer.ts'
import { optimizers } from '../core/optimizers/index.ts'
import { fromParams, toParams, type Params } from '../core/params.ts'
import { dispose, using } from '../core/scope.ts'
import {
  cursorAfter,
  hasDiverged,
  positionOf,
  train,
  type TrainCursor,
  type TrainEvent,
} from '../core/train.ts'
import type { Tree } from '../core/tree.ts'
import { readTree, treeOf } from '../core/tree-values.ts'
import { diverged, interrupted, type AppError } from '../errors.ts'
import type { Env } from '../io/env.ts'
import { OPTIMIZER } from './checkpoint.ts'
import type { TimedEpoch } from './history.ts'
import type { Recorder } from './recorder.ts'
import type { Resources } from './resources.ts'
import { runChunked, type Ended } from './run-chunked.ts'
import { comparesOutputs, scheduleOf, trainSettings, type PlannedRun, type RunConfig } from './run-plan.ts'
import type { TrainSnapshot, TrainStart } from './saves.ts'
import { openTrainingSets } from './training-sets.ts'
import { counted } from '../format.ts'

export type TrainProgress = Extract<TrainEvent, { kind: 'progress' }>
type Diverged = Extract<TrainEvent, { kind: 'diverged' }>

/** Receives the events of a session. */
export type SessionListener = {
  /** @param from the state that the session starts from: a new run, or one that is resumed */
  readonly start: (resources: Resources, run: string | undefined, from: TrainStart) => void
  /** @param elapsed the seconds since the session began */
  readonly progress: (event: TrainProgress, elapsed: number) => void
  readonly epoch: (epoch: TimedEpoch) => void
  /** Removes what is drawn temporarily. */
  readonly clear: () => void
}

export type RunOutcome = 'done' | 'diverged' | 'stopped'

/** How a session ended. */
export type SessionResult = {
  readonly outcome: RunOutcome
  readonly seconds: number
  /** The last good network after a whole epoch. */
  readonly snapshot: TrainSnapshot
  /** All epochs of the run up to there. */
  readonly history: readonly TimedEpoch[]
  /** How it ended, in one line. */
  readonly sentence: string
  /** Why the schedule ended the training, if it did. */
  readonly stopReason: string | undefined
  /** The error to end with, if any, given where the network was saved. */
  readonly failure: ((where: readonly string[]) => AppError) | undefined
}

/** What a session knows between two events. */
type SessionState = {
  readonly snapshot: TrainSnapshot
  /** The latest epoch of this session. */
  readonly timed: TimedEpoch | undefined
  readonly stopReason: string | undefined
  readonly diverged: Diverged | undefined
  readonly clock: EpochClock
}

/** How the time of the current epoch was spent in this session, in milliseconds: each moment counts once. */
type EpochClock = {
  /** When the last event was. */
  readonly at: number
  /** What that event was about. */
  readonly phase: 'training' | 'observing'
  /** How many of its examples the epoch had been trained on before. */
  readonly from: number | undefined
  readonly training: number
  /** Without what the next epoch was trained beside the monitors. */
  readonly observing: number
  /** The training of the next epoch, and how many of its examples it has come to. */
  readonly ahead: number
  readonly aheadDone: number
}

const startClock = (at: number): EpochClock => ({
  ...{ at, phase: 'training', from: undefined },
  ...{ training: 0, observing: 0, ahead: 0, aheadDone: 0 },
})

const nextClock = (clock: EpochClock, event: TrainEvent, now: number): EpochClock => {
  const aheadDone = event.kind === 'diverged' ? 0 : event.ahead
  const spentOn =
    clock.phase === 'training' ? 'training' : aheadDone > clock.aheadDone ? 'ahead' : 'observing'
  const next = { ...clock, at: now, aheadDone, [spentOn]: clock[spentOn] + (now - clock.at) }
  if (event.kind !== 'progress') return next
  const { phase, done } = event
  return { ...next, phase, from: clock.from ?? (phase === 'training' ? done : undefined) }
}

/** The clock of the epoch that follows. */
const nextEpochClock = ({ at, ahead, aheadDone }: EpochClock): EpochClock => ({
  ...startClock(at),
  ...(aheadDone > 0 ? { from: 0, training: ahead } : {}),
})

/** The state after an event. */
const nextState = (state: SessionState, event: TrainEvent, now: number): SessionState => {
  const clock = nextClock(state.clock, event, now)
  switch (event.kind) {
    case 'progress':
      return { ...state, clock }
    case 'epoch': {
      const timed = {
        report: event.metrics,
        seconds: clock.training / 1000,
        // with what was trained ahead and then dropped
        observing: (clock.observing + (clock.aheadDone > 0 ? 0 : clock.ahead)) / 1000,
        ...(clock.from === undefined || clock.from === 0 ? {} : { resumedAt: clock.from }),
      }
      return {
        ...state,
        clock: nextEpochClock(clock),
        snapshot: { epochs: event.metrics.epoch, examples: 0, ...networkOf(event.state) },
        timed,
        stopReason: event.cursor.schedule.stopReason,
      }
    }
    case 'diverged':
      return { ...state, clock, diverged: event }
  }
}

const networkOf = ({ params, optimizer }: TrainState): Pick<TrainSnapshot, 'layers' | 'optimizer'> => ({
  layers: fromParams(params),
  optimizer: readTree(optimizer, OPTIMIZER),
})

/** The state that a snapshot holds, in tensors that the caller owns; without `optimizer`, its initial one. */
const stateOf = (
  config: RunConfig,
  { layers, optimizer }: TrainSnapshot,
): { readonly params: Params; readonly optimizer?: Tree } => {
  const params = toParams(layers)
  return optimizer.length === 0
    ? { params }
    : {
        params,
        optimizer: using(optimizers[config.optimizer].init(params), like => treeOf(like, optimizer)),
      }
}

/** The snapshot in the middle of an epoch; undefined if the network has diverged there. */
const snapshotWithin = ({ cursor: { epochs, examples }, state }: TrainProgress): TrainSnapshot | undefined =>
  hasDiverged(state.params) ? undefined : { epochs, examples, ...networkOf(state) }

const cursorOf = (config: RunConfig, { history, examples }: TrainStart): TrainCursor => ({
  ...cursorAfter(
    scheduleOf(config),
    history.map(({ report }) => report),
  ),
  examples,
})

export const trainSession = async (
  env: Env,
  listener: SessionListener,
  resources: Resources,
  run: PlannedRun,
  recorder: Recorder,
): Promise<SessionResult> => {
  const { config } = run
  const { interpreter } = resources
  const { from } = recorder
  if (!comparesOutputs(config.sizes))
    env.log('network2: accuracy is not computed: it compares outputs, and this network has only one')
  listener.start(resources, recorder.path, from)
  const initial = stateOf(config, from)
  const sets = openTrainingSets(env, run)
  const cursor = cursorOf(config, from)
  const began = env.now()
  // grows in place: a copy after each epoch would take a time that grows with the square of the epochs
  const history = [...from.history]
  let state: SessionState = {
    snapshot: from,
    timed: undefined,
    stopReason: cursor.schedule.stopReason,
    diverged: undefined,
    clock: startClock(began),
  }

  const saveWithin = (event: TrainProgress): TE.TaskEither<AppError, void> | undefined => {
    const snapshot = snapshotWithin(event)
    return snapshot === undefined ? undefined : recorder.save(snapshot)
  }
  const onEvent = (event: TrainEvent): TE.TaskEither<AppError, void> | undefined => {
    state = nextState(state, event, env.now())
    switch (event.kind) {
      case 'progress':
        listener.progress(event, (env.now() - began) / 1000)
        return recorder.isDue() ? saveWithin(event) : undefined
      case 'epoch': {
        const timed = state.timed!
        history.push(timed)
        listener.epoch(timed)
        return pipe(
          recorder.epoch(state.snapshot, timed),
          TE.tap(() => TE.fromTask(() => sets.prepare(event.cursor))),
        )
      }
      case 'diverged':
        return undefined
    }
  }
  const onStop = (event: TrainEvent): TE.TaskEither<AppError, void> | undefined =>
    event.kind === 'progress'
      ? saveWithin(event)
      : event.kind === 'epoch'
        ? recorder.save(state.snapshot)
        : undefined

  try {
    await sets.prepare(cursor)
    const training = train(interpreter, trainSettings(config), sets.current, initial, cursor)
    const ended = await runChunked(env, training, {
      position: positionOf,
      onEvent,
      onStop,
    })
    if (ended.kind === 'done') dispose(ended.value)
    return {
      ...endingOf(ended, config, state),
      seconds: (env.now() - began) / 1000,
      stopReason: state.stopReason,
      snapshot: state.snapshot,
      history,
    }
  } finally {
    listener.clear()
    dispose([initial.params, initial.optimizer ?? []])
    sets.close()
    interpreter.dispose()
  }
}

const endingOf = (
  ended: Ended<unknown>,
  config: RunConfig,
  { snapshot: { epochs: done }, stopReason, diverged: bad }: SessionState,
): Pick<SessionResult, 'outcome' | 'sentence' | 'failure'> => {
  if (bad !== undefined)
    return {
      outcome: 'diverged',
      sentence: `Diverged in epoch ${bad.epoch}, with mini-batch ${bad.step}.`,
      failure: where => divergence(bad, config, where),
    }
  // a training that is stopped after its last epoch is complete
  const isComplete = done === config.epochs || stopReason !== undefined
  if (ended.kind === 'done' || (ended.kind === 'stopped' && isComplete))
    return {
      outcome: 'done',
      sentence:
        stopReason === undefined
          ? `Finished after ${counted(done, 'epoch')}.`
          : `Finished after epoch ${done}: ${stopReason}.`,
      failure: undefined,
    }
  const where = `in epoch ${done + 1} of ${config.epochs}`
  return ended.kind === 'stopped'
    ? {
        outcome: 'stopped',
        sentence: `Interrupted ${where}.`,
        failure: saved => interrupted(ended.by, `stopped ${where}`, saved),
      }
    : {
        outcome: 'stopped',
        sentence: `Stopped by an error ${where}: ${ended.error.message}.`,
        failure: () => ended.error,
      }
}

const divergence = (
  { epoch, step }: Diverged,
  { eta, lmbda }: RunConfig,
  [where = '', ...more]: readonly string[],
): AppError =>
  diverged(`training diverged in epoch ${epoch}, with mini-batch ${step}: the weights overflowed float32`, [
    `try a smaller --eta (it was ${eta})${lmbda > 0 ? ` or --lmbda (it was ${lmbda})` : ''}; ${where}`,
    ...more,
  ])

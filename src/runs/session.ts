/**
 * Training, told of and kept as it goes.
 */
import type * as TE from 'fp-ts/lib/TaskEither.js'
import { costOf } from '../core/cost.ts'
import { diverged, interrupted, type AppError } from '../errors.ts'
import { fromParams, toParams } from '../core/params.ts'
import { free } from '../core/scope.ts'
import { isSound, positionAfter, train, type Event, type Position } from '../core/train.ts'
import { comparesOutputs, orderOf, type Config, type Run } from './run-plan.ts'
import { drive, type Ended } from './run-chunked.ts'
import type { Env } from '../io/env.ts'
import type { Recorder, Stand } from './recorder.ts'
import type { Resources } from './resources.ts'
import { freeSets, toSets } from './sets.ts'
import type { Outcome, Teller } from '../cli/reporter.ts'

/** What training came to. */
export type Learnt = {
  readonly outcome: Outcome
  readonly seconds: number
  /** The last good network after a whole epoch. */
  readonly stand: Stand
  /** How it ended, in one line. */
  readonly sentence: string
  readonly over: string | undefined
  /** The error to end with, if any, once it is known where the network is. */
  readonly failure: ((where: string) => AppError) | undefined
}

export const learn = async (
  env: Env,
  teller: Teller,
  { dataset, backend, interpreter }: Resources,
  run: Run,
  recorder: Recorder,
): Promise<Learnt> => {
  const { config } = run
  if (!comparesOutputs(config.sizes))
    env.note('network2: accuracy is left out: it asks which output is the strongest, and there is only one')
  const { from } = recorder
  teller.start(dataset, backend, interpreter.name, recorder.path, from.epochs)
  const params = toParams(from.layers)
  const sets = toSets(run)
  const position: Position = {
    ...positionAfter(
      config.schedule,
      from.history.map(({ report }) => report),
    ),
    examples: from.examples,
  }
  const began = env.now()
  let stand = from
  let { over } = position.course
  let bad: Extract<Event, { kind: 'diverged' }> | undefined
  const watch = stopwatch(env)
  /** Saves the middle of an epoch, unless it has gone wrong there: the epoch before is kept already. */
  const saveWithin = ({ position: { epochs, examples }, params }: Extract<Event, { kind: 'progress' }>) =>
    isSound(params)
      ? recorder.save({ epochs, examples, history: stand.history, layers: fromParams(params) })
      : undefined
  const hear = (event: Event): TE.TaskEither<AppError, void> | undefined => {
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
        over = event.position.course.over
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
    const ended = await drive(env, training, {
      position: event => (event.kind === 'progress' ? event.done : undefined),
      hear,
      leave: event =>
        event.kind === 'progress'
          ? saveWithin(event)
          : event.kind === 'epoch'
            ? recorder.save(stand)
            : undefined,
    })
    if (ended.kind === 'done') free(ended.value)
    return {
      ...endingOf(ended, config, stand.epochs, over, bad),
      seconds: (env.now() - began) / 1000,
      over,
      stand,
    }
  } finally {
    teller.clear()
    free(params)
    freeSets(sets)
    interpreter.dispose()
  }
}

const endingOf = (
  ended: Ended<unknown>,
  { epochs, ...config }: Config,
  done: number,
  over: string | undefined,
  bad: Extract<Event, { kind: 'diverged' }> | undefined,
): Pick<Learnt, 'outcome' | 'sentence' | 'failure'> => {
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

const divergence = (
  { epoch, step }: Extract<Event, { kind: 'diverged' }>,
  { eta, lmbda }: Pick<Config, 'eta' | 'lmbda'>,
  where: string,
): AppError =>
  diverged(
    `training diverged in epoch ${epoch}, with mini-batch ${step}: the weights left the numbers that float32 can work with`,
    `try a smaller --eta (it was ${eta})${lmbda > 0 ? ` or --lmbda (it was ${lmbda})` : ''}; ${where}`,
  )

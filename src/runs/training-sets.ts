/**
 * The sets of a run, epoch by epoch: the same for all epochs; or with an expanded training set, which is made before the first
 * epoch; or with new copies in each epoch, which are made while the epoch before is trained.
 */
import * as E from 'fp-ts/lib/Either.js'
import { dispose } from '../core/scope.ts'
import type { TrainCursor, TrainSets } from '../core/train.ts'
import { toBatch } from '../data/batch.ts'
import type { Examples, Inputs } from '../data/dataset.ts'
import {
  EVERY_EPOCH,
  expandDesired,
  expandedSize,
  imageExpander,
  type ExpansionPlan,
} from '../data/expand.ts'
import type { Env } from '../io/env.ts'
import { expansionThread } from './expand-thread.ts'
import { expansionPlanOf, type PlannedRun } from './run-plan.ts'
import { disposeSets, toSets, withTraining } from './sets.ts'

export type TrainingSets = {
  /**
   * Makes the sets of the epoch that a training continues with, and frees those of the epoch before. It makes none for a
   * training that is complete, or for a program that is asked to stop.
   */
  readonly prepare: (cursor: TrainCursor) => Promise<void>
  /** The sets of all epochs, or what returns those that were prepared last; they stay this object's. */
  readonly current: TrainSets | (() => TrainSets)
  readonly close: () => void
}

/** Sets that are the same for all epochs. */
export const fixedSets = (sets: TrainSets, close: () => void): TrainingSets => ({
  prepare: () => Promise.resolve(),
  current: sets,
  close,
})

/** How many images the main thread distorts between two looks at the events. */
const AT_ONCE = 500

/**
 * Opens the sets of a run.
 *
 * @param entry the module of the thread that makes the images
 */
export const openTrainingSets = (env: Env, run: PlannedRun, entry?: URL): TrainingSets => {
  const { inputs } = run.training
  const plan = expansionPlanOf(run.config, inputs)
  if (plan === undefined || inputs.kind !== 'bytes') {
    const sets = toSets(run)
    return fixedSets(sets, () => disposeSets(sets))
  }
  return expandedSets(env, run, plan, inputs, entry)
}

const expandedSets = (
  env: Env,
  run: PlannedRun,
  plan: ExpansionPlan,
  inputs: Extract<Inputs, { kind: 'bytes' }>,
  entry: URL | undefined,
): TrainingSets => {
  const { training, config } = run
  const thread = expansionThread(plan, inputs.bytes, entry)
  const numberOf = (epoch: number): number => (plan.copies === undefined ? epoch : EVERY_EPOCH)
  let made: { readonly number: number; readonly sets: TrainSets } | undefined
  let next: { readonly number: number; readonly images: Promise<E.Either<string, Uint8Array>> } | undefined
  let isLost = false

  const request = (number: number): NonNullable<typeof next> => ({ number, images: thread.expanded(number) })

  /** The images of an epoch; undefined if the program was asked to stop first. */
  const imagesOf = async (number: number): Promise<Uint8Array | undefined> => {
    const { images } = next?.number === number ? next : request(number)
    const found = await unlessStopped(env.abortSignal, images)
    if (found === undefined || E.isRight(found)) return found?.right
    if (!isLost)
      env.log(
        `network2: the thread that distorts the images has ended (${found.left}); the main thread distorts them instead`,
      )
    isLost = true
    return expandHere(env, plan, inputs.bytes, number)
  }

  return {
    prepare: async ({ epochs: done, schedule }) => {
      const epoch = done + 1
      const number = numberOf(epoch)
      if (epoch > config.epochs || schedule.stopReason !== undefined || made?.number === number) return
      const images = await imagesOf(number)
      if (images === undefined) return
      const expanded: Examples = {
        size: expandedSize(training.size, plan.copies),
        inputs: { ...inputs, bytes: images },
        desired: expandDesired(plan, training.size, training.desired),
      }
      const before = made?.sets
      if (before !== undefined) dispose(before.training)
      const sets =
        before === undefined
          ? toSets({ ...run, training: expanded })
          : withTraining(before, toBatch(expanded, config.sizes.at(-1)!))
      made = { number, sets }
      next = plan.copies === undefined && epoch < config.epochs ? request(numberOf(epoch + 1)) : undefined
    },
    current: () => {
      if (made === undefined) throw new Error('the sets of no epoch have been prepared')
      return made.sets
    },
    close: () => {
      thread.close()
      if (made !== undefined) disposeSets(made.sets)
    },
  }
}

/**
 * What a promise resolves to; undefined if the program is asked to stop first. (Not `Promise.race` with one promise for all
 * epochs, which would keep the images of each of them.)
 */
const unlessStopped = <A>(signal: AbortSignal, promise: Promise<A>): Promise<A | undefined> =>
  new Promise((resolve, reject) => {
    const stop = (): void => resolve(undefined)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop))
  })

/** Makes the images of an epoch in this thread, which handles signals in between. */
const expandHere = async (
  env: Env,
  plan: ExpansionPlan,
  images: Uint8Array,
  epoch: number,
): Promise<Uint8Array | undefined> => {
  const n = images.length / (plan.size.rows * plan.size.columns)
  const expanded = new Uint8Array(expandedSize(images.length, plan.copies))
  const expand = imageExpander(plan, images)
  for (let from = 0; from < n; from += AT_ONCE) {
    expand(epoch, from, Math.min(n, from + AT_ONCE), expanded)
    await env.yieldToEventLoop()
    if (env.stopReason() !== undefined) return undefined
  }
  return expanded
}

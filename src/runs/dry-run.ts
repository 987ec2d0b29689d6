/**
 * A dry run: trains a few steps to estimate the time of the whole training. Nothing is written.
 */
import { toParams } from '../core/params.ts'
import { dispose, leave } from '../core/scope.ts'
import { train } from '../core/train.ts'
import { toBatch } from '../data/batch.ts'
import type { Env } from '../io/env.ts'
import type { Resources } from './resources.ts'
import { epochSize, trainSettings, type PlannedRun } from './run-plan.ts'

/** How many examples are trained on to measure the speed, after a first chunk that compiles the step. */
const EXAMPLES = 2000

export type DryRunEstimate = {
  readonly parameters: number
  readonly steps: number
  /** Of training, without the monitors. */
  readonly seconds: number
}

export const dryRun = (
  { now }: Env,
  { interpreter }: Resources,
  { config, training, initial }: PlannedRun,
): DryRunEstimate => {
  const { sizes, epochs, miniBatchSize, trainSize } = config
  const params = toParams(initial)
  const set = toBatch(training, sizes.at(-1)!)
  const running = train(
    interpreter,
    // without the copies: a step takes as long with them
    { ...trainSettings({ ...config, expandCopies: undefined }), epochs: 1 },
    { training: set, observed: {} },
    { params },
  )
  try {
    running.next()
    running.next(miniBatchSize)
    const began = now()
    const event = running.next(EXAMPLES)
    const done =
      event.done !== true && event.value.kind === 'progress' ? event.value.done - miniBatchSize : trainSize
    if (event.done === true) dispose(event.value)
    const n = epochSize(config)
    return {
      parameters: sizes.slice(1).reduce((sum, outputs, l) => sum + outputs * (sizes[l]! + 1), 0),
      steps: Math.ceil(n / Math.min(miniBatchSize, n)) * epochs,
      seconds: ((now() - began) / 1000 / Math.max(done, 1)) * n * epochs,
    }
  } finally {
    leave(running)
    dispose([params, set])
    interpreter.dispose()
  }
}

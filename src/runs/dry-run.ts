/**
 * `train --dry-run`: everything but the training. A few steps are done to tell how long all of it would take.
 */
import * as TE from 'fp-ts/lib/TaskEither.js'
import { costOf } from '../core/cost.ts'
import { toParams } from '../core/params.ts'
import { dispose } from '../core/scope.ts'
import { train } from '../core/train.ts'
import { asSettings, orderOf, type PlannedRun } from './run-plan.ts'
import type { CommandEffect } from '../cli/cli-env.ts'
import type { Resources } from './resources.ts'
import { toBatch } from './sets.ts'
import type { TrainFlags } from '../options/train-options.ts'
import { clock, grouped } from '../format.ts'

/** So many examples are trained on to know the speed, after a first piece that compiles the step. */
const SOME = 2000

export const dryRun =
  (
    { json, resume, out }: TrainFlags,
    { dataset, backend, interpreter }: Resources,
    { config, training, initial }: PlannedRun,
  ): CommandEffect<void> =>
  env => {
    const { sizes, epochs, miniBatchSize, trainSize, evaluateOn } = config
    const params = toParams(initial)
    const set = toBatch(training, sizes.at(-1)!)
    const running = train(
      interpreter,
      { ...config, epochs: 1, cost: costOf(config.cost), order: orderOf(config) },
      { training: set, observed: {} },
      params,
    )
    let seconds: number
    try {
      running.next()
      running.next(miniBatchSize)
      const began = env.now()
      const event = running.next(SOME)
      const done =
        event.done !== true && event.value.kind === 'progress' ? event.value.done - miniBatchSize : trainSize
      seconds = ((env.now() - began) / 1000 / Math.max(done, 1)) * trainSize * epochs
    } finally {
      running.return(params)
      dispose([params, set])
      interpreter.dispose()
    }

    const parameters = sizes.slice(1).reduce((sum, outputs, l) => sum + outputs * (sizes[l]! + 1), 0)
    const steps = Math.ceil(trainSize / Math.min(miniBatchSize, trainSize)) * epochs
    const folder = resume ?? out ?? '(a new one)'
    return TE.fromIO(() => {
      if (json) {
        env.out(
          JSON.stringify({
            event: 'dry-run',
            config: asSettings(config),
            parameters,
            steps,
            seconds,
            folder,
          }),
        )
        return
      }
      for (const line of [
        `network     [${sizes.join(', ')}], ${grouped(parameters)} parameters`,
        `data        ${dataset.name} (${dataset.source}): ${grouped(trainSize)} examples to train on, evaluated on ${evaluateOn}`,
        `steps       ${grouped(steps)} in ${epochs} epochs, mini-batches of ${miniBatchSize}`,
        `computed    by ${backend.name}, ${interpreter.name}`,
        `time        about ${seconds < 1 ? 'a second' : clock(seconds)} of training, without the monitors`,
        `run         ${folder}`,
        'nothing was written',
      ])
        env.out(line)
    })
  }

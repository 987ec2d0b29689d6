/**
 * The data of an experiment: loaded once here, so that it is downloaded or drawn once, and a notice is seen once; each
 * child then finds it where it is.
 */
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { inputWidth, outputsNeeded } from '../data/dataset.ts'
import { loadData } from '../data/load.ts'
import { sumOf } from '../data/sum.ts'
import type { Program } from './env.ts'
import { progressBar } from './terminal.ts'

export type ExperimentData = {
  /** What it is, as one would say it. */
  readonly name: string
  /** Where a child finds it, as `--data` says it. */
  readonly choice: string
  /** A fingerprint of its contents. */
  readonly data: string
  /** The neurons at either end of a network for it. */
  readonly inputs: number
  readonly outputs: number
}

export const experimentData =
  (choice: string): Program<ExperimentData> =>
  env => {
    const bar = progressBar(env.bar)
    return pipe(
      loadData({
        choice,
        env: env.variables,
        onNotice: line => {
          bar.clear()
          env.note(line)
        },
        onProgress: ({ what, done, of }) => bar.update(of > 0 ? done / of : 0, what, ''),
      }),
      TE.tapIO(() => bar.clear),
      TE.tapError(() => TE.fromIO(bar.clear)),
      TE.map(dataset => ({
        name: dataset.name,
        choice: choice === 'auto' ? dataset.name.toLowerCase() : choice,
        data: sumOf([dataset.training, dataset.validation, dataset.test]).slice(0, 16),
        inputs: inputWidth(dataset),
        outputs: outputsNeeded(dataset).count,
      })),
    )
  }

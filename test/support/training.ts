/**
 * Recorded cases as `train` is given them, run to the end.
 */
import { expect } from 'vitest'
import type { Golden } from '../../scripts/golden.ts'
import { partsNamed } from '../../src/core/parts.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { fromParams, type LayerValues, type Params } from '../../src/core/params.ts'
import { dispose } from '../../src/core/scope.ts'
import {
  train,
  type TrainEvent,
  type EpochMetrics,
  type TrainSets,
  type TrainSettings,
} from '../../src/core/train.ts'
import { batchOf, paramsOf } from './cases.ts'
import * as twin from './float64.ts'

export type Arranged = {
  readonly settings: TrainSettings
  readonly sets: TrainSets
  readonly initial: Params
  readonly freeAll: () => void
}

/** A recorded case, in the order of its data. */
export const arranged = ({ start, data, options }: Golden): Arranged => {
  const outputs = start.sizes.at(-1)!
  const { cost, activation, regularizer, dropout, ...numbers } = options
  const optimizer = numbers.mu === undefined ? 'sgd' : 'momentum'
  const examples = twin.examples(data.training, outputs)
  const training = batchOf(examples)
  const evaluation = batchOf(twin.examples(data.test, outputs))
  const initial = paramsOf(twin.load(start))
  return {
    settings: {
      ...numbers,
      ...partsNamed({ cost, activation, regularizer, optimizer }),
      dropout: dropout && {
        rate: dropout.rate,
        masks: (epoch, layer) => step => Float32Array.from(dropout.masks[epoch - 1]![step]![layer]!),
      },
      order: () => Int32Array.from(examples, (_, i) => i),
    },
    sets: { training, observed: { training, evaluation } },
    initial,
    freeAll: () => dispose([training, evaluation, initial]),
  }
}

export type Ran = { readonly events: readonly TrainEvent[]; readonly values: readonly LayerValues[] }

/** Runs a training to its end, and frees all of it; `piece` is what the driver sends after each event. */
export const run = (
  interpreter: Interpreter,
  { settings, sets, initial, freeAll }: Arranged,
  piece: (event: TrainEvent) => number | undefined = () => undefined,
): Ran => {
  const events: TrainEvent[] = []
  const training = train(interpreter, settings, sets, { params: initial })
  let next = training.next()
  while (!next.done) {
    events.push(next.value)
    next = training.next(piece(next.value))
  }
  const values = fromParams(next.value.params)
  dispose(next.value)
  freeAll()
  return { events, values }
}

export const reports = (events: readonly TrainEvent[]): readonly EpochMetrics[] =>
  events.flatMap(event => (event.kind === 'epoch' ? [event.metrics] : []))

/** How far float32 may be from what was recorded in float64. */
const LIMIT = 1e-4

/** Asserts that a case comes out as it was recorded: weights, costs and counts. */
export const expectRecorded = ({ expected, options }: Golden, { events, values }: Ran): void => {
  const seen = reports(events)
  const close = (found: readonly number[], wanted: readonly number[]): void => {
    expect(found).toHaveLength(wanted.length)
    expect(twin.relativeError([found], [wanted], 1e-3)).toBeLessThan(LIMIT)
  }
  values.forEach(({ w, b }, l) => {
    close([...w], expected.weights[l]!.flat())
    close([...b], expected.biases[l]!.flat())
  })
  expect(seen.map(({ epoch }) => epoch)).toEqual(Array.from({ length: options.epochs }, (_, i) => i + 1))
  if (seen.length === 0) return
  close(
    seen.map(({ evaluation }) => evaluation!.cost),
    expected.evaluationCost,
  )
  close(
    seen.map(({ training }) => training!.cost),
    expected.trainingCost,
  )
  expect(seen.map(({ evaluation }) => evaluation!.correct)).toEqual(expected.evaluationAccuracy)
  expect(seen.map(({ training }) => training!.correct)).toEqual(expected.trainingAccuracy)
}

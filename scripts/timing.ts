/**
 * The time of a training, and the median of several, for benchmarks.
 */
import { crossEntropy } from '../src/core/costs/cross-entropy.ts'
import type { Batch } from '../src/core/network.ts'
import type { Params } from '../src/core/params.ts'
import { fold, key, permutation } from '../src/core/rng.ts'
import type { Interpreter } from '../src/core/scan.ts'
import { dispose, leave } from '../src/core/scope.ts'
import { train, type TrainSettings } from '../src/core/train.ts'

export const median = (numbers: readonly number[]): number =>
  numbers.toSorted((a, b) => a - b)[numbers.length >> 1]!

/** Milliseconds that a training takes for its first `examples`, without the start of the epoch; or for those after the first `skipped`. */
export const timed = (
  interpreter: Interpreter,
  set: Batch,
  params: Params,
  settings: Partial<TrainSettings>,
  examples: number,
  skipped = 0,
): number => {
  const [n] = set.x.shape
  const whole: TrainSettings = {
    cost: crossEntropy,
    epochs: 1,
    miniBatchSize: 10,
    eta: 0.5,
    lmbda: 0,
    order: epoch => permutation(fold(key(0), epoch), n),
    ...settings,
  }
  const running = train(interpreter, whole, { training: set, observed: {} }, { params })
  running.next()
  // each training is traced again
  if (skipped > 0) running.next(skipped)
  const began = performance.now()
  const after = running.next(examples)
  const milliseconds = performance.now() - began
  if (after.done) dispose(after.value)
  else {
    const end = running.next(1)
    leave(running)
    if (end.done) dispose(end.value)
  }
  return milliseconds
}

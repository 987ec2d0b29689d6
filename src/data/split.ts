/** The parts of a data set that comes as one set of labelled examples. */
import { key, permutation } from '../core/rng.ts'
import { sliceExamples, type Dataset, type Examples } from './dataset.ts'

/** The same order every time: files are often sorted by class, and a part must not lack one. */
const ORDER = key(0)

/** The rows of [n, width] in another order. */
const reordered = <A extends Uint8Array | Float32Array>(rows: A, width: number, order: Int32Array): A => {
  const copy = rows.slice() as A
  order.forEach((from, to) => copy.set(rows.subarray(from * width, (from + 1) * width), to * width))
  return copy
}

/** Labelled examples in a fixed random order. */
export const shuffled = (examples: Examples): Examples => {
  const { size, inputs, desired } = examples
  const order = permutation(ORDER, size)
  return {
    size,
    inputs:
      inputs.kind === 'bytes'
        ? { ...inputs, bytes: reordered(inputs.bytes, inputs.width, order) }
        : { ...inputs, floats: reordered(inputs.floats, inputs.width, order) },
    desired:
      desired.kind === 'labels'
        ? { ...desired, labels: reordered(desired.labels, 1, order) }
        : { ...desired, targets: reordered(desired.targets, desired.width, order) },
  }
}

/** In a fixed random order: the last sixth is the test set, the sixth before it the validation set, as far as there is one. */
export const splitInThree = (examples: Examples): Pick<Dataset, 'training' | 'validation' | 'test'> => {
  const all = shuffled(examples)
  const sixth = Math.floor(all.size / 6)
  const part = (from: number, to: number): Examples | undefined =>
    from < to ? sliceExamples(from, to)(all) : undefined
  return {
    training: sliceExamples(0, all.size - 2 * sixth)(all),
    validation: part(all.size - 2 * sixth, all.size - sixth),
    test: part(all.size - sixth, all.size),
  }
}

/** What to tell of such a split. */
export const splitNote = ({
  training,
  validation,
  test,
}: Pick<Dataset, 'training' | 'validation' | 'test'>): string =>
  `split at random, always in the same way: ${training.size} training, ${validation?.size ?? 0} validation and ${test?.size ?? 0} test examples`

/**
 * Data sets in memory, in the most compact form that their source allows.
 *
 * Shapes: n examples with j_0 inputs and j_L outputs each; arrays are row-major, [n, j_0] and [n, j_L].
 */
import * as E from 'fp-ts/lib/Either.js'
import { toFloats } from '../core/byte-tensor.ts'
import type { Cost } from '../core/cost.ts'
import { dataError, usageError, type DataError, type UsageError } from '../errors.ts'
import { counted } from '../format.ts'

/** The inputs of n examples, [n, width]: grey images as bytes, or any numbers as floats. */
export type Inputs =
  | {
      readonly kind: 'bytes'
      /** The number of inputs of an example, j_0. */
      readonly width: number
      /** The pixels in a row of an image, where the data say it. */
      readonly columns?: number
      /** The grey values, [n, width]: each counts as byte / 256. */
      readonly bytes: Uint8Array
    }
  | {
      readonly kind: 'floats'
      /** The number of inputs of an example, j_0. */
      readonly width: number
      /** The numbers, [n, width]. */
      readonly floats: Float32Array
    }

/** The desired outputs of n examples: one class each, [n], or the value of every output, [n, width]. */
export type DesiredOutputs =
  | {
      readonly kind: 'labels'
      /** The class of each example, [n], from 0. */
      readonly labels: Uint8Array
    }
  | {
      readonly kind: 'targets'
      /** The number of outputs of an example, j_L. */
      readonly width: number
      /** The desired outputs, [n, width]. */
      readonly targets: Float32Array
    }

/** Examples: n inputs, and what is desired for each. */
export type Examples = {
  /** The number of examples, n. */
  readonly size: number
  /** The inputs of all examples. */
  readonly inputs: Inputs
  /** What each example should give. */
  readonly desired: DesiredOutputs
}

/** A data set: its examples for training, and those for validation and test, if it has them. */
export type Dataset = {
  /** Its name in output: MNIST, generated digits, or that of the file or folder. */
  readonly name: string
  /** Where it came from: a path, a mirror, or the generator. */
  readonly source: string
  /** What the user should know of how it was read. */
  readonly note?: string | undefined
  /** The examples to train on. */
  readonly training: Examples
  /** The examples by which settings are chosen, if the data have them. */
  readonly validation: Examples | undefined
  /** The examples on which results are reported, if the data have them. */
  readonly test: Examples | undefined
}

/** The name of the data set that the program generates. */
export const GENERATED_DIGITS = 'generated digits'

/** What `--data` must be to get this data set again, where `choice` was given: `auto` may mean another one next time. */
export const choiceOf = ({ name }: Dataset, choice: string): string =>
  choice === 'auto' ? (name === GENERATED_DIGITS ? 'digits' : 'mnist') : choice

/** The parts that a data set has, each with its name. */
export const parts = (dataset: Dataset): ReadonlyArray<readonly [name: string, examples: Examples]> =>
  (['training', 'validation', 'test'] as const).flatMap(name => {
    const examples = dataset[name]
    return examples === undefined ? [] : [[name, examples] as const]
  })

/** A pixel is byte / 256, so at most 0.996, as in the book's copy of MNIST (mnist.pkl.gz). */
export const PIXEL_DIVISOR = 256

/** The inputs as numbers, [n, width]. For a whole set, `toBatch` takes a quarter of the memory. */
export const inputValues = (inputs: Inputs): Float32Array =>
  inputs.kind === 'floats' ? inputs.floats : toFloats({ bytes: inputs.bytes, divisor: PIXEL_DIVISOR })

/** Inputs as bytes, where all of them are byte / 256: a quarter of the memory, and the fingerprint of the same data in IDX. */
export const compactInputs = (inputs: Inputs): Inputs => {
  if (inputs.kind === 'bytes') return inputs
  const isPixel = (x: number): boolean => Number.isInteger(256 * x) && x >= 0 && x < 1
  return inputs.floats.every(isPixel)
    ? { kind: 'bytes', width: inputs.width, bytes: Uint8Array.from(inputs.floats, x => 256 * x) }
    : inputs
}

/** The density is estimated from at most this many inputs. */
const SAMPLE = 1_000_000

/** The share of the inputs that are not zero, estimated from the first ones. */
export const density = (inputs: Inputs): number => {
  const all = inputs.kind === 'bytes' ? inputs.bytes : inputs.floats
  const sample = Math.min(SAMPLE, all.length)
  let lit = 0
  for (let i = 0; i < sample; i++) if (all[i] !== 0) lit++
  return lit / sample
}

/**
 * One row of zeros per label, with a 1 at the label's index, [n, outputs]: the book's `vectorized_result`.
 *
 * @throws RangeError for a label without an output: check the network's sizes with `sizesFit` first
 */
export const oneHot = (labels: Uint8Array, outputs: number): Uint8Array => {
  const rows = new Uint8Array(labels.length * outputs)
  labels.forEach((label, i) => {
    if (label >= outputs)
      throw new RangeError(`label ${label} of example ${i} does not fit ${outputs} outputs`)
    rows[i * outputs + label] = 1
  })
  return rows
}

/**
 * The desired outputs y, [n, outputs]: as bytes where each is 0 or 1.
 *
 * @throws RangeError if the targets have another width: check the network's sizes with `sizesFit` first
 */
export const targets = (desired: DesiredOutputs, outputs: number): Uint8Array | Float32Array => {
  if (desired.kind === 'labels') return oneHot(desired.labels, outputs)
  if (desired.width !== outputs)
    throw new RangeError(`targets of ${desired.width} numbers for ${outputs} outputs`)
  return desired.targets
}

/** The index of the largest number in a row; of equal ones, the first. */
export const largestAt = (row: Float32Array): number =>
  row.reduce((best, x, i) => (x > row[best]! ? i : best), 0)

/** {@link largestAt} of each row of a matrix with this number of columns. */
export const largestOfRows = (values: Float32Array, columns: number): Int32Array =>
  Int32Array.from({ length: values.length / columns }, (_, i) =>
    largestAt(values.subarray(i * columns, (i + 1) * columns)),
  )

/** The class of each example, [n]: its label, or the index of its largest target, as in network2's accuracy. */
export const labelsOf = (desired: DesiredOutputs): Uint8Array | Int32Array =>
  desired.kind === 'labels' ? desired.labels : largestOfRows(desired.targets, desired.width)

/** Examples `from` up to, but not including, `to`: views of the same memory. */
export const sliceExamples =
  (from: number, to: number) =>
  ({ size, inputs, desired }: Examples): Examples => {
    const start = Math.min(Math.max(from, 0), size)
    const end = Math.min(Math.max(to, start), size)
    const rows = <A extends Uint8Array | Float32Array>(of: A, width: number): A =>
      of.subarray(start * width, end * width) as A
    return {
      size: end - start,
      inputs:
        inputs.kind === 'bytes'
          ? { ...inputs, bytes: rows(inputs.bytes, inputs.width) }
          : { ...inputs, floats: rows(inputs.floats, inputs.width) },
      desired:
        desired.kind === 'labels'
          ? { ...desired, labels: rows(desired.labels, 1) }
          : { ...desired, targets: rows(desired.targets, desired.width) },
    }
  }

/** The first n examples, or all if there are fewer: views of the same memory. */
export const firstN = (n: number): ((examples: Examples) => Examples) => sliceExamples(0, n)

/** The number of inputs that a network for this data set has: j_0. */
export const inputWidth = (dataset: Dataset): number => dataset.training.inputs.width

/** How many outputs a network for this data set needs: the width of its targets, or enough for its largest label. */
export type Outputs = { readonly rule: 'exactly' | 'at least'; readonly count: number }

/** How many outputs a network for these examples needs. */
export const outputsOf = (desired: DesiredOutputs): Outputs =>
  desired.kind === 'targets'
    ? { rule: 'exactly', count: desired.width }
    : { rule: 'at least', count: desired.labels.reduce((most, label) => Math.max(most, label), 0) + 1 }

/** The outputs needed for all parts; if any part has targets, they decide. */
export const outputsNeeded = (dataset: Dataset): Outputs =>
  parts(dataset)
    .map(([, examples]) => outputsOf(examples.desired))
    .reduce((a, b) => (a.rule === 'exactly' ? a : b.rule === 'exactly' || b.count > a.count ? b : a))

/** How a network's sizes and a data set disagree, and the nearest sizes that would fit. */
type Misfit = { readonly has: string; readonly change: string; readonly sizes: ReadonlyArray<number> }

/** @param isExact whether a network may have no more outputs than the data has classes */
const misfit = (sizes: ReadonlyArray<number>, dataset: Dataset, isExact: boolean): Misfit | undefined => {
  const width = inputWidth(dataset)
  const { rule, count } = outputsNeeded(dataset)
  const [inputs, outputs = 0] = [sizes[0], sizes.at(-1)]
  const tooMany = outputs > count && (isExact || rule === 'exactly')
  const outputsFit = outputs >= count && !tooMany
  // 784,30 for ten classes: most often the output layer was forgotten
  const hidden = rule === 'at least' && tooMany && sizes.length === 2 ? [outputs] : sizes.slice(1, -1)
  const fitting = [width, ...hidden, outputsFit ? outputs : count]
  if (inputs !== width)
    return { has: `has ${counted(width, 'input')}`, change: `begin with ${width}`, sizes: fitting }
  if (outputsFit) return undefined
  const has =
    rule === 'exactly'
      ? `has ${counted(count, 'target')} per example`
      : tooMany
        ? `has ${counted(count, 'class', 'classes')}, not ${outputs}`
        : `has labels up to ${count - 1}`
  return { has, change: `end with ${count}`, sizes: fitting }
}

/** The data set, if it fits a network of the sizes given by `--sizes`: with one output per class. */
export const sizesFit =
  (sizes: ReadonlyArray<number>) =>
  (dataset: Dataset): E.Either<UsageError, Dataset> => {
    const wrong = misfit(sizes, dataset, true)
    return wrong === undefined
      ? E.right(dataset)
      : E.left(
          usageError(
            `--sizes ${sizes.join(',')}: ${dataset.name} ${wrong.has}`,
            `${wrong.change}: --sizes ${wrong.sizes.join(',')}`,
            [{ kind: 'other-sizes', given: sizes.join(','), needed: wrong.sizes.join(',') }],
          ),
        )
  }

/** The data set, if it fits the network in `file`. */
export const modelFits =
  (file: string, sizes: ReadonlyArray<number>) =>
  (dataset: Dataset): E.Either<DataError, Dataset> => {
    const wrong = misfit(sizes, dataset, false)
    return wrong === undefined
      ? E.right(dataset)
      : E.left(
          dataError(
            `${file}: the network has sizes ${sizes.join(',')}, but ${dataset.name} ${wrong.has}`,
            `give a network whose sizes ${wrong.change}, or the data that this one was trained on (--data)`,
          ),
        )
  }

/** How far the sum of a distribution may be from 1: targets are often written with three digits. */
const SUM_TOLERANCE = 2e-3

/** The first row of targets that is no distribution, if any. */
export const notDistribution = ({
  desired,
}: Examples): { readonly at: number; readonly is: string } | undefined => {
  if (desired.kind === 'labels') return undefined
  const { width, targets } = desired
  for (let at = 0; at * width < targets.length; at++) {
    const row = targets.subarray(at * width, (at + 1) * width)
    const negative = row.find(value => value < 0)
    if (negative !== undefined) return { at, is: `has ${Number(negative.toPrecision(4))}, a number below 0` }
    const sum = row.reduce((total, value) => total + value, 0)
    if (Math.abs(sum - 1) > SUM_TOLERANCE)
      return { at, is: `has the sum ${Number(sum.toPrecision(4))}, not 1` }
  }
  return undefined
}

/**
 * The data set, if its desired outputs are what the cost needs.
 *
 * @param given what chose the cost: a flag, or a file
 */
export const targetsFit =
  ({ label, targets }: Pick<Cost, 'label' | 'targets'>, sizes: ReadonlyArray<number>, given: string) =>
  (dataset: Dataset): E.Either<UsageError, Dataset> => {
    if (targets === 'any') return E.right(dataset)
    if (sizes.at(-1) === 1)
      return E.left(
        usageError(
          `${given}: the ${label} cost needs two or more outputs, one for each class; this network has one`,
          'use another cost, such as --cost xent, or data with a target for each class',
        ),
      )
    const [wrong] = parts(dataset).flatMap(([name, examples]) => {
      const row = notDistribution(examples)
      return row === undefined ? [] : [{ name, ...row }]
    })
    return wrong === undefined
      ? E.right(dataset)
      : E.left(
          usageError(
            `${given}: the targets of an example must be a distribution (none below 0, and their sum is 1), but ${dataset.name}, ${wrong.name}.targets[${wrong.at}], ${wrong.is}`,
            'use another cost, such as --cost xent, or change the targets',
          ),
        )
  }

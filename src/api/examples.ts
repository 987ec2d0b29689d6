/**
 * Examples from the user's arrays and tensors, and digits that are generated.
 */
import type { Tensor, Tensor1D, Tensor2D } from '@tensorflow/tfjs-core'
import { fold, key } from '../core/rng.ts'
import {
  GENERATED_DIGITS,
  type Dataset,
  type DesiredOutputs,
  type Examples,
  type Inputs,
} from '../data/dataset.ts'
import { digitsCounts, digitsSeed, generateDigits, SIDE } from '../data/digits.ts'
import { checkKeys, checkNumber, checkTensor, rules, shownValue } from './arguments.ts'
import { refuseArgument } from './network2-error.ts'

/**
 * Rows of numbers, [n, width]: an array of rows; one typed array with all rows, one after the other; or a tensor, which is
 * read at once and stays yours. Bytes (Uint8Array) are grey values: each counts as byte / 256.
 */
export type Rows = readonly ArrayLike<number>[] | Float32Array | Uint8Array | Tensor2D

/** One class for each example, [n]: 0, 1, 2 … up to 255. */
export type Labels = ArrayLike<number> | Tensor1D

/** What {@link examples} is given: inputs, and for each either its class or the value of every output. */
export type GivenExamples =
  | {
      /** The inputs, [n, j_0]. */
      readonly inputs: Rows
      /** The class of each, [n]. */
      readonly labels: Labels
    }
  | {
      /** The inputs, [n, j_0]. */
      readonly inputs: Rows
      /** The desired value of every output, [n, j_L]. */
      readonly targets: Rows
    }

/**
 * Examples to train or to evaluate on, from arrays or tensors.
 *
 * @param given `inputs` [n, j_0], with `labels` [n] or with `targets` [n, j_L]
 * @returns a plain value; typed arrays of the right type are not copied, and must not change
 * @throws Network2Error for shapes that do not fit, numbers that are not finite, and labels that are no classes
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { examples, network, predict, sgd } from 'network2'
 *
 * const xor = examples({ inputs: [[0, 0], [0, 1], [1, 0], [1, 1]], targets: [[0], [1], [1], [0]] })
 * const net = network([2, 4, 1], { seed: 3 })
 * const last = [...sgd(net, xor, { epochs: 500, miniBatchSize: 4, eta: 3 })].at(-1)!
 * console.log(predict(last.net, xor).map(({ activations: [a = 0] }) => Math.round(a))) // [ 0, 1, 1, 0 ]
 * ```
 */
export const examples = (given: GivenExamples): Examples => {
  checkKeys('examples, given', given, ['inputs', 'labels', 'targets'])
  const { inputs: rows, labels, targets } = given as Partial<Record<'inputs' | 'labels' | 'targets', unknown>>
  if (labels === undefined && targets === undefined)
    refuseArgument(
      'examples',
      'has neither labels nor targets',
      'give labels, the class of each example, or targets, the value of every output',
    )
  if (labels !== undefined && targets !== undefined)
    refuseArgument('examples', 'has both labels and targets', 'give one of them')
  const classes = labels === undefined ? undefined : classesFrom('examples, labels', labels)
  const inputs = inputsFrom('examples, inputs', rows, classes?.length)
  const size = countOf(inputs)
  const desired: DesiredOutputs =
    classes !== undefined
      ? { kind: 'labels', labels: classes }
      : targetsFrom(inputsFrom('examples, targets', targets, size))
  const outputs = desired.kind === 'labels' ? desired.labels.length : desired.targets.length / desired.width
  if (outputs !== size)
    refuseArgument(
      `examples, ${desired.kind}`,
      `are ${outputs} for ${size} inputs`,
      `give one for each of the inputs, in their order`,
    )
  return { size, inputs, desired }
}

/** How many rows there are. */
export const countOf = (inputs: Inputs): number =>
  (inputs.kind === 'bytes' ? inputs.bytes : inputs.floats).length / inputs.width

const targetsFrom = (rows: Inputs): DesiredOutputs => ({
  kind: 'targets',
  width: rows.width,
  // bytes are grey values only where they are inputs
  targets: rows.kind === 'floats' ? rows.floats : Float32Array.from(rows.bytes),
})

/** Numbers that a tensor or an array-like object has, without a copy where that is possible. */
const numbersOf = (where: string, value: unknown): ArrayLike<number> | undefined => {
  const tensor = checkTensor(where, value)
  if (tensor !== undefined) return tensor.dataSync()
  return Array.isArray(value) || ArrayBuffer.isView(value)
    ? (value as unknown as ArrayLike<number>)
    : undefined
}

const isBytes = (value: unknown): value is Uint8Array =>
  value instanceof Uint8Array || value instanceof Uint8ClampedArray

/**
 * Inputs from rows.
 *
 * @param n how many rows there must be, if it is known: a flat array does not say its width
 */
export const inputsFrom = (where: string, value: unknown, n?: number, width?: number): Inputs => {
  const tensor = checkTensor(where, value)
  if (tensor !== undefined) return fromTensor(where, tensor)
  if (value instanceof Float32Array || isBytes(value)) return fromFlat(where, value, n, width)
  if (!Array.isArray(value))
    return refuseArgument(
      where,
      `is ${shownValue(value)}`,
      'give an array of rows, a Float32Array or Uint8Array with all rows, or a tensor [n, width]',
    )
  return fromRows(where, value)
}

const fromTensor = (where: string, tensor: Tensor): Inputs => {
  const [rows = 0, width = 0] = tensor.shape
  if (tensor.rank !== 2 || rows === 0 || width === 0)
    refuseArgument(
      where,
      `is ${shownValue(tensor)}, not [n, width]`,
      `make a row of each example: reshape(tensor, [${rows}, -1]) of @tensorflow/tfjs-core`,
    )
  return { kind: 'floats', width, floats: checkFinite(where, Float32Array.from(tensor.dataSync()), width) }
}

const fromFlat = (
  where: string,
  values: Float32Array | Uint8Array,
  n: number | undefined,
  known: number | undefined,
): Inputs => {
  if (values.length === 0) return refuseArgument(where, 'is empty', 'give at least one example')
  if (known === undefined && n === undefined)
    return refuseArgument(
      where,
      `is one ${values.constructor.name}, which does not say how long a row is`,
      'give an array of rows, or labels with the inputs, or a tensor [n, width]',
    )
  const width = known ?? values.length / n!
  if (!Number.isInteger(width) || width === 0 || values.length % width !== 0)
    return refuseArgument(
      where,
      `has ${values.length} numbers, which is not a multiple of ${known ?? `${n!}, the number of examples`}`,
      'give every row with the same number of values',
    )
  return isBytes(values)
    ? { kind: 'bytes', width, bytes: values }
    : { kind: 'floats', width, floats: checkFinite(where, values, width) }
}

const fromRows = (where: string, rows: readonly unknown[]): Inputs => {
  if (rows.length === 0) return refuseArgument(where, 'is empty', 'give at least one example')
  const all = rows.map((row, i) => {
    const numbers = numbersOf(`${where}[${i}]`, row)
    if (numbers === undefined || numbers.length === 0)
      return refuseArgument(
        `${where}[${i}]`,
        `is ${shownValue(row)}, not a row of numbers`,
        'give an array of rows, such as [[0, 1], [1, 1]]',
      )
    return numbers
  })
  const width = all[0]!.length
  const odd = all.findIndex(row => row.length !== width)
  if (odd >= 0)
    refuseArgument(
      `${where}[${odd}]`,
      `has ${all[odd]!.length} numbers, and ${where.split(', ')[1]!}[0] has ${width}`,
      'give every row with the same number of values',
    )
  if (rows.every(isBytes)) {
    const bytes = new Uint8Array(rows.length * width)
    rows.forEach((row, i) => bytes.set(row, i * width))
    return { kind: 'bytes', width, bytes }
  }
  const floats = new Float32Array(rows.length * width)
  all.forEach((row, i) => {
    for (let k = 0; k < width; k++) {
      const x: unknown = row[k]
      floats[i * width + k] = typeof x === 'number' ? x : NaN
      if (typeof x !== 'number' || !Number.isFinite(floats[i * width + k]!)) refuseNumber(where, i, k, x)
    }
  })
  return { kind: 'floats', width, floats }
}

const refuseNumber = (where: string, row: number, column: number, value: unknown): never =>
  refuseArgument(
    `${where}[${row}][${column}]`,
    `is ${shownValue(value)}`,
    'give finite numbers only: look for a division by 0, or a value that is missing, where this row was made',
  )

const checkFinite = (where: string, floats: Float32Array, width: number): Float32Array => {
  const bad = floats.findIndex(value => !Number.isFinite(value))
  return bad < 0 ? floats : refuseNumber(where, Math.floor(bad / width), bad % width, floats[bad])
}

/** The most classes: a label is a byte. */
const MOST_LABELS = 256

const classesFrom = (where: string, value: unknown): Uint8Array => {
  const labels = numbersOf(where, value)
  if (labels === undefined)
    return refuseArgument(
      where,
      `is ${shownValue(value)}`,
      'give one class for each example, such as [5, 0, 4]',
    )
  for (let i = 0; i < labels.length; i++) {
    const label: unknown = labels[i]
    if (Array.isArray(label) || ArrayBuffer.isView(label))
      refuseArgument(
        `${where}[${i}]`,
        `is ${shownValue(label)}, not a class`,
        'give rows of outputs as targets, not as labels',
      )
    if (!Number.isInteger(label) || (label as number) < 0 || (label as number) >= MOST_LABELS)
      refuseArgument(
        `${where}[${i}]`,
        `is ${shownValue(label)}, not a class`,
        `number the classes 0, 1, 2 … up to ${MOST_LABELS - 1}`,
      )
  }
  return labels instanceof Uint8Array ? labels : Uint8Array.from(labels)
}

/** The keys of examples. */
const isExamples = (value: unknown): value is Examples =>
  typeof value === 'object' && value !== null && 'size' in value && 'inputs' in value && 'desired' in value

/** Refuses what is not examples. */
export const checkExamples = (where: string, value: unknown): Examples => {
  if (isExamples(value)) return value
  checkTensor(where, value)
  return refuseArgument(
    where,
    `is ${shownValue(value)}, not examples`,
    value === undefined || value instanceof Promise
      ? 'is an await missing before loadData(…)? Examples are made by examples(…), syntheticDigits(…) and loadData(…)'
      : 'make them with examples({ inputs, labels })',
  )
}

/** A data set with all three parts. */
export type CompleteDataset = Dataset & {
  /** The examples by which settings are chosen. */
  readonly validation: Examples
  /** The examples on which results are reported. */
  readonly test: Examples
}

/** How many digits each part of {@link syntheticDigits} has. */
export type DigitCounts = {
  /** The number of training images, up to 50,000, which is the default. */
  readonly training?: number
  /** The number of validation images, up to 10,000, which is the default. */
  readonly validation?: number
  /** The number of test images; 10,000. */
  readonly test?: number
}

/**
 * Images of digits like MNIST's, 28 x 28 pixels, generated in memory: a data set for pages and for tests, which needs no
 * download. About 0.05 s for a thousand.
 *
 * @param counts of each part; by default those of MNIST: 50,000, 10,000 and 10,000
 * @returns the first images of each part of what `network2 train --data digits` trains on, the same bytes everywhere
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { network, sgd, syntheticDigits } from 'network2'
 *
 * const { training, test } = syntheticDigits({ training: 1000, validation: 0, test: 100 })
 * const [epoch] = sgd(network([784, 10]), training, { epochs: 1, evaluation: test })
 * console.log(epoch!.evaluation.n) // 100
 * ```
 */
export const syntheticDigits = (counts: DigitCounts = {}): CompleteDataset => {
  const where = 'syntheticDigits, counts'
  checkKeys(where, counts, ['training', 'validation', 'test'])
  const sixth = Math.floor(digitsCounts.train / 6)
  const firstForValidation = digitsCounts.train - sixth
  const { training = firstForValidation, validation = sixth, test = digitsCounts.test } = counts
  const most = { training: firstForValidation, validation: sixth, test: Infinity }
  for (const [part, count] of Object.entries({ training, validation, test })) {
    const limit = most[part as keyof typeof most]
    if (checkNumber(`${where}.${part}`, count, rules.countOrZero) > limit)
      refuseArgument(`${where}.${part}`, `is ${count}`, `give a whole number up to ${limit}`)
  }
  const part = (stream: number, from: number, count: number): Examples => {
    const { images, labels } = generateDigits(fold(key(digitsSeed), stream), from, count)
    return {
      size: count,
      inputs: { kind: 'bytes', width: SIDE * SIDE, columns: SIDE, bytes: images.pixels },
      desired: { kind: 'labels', labels },
    }
  }
  return {
    name: GENERATED_DIGITS,
    source: 'the generator',
    training: part(0, 0, training),
    validation: part(0, firstForValidation, validation),
    test: part(1, 0, test),
  }
}

/**
 * Operations of TensorFlow.js and their gradients, as users call them, on each engine: they agree with eager, or are refused
 * by name, as the documentation says.
 */
import { readFileSync } from 'node:fs'
// registers the gradients
import '@tensorflow/tfjs'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { jit } from '../../src/compiler/jit.ts'
import { CompileError, type Interpreter } from '../../src/core/scan.ts'
import { fold, key, normalNumbers } from '../../src/core/rng.ts'
import { using, withTensors } from '../../src/core/scope.ts'
import { sizeOf } from '../../src/compiler/program.ts'
import { leaves } from '../../src/core/tree.ts'
import { describeCompilers } from '../support/engines.ts'
import { relativeError } from '../support/float64.ts'

type T = tf.Tensor
type Shape = readonly number[]

type Operation = {
  readonly f: (...inputs: never[]) => T
  readonly shapes: readonly Shape[]
  /** What is made of numbers from N(0, 1). */
  readonly numbers?: (x: number) => number
}

const one = (f: (x: never) => T, shape: Shape = [4, 6]): Operation => ({ f, shapes: [shape] })
const ofPositive = (operation: Operation): Operation => ({ ...operation, numbers: x => Math.abs(x) + 0.1 })
const two = (f: (a: never, b: never) => T, a: Shape = [4, 6], b: Shape = [4, 6]): Operation => ({
  f,
  shapes: [a, b],
})
const three = (f: (a: never, b: never, c: never) => T, ...shapes: Shape[]): Operation => ({ f, shapes })

const rows = (): tf.Tensor1D => tf.tensor1d([2, 0, 3, 1], 'int32')
const image: Shape = [2, 8, 8, 3]
/** TensorFlow.js's own gradient of resized images is wrong for more than one. */
const oneImage: Shape = [1, 8, 8, 3]
const filter: Shape = [3, 3, 3, 4]
const volume: Shape = [1, 4, 4, 4, 2]

const normalized = (x: T, axes: number | number[]): T => {
  const { mean, variance } = tf.moments(x, axes)
  return tf.div(tf.sub(x, mean), tf.sqrt(tf.add(variance, 1e-3)))
}

const operations: Readonly<Record<string, Operation>> = {
  'conv2d same': two((x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 1, 'same'), image, filter),
  'conv2d valid, stride 2': two(
    (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2d(x, w, 2, 'valid'),
    image,
    filter,
  ),
  conv1d: two((x: tf.Tensor3D, w: tf.Tensor3D) => tf.conv1d(x, w, 1, 'same'), [2, 8, 3], [3, 3, 4]),
  conv2dTranspose: two(
    (x: tf.Tensor4D, w: tf.Tensor4D) => tf.conv2dTranspose(x, w, [2, 8, 8, 3], 2, 'same'),
    [2, 4, 4, 4],
    filter,
  ),
  depthwiseConv2d: two(
    (x: tf.Tensor4D, w: tf.Tensor4D) => tf.depthwiseConv2d(x, w, 1, 'same'),
    image,
    [3, 3, 3, 1],
  ),
  separableConv2d: three(
    (x: tf.Tensor4D, d: tf.Tensor4D, p: tf.Tensor4D) => tf.separableConv2d(x, d, p, 1, 'same'),
    image,
    [3, 3, 3, 1],
    [1, 1, 3, 4],
  ),
  conv3d: two((x: tf.Tensor5D, w: tf.Tensor5D) => tf.conv3d(x, w, 1, 'same'), volume, [2, 2, 2, 2, 3]),
  maxPool: one((x: tf.Tensor4D) => tf.maxPool(x, 2, 2, 'valid'), image),
  avgPool: one((x: tf.Tensor4D) => tf.avgPool(x, 2, 2, 'valid'), image),
  maxPool3d: one((x: tf.Tensor5D) => tf.maxPool3d(x, 2, 2, 'valid'), volume),
  dilation2d: two((x: tf.Tensor4D, w: tf.Tensor3D) => tf.dilation2d(x, w, 1, 'same'), image, [3, 3, 3]),
  localResponseNormalization: one((x: tf.Tensor4D) => tf.localResponseNormalization(x), image),
  'batchNorm, given moments': {
    f: (x: tf.Tensor4D, m: tf.Tensor1D, v: tf.Tensor1D, offset: tf.Tensor1D, scale: tf.Tensor1D) =>
      tf.batchNorm(x, m, tf.square(v), offset, scale, 1e-3),
    shapes: [image, [3], [3], [3], [3]],
  },
  'batch normalization of rows': one((x: T) => normalized(x, 0)),
  'batch normalization of images': one((x: T) => normalized(x, [0, 1, 2]), image),
  'layer normalization': one((x: T) => normalized(tf.transpose(x), 0)),
  'fused.matMul': three(
    (a: tf.Tensor2D, b: tf.Tensor2D, bias: tf.Tensor1D) =>
      tf.fused.matMul({ a, b, bias, activation: 'relu' }),
    [4, 6],
    [6, 5],
    [5],
  ),
  'fused.conv2d': three(
    (x: tf.Tensor4D, w: tf.Tensor4D, bias: tf.Tensor1D) =>
      tf.fused.conv2d({ x, filter: w, strides: 1, pad: 'same', bias, activation: 'relu' }),
    image,
    filter,
    [4],
  ),
  'fused.depthwiseConv2d': two(
    (x: tf.Tensor4D, w: tf.Tensor4D) =>
      tf.fused.depthwiseConv2d({ x, filter: w, strides: 1, pad: 'same', activation: 'relu' }),
    image,
    [3, 3, 3, 1],
  ),
  mirrorPad: one((x: T) => tf.mirrorPad(x, [[1, 1], [0, 2]], 'reflect')), // prettier-ignore
  matMul: two((a: T, b: T) => tf.matMul(a, b), [4, 6], [6, 5]),
  'matMul of batches': two((a: T, b: T) => tf.matMul(a, b), [2, 4, 6], [2, 6, 5]),
  dot: two((a: T, b: T) => tf.dot(a, b), [4, 6], [6]),
  gather: one((x: T) => tf.gather(x, rows())),
  'gather of columns': one((x: T) => tf.gather(x, rows(), 1)),
  'gather by a matrix': one((x: T) => tf.gather(x, tf.tensor2d([0, 1, 3, 3], [2, 2], 'int32'))),
  oneHot: one((x: T) => tf.mul(x, tf.cast(tf.oneHot(rows(), 6), 'float32'))),
  unsortedSegmentSum: one((x: T) => tf.unsortedSegmentSum(x, rows(), 4)),
  cumsum: one((x: T) => tf.cumsum(x, 1)),
  resizeBilinear: one((x: tf.Tensor4D) => tf.image.resizeBilinear(x, [16, 16]), oneImage),
  resizeNearestNeighbor: one((x: tf.Tensor4D) => tf.image.resizeNearestNeighbor(x, [16, 16]), oneImage),
  tile: one((x: T) => tf.tile(x, [2, 2])),
  pad: one((x: T) => tf.pad(x, [[1, 1], [0, 2]])), // prettier-ignore
  slice: one((x: T) => tf.slice(x, [1, 1], [2, 3])),
  split: one((x: T) => tf.mul(...(tf.split(x, 2, 1) as [T, T]))),
  unstack: one((x: T) => tf.mul(...(tf.unstack(x, 0).slice(0, 2) as [T, T]))),
  concat: two((a: T, b: T) => tf.concat([a, b], 1)),
  stack: two((a: T, b: T) => tf.stack([a, b])),
  reverse: one((x: T) => tf.reverse(x, 1)),
  'transpose of a matrix': one((x: T) => tf.transpose(x)),
  'transpose of three axes': one((x: T) => tf.transpose(x, [0, 2, 1]), [2, 3, 4]),
  broadcastTo: one((x: T) => tf.broadcastTo(x, [4, 6]), [6]),
  'expandDims and squeeze': one((x: T) => tf.squeeze(tf.expandDims(x, 1))),
  softmax: one((x: T) => tf.softmax(x)),
  logSoftmax: one((x: T) => tf.logSoftmax(x)),
  relu: one((x: T) => tf.relu(x)),
  relu6: one((x: T) => tf.relu6(x)),
  leakyRelu: one((x: T) => tf.leakyRelu(x, 0.1)),
  prelu: two((x: T, alpha: T) => tf.prelu(x, alpha), [4, 6], [6]),
  elu: one((x: T) => tf.elu(x)),
  selu: one((x: T) => tf.selu(x)),
  softplus: one((x: T) => tf.softplus(x)),
  swish: one((x: T) => tf.mul(x, tf.sigmoid(x))),
  'gelu by erf': one((x: T) => tf.mul(x, tf.mul(0.5, tf.add(1, tf.erf(tf.div(x, Math.SQRT2)))))),
  'gelu by tanh': one((x: T) => tf.mul(x, tf.mul(0.5, tf.add(1, tf.tanh(tf.mul(0.8, x)))))),
  tanh: one((x: T) => tf.tanh(x)),
  sigmoid: one((x: T) => tf.sigmoid(x)),
  logSigmoid: one((x: T) => tf.logSigmoid(x)),
  abs: one((x: T) => tf.abs(x)),
  square: one((x: T) => tf.square(x)),
  'pow 3': one((x: T) => tf.pow(x, 3)),
  'pow of two tensors': ofPositive(two((a: T, b: T) => tf.pow(a, b))),
  exp: one((x: T) => tf.exp(x)),
  sqrt: ofPositive(one((x: T) => tf.sqrt(x))),
  rsqrt: ofPositive(one((x: T) => tf.rsqrt(x))),
  log: ofPositive(one((x: T) => tf.log(x))),
  log1p: ofPositive(one((x: T) => tf.log1p(x))),
  expm1: one((x: T) => tf.expm1(x)),
  'sin and cos': one((x: T) => tf.mul(tf.sin(x), tf.cos(x))),
  atan2: ofPositive(two((a: T, b: T) => tf.atan2(a, b))),
  clipByValue: one((x: T) => tf.clipByValue(x, -0.5, 0.5)),
  maximum: two((a: T, b: T) => tf.maximum(a, b)),
  minimum: two((a: T, b: T) => tf.minimum(a, b)),
  div: ofPositive(two((a: T, b: T) => tf.div(a, b))),
  mod: ofPositive(two((a: T, b: T) => tf.mod(a, b))),
  squaredDifference: two((a: T, b: T) => tf.squaredDifference(a, b)),
  'sum of all': one((x: T) => tf.sum(x)),
  'sum of columns': one((x: T) => tf.sum(x, 0)),
  'sum over the first three of four axes': one((x: T) => tf.sum(x, [0, 1, 2]), image),
  mean: one((x: T) => tf.mean(x, 1)),
  'max of rows': one((x: T) => tf.max(x, 1)),
  'max of columns': one((x: T) => tf.max(x, 0)),
  min: one((x: T) => tf.min(x, 1)),
  norm: one((x: T) => tf.norm(x)),
  logSumExp: one((x: T) => tf.logSumExp(x, 1)),
  'add to the last axis of four': two((a: T, b: T) => tf.add(a, b), image, [3]),
  'add to the last two axes of three': two((a: T, b: T) => tf.add(a, b), [2, 3, 4], [3, 4]),
  'multiply with two broadcasts': two((a: T, b: T) => tf.mul(a, b), [2, 3, 1], [2, 1, 4]),
  'an LSTM cell': {
    f: (x: tf.Tensor2D, c: tf.Tensor2D, h: tf.Tensor2D, w: tf.Tensor2D, b: tf.Tensor1D) =>
      tf.basicLSTMCell(tf.scalar(1), w, b, x, c, h)[1],
    shapes: [[4, 6], [4, 5], [4, 5], [11, 20], [20]],
  },
  'losses.meanSquaredError': two((a: T, b: T) => tf.losses.meanSquaredError(a, b)),
  'losses.huberLoss': two((a: T, b: T) => tf.losses.huberLoss(a, b)),
  'losses.hingeLoss': two((a: T, b: T) => tf.losses.hingeLoss(a, b)),
  'losses.absoluteDifference': two((a: T, b: T) => tf.losses.absoluteDifference(a, b)),
  'losses.logLoss': two((a: T, b: T) => tf.losses.logLoss(tf.sigmoid(a), tf.sigmoid(b))),
  'losses.cosineDistance': two((a: T, b: T) => tf.losses.cosineDistance(a, b, 1)),
  'losses.softmaxCrossEntropy': two((a: T, b: T) => tf.losses.softmaxCrossEntropy(tf.softmax(a), b)),
  'losses.sigmoidCrossEntropy': two((a: T, b: T) => tf.losses.sigmoidCrossEntropy(tf.sigmoid(a), b)),
}

/** The gradients of Σ y · σ(y) by each input. */
const gradientsOf =
  ({ f }: Operation) =>
  (inputs: readonly T[]): readonly T[] =>
    tf.grads((...given: T[]) => {
      const y = f(...(given as never[]))
      return tf.sum(tf.mul(y, tf.sigmoid(y)))
    })([...inputs])

const inputsOf = ({ shapes, numbers = x => x }: Operation, seed: number): T[] =>
  shapes.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1)
    return tf.tensor(normalNumbers(fold(key(seed), i), size).map(numbers), [...shape])
  })

const numbersOf = (results: readonly T[]): number[][] => leaves(results).map(leaf => [...leaf.dataSync()])

const forward =
  ({ f }: Operation) =>
  (inputs: readonly T[]): T =>
    f(...(inputs as never[]))

/** An operation, forward or with its gradient. */
type Tried = {
  readonly name: string
  readonly operation: Operation
  readonly f: (inputs: readonly T[]) => T | readonly T[]
}

/** Compiles functions as one program, and asserts that each agrees with eager. */
const agree = (engine: Interpreter, all: readonly Tried[]): void => {
  const run = (inputs: readonly (readonly T[])[]): readonly (readonly T[])[] =>
    inputs.map((given, i) => [all[i]!.f(given)].flat())
  const compiled = jit(engine)(run)
  const numbers = (results: readonly (readonly T[])[]): number[][][] => results.map(numbersOf)
  // the second draw is not the one that was traced
  for (const seed of [1, 2])
    withTensors(
      () => all.map(({ operation }) => inputsOf(operation, seed)),
      inputs => {
        const expected = withTensors(() => run(inputs), numbers)
        using(compiled(inputs), numbers).forEach((found, i) =>
          expect(relativeError(found, expected[i]!, 1e-2), all[i]!.name).toBeLessThan(1e-3),
        )
      },
    )
}

/** By function, `yes` where the engine computes what eager computes, or the kernel that it does not have. */
const outcomesOf = (engine: Interpreter, all: readonly Tried[]): readonly string[] => {
  try {
    agree(engine, all)
    return all.map(() => 'yes')
  } catch (error) {
    const kernel = error instanceof CompileError ? /^the kernel (\w+) is not/.exec(error.message) : null
    if (kernel === null) throw error
    return all.length === 1 ? [`no \`${kernel[1]}\``] : all.flatMap(one => outcomesOf(engine, [one]))
  }
}

/** How many operations are one program: it takes XLA long to compile one. */
const TOGETHER = 6

const page = readFileSync(new URL('../../src/web/docs/compiling.md', import.meta.url), 'utf8')

/** The columns of the page's table: an engine, forward and with the gradient. */
const COLUMNS: Readonly<Record<string, number>> = { wasm: 1, xla: 3 }

/** The operations that the page says an engine refuses, forward or with the gradient. */
const refusedOnPage = (engineName: string): Readonly<Record<string, readonly string[]>> => {
  const table = page.slice(page.indexOf('| operation |'), page.indexOf('## The kernels by engine'))
  const rows = table.trim().split('\n').slice(2)
  const first = COLUMNS[engineName]!
  const said = rows.map(row => {
    const cells = row.slice(2, -2).split(' | ')
    return [cells[0]!, cells.slice(first, first + 2)] as const
  })
  return Object.fromEntries(said.filter(([, cells]) => String(cells) !== 'yes,yes'))
}

describeCompilers('the operations on', (engine, engineName) => {
  it('of several resized images are, with the gradient, sums of the numbers that each pixel has become', () => {
    const draw = (shape: Shape, stream: number): T =>
      tf.tensor(normalNumbers(fold(key(1), stream), sizeOf({ shape })), [...shape])
    const [x, w] = [draw([2, 4, 3, 2], 1), draw([2, 8, 6, 2], 2)]
    const gradient = ([a]: readonly T[]): T =>
      tf.grad((of: T) => tf.sum(tf.mul(tf.image.resizeNearestNeighbor(of as tf.Tensor4D, [8, 6]), w)))(a!)
    const found = using(jit(engine())(gradient)([x]), result => numbersOf([result]))
    const wanted = withTensors(() => [tf.sum(tf.reshape(w, [2, 4, 2, 3, 2, 2]), [2, 4])], numbersOf)
    expect(relativeError(found, wanted, 1e-2)).toBeLessThan(1e-5)
    tf.dispose([x, w])
  })

  it('are those of eager, forward and with the gradient, or are refused as the page says', () => {
    const tried = Object.entries(operations).flatMap(([name, operation]) =>
      [forward(operation), gradientsOf(operation)].map((f): Tried => ({ name, operation, f })),
    )
    const groups = Array.from({ length: Math.ceil(tried.length / (2 * TOGETHER)) }, (_, i) =>
      tried.slice(2 * TOGETHER * i, 2 * TOGETHER * (i + 1)),
    )
    const outcomes = groups.flatMap(group => outcomesOf(engine(), group))
    const found = Object.keys(operations).map(
      (name, i) => [name, outcomes.slice(2 * i, 2 * (i + 1))] as const,
    )
    const refused = found.filter(([, outcomes]) => String(outcomes) !== 'yes,yes')
    expect(Object.fromEntries(refused)).toEqual(refusedOnPage(engineName))
    const counts = [0, 1].map(i => `${found.filter(([, all]) => all[i] === 'yes').length} of ${found.length}`)
    expect(page).toContain(`| \`${engineName}\` | ${counts.join(' | ')} |`)
  })
})

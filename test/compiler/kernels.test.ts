/**
 * Every kernel that an engine has, or that is written as others, compiled by each engine against the eager result, on random
 * shapes and numbers. What an engine does not have is refused by name.
 */
// registers the gradients, which run kernels of their own
import '@tensorflow/tfjs'
import * as tf from '@tensorflow/tfjs-core'
import { expect, it } from 'vitest'
import { jit } from '../../src/compiler/jit.ts'
import { CompileError } from '../../src/core/scan.ts'
import { compiledKernels } from '../../src/compiler/passes/canonicalize.ts'
import { uniform } from '../../src/compiler/random.ts'
import { simplified } from '../../src/compiler/passes/simplify.ts'
import { lowerings } from '../../src/compiler/xla/ops.ts'
import { fold, key, normalNumbers, type Key } from '../../src/core/rng.ts'
import { using, withTensors } from '../../src/core/scope.ts'
import { describeCompilers } from '../support/engines.ts'

type T = tf.Tensor
type F = (...inputs: T[]) => T

/** A function that runs a kernel, and the shapes of its inputs; numbers are from N(0, 1) unless told otherwise. */
type Case = {
  readonly f: F
  readonly shapes: readonly (readonly number[])[]
  readonly numbers?: (x: number) => number
}

const VECTOR = [[7]]
const MATRIX = [[3, 5]]
const PAIR = [
  [3, 5],
  [3, 5],
]
const BROADCAST = [[3, 5], [5]]

const unary = (f: (x: T) => T, numbers?: (x: number) => number): Case[] =>
  [VECTOR, MATRIX, [[2, 3, 4]]].map(shapes => ({ f: f, shapes, ...(numbers && { numbers }) }))

const binary = (f: (a: T, b: T) => T, numbers?: (x: number) => number): Case[] =>
  [PAIR, BROADCAST].map(shapes => ({ f: f, shapes, ...(numbers && { numbers }) }))

const along = (f: (x: T, axis?: number | number[]) => T): Case[] => [
  { f: x => f(x), shapes: MATRIX },
  { f: x => f(x, 0), shapes: MATRIX },
  { f: x => f(x, 1), shapes: [[2, 3, 4]] },
  { f: x => f(x, [0, 1]), shapes: [[2, 3, 4]] },
  { f: x => f(x, 2), shapes: [[2, 3, 4]] },
  { f: x => f(x, [0, 2]), shapes: [[2, 3, 4]] },
]

const on = (f: F, ...shapes: number[][]): Case[] => [{ f, shapes }]

/** Of images [m, height, width, channels] and filters. */
const ofImages = (f: (x: tf.Tensor4D, w: tf.Tensor4D) => T, ...shapes: number[][]): Case[] =>
  on((x, w) => f(x as tf.Tensor4D, w as tf.Tensor4D), ...shapes)

const IMAGE = [2, 5, 6, 3]
const FILTER = [2, 3, 3, 4]
const DEPTHWISE = [2, 3, 3, 2]

type Window = [
  strides: number | [number, number],
  pad: 'same' | 'valid',
  dilations: number | [number, number],
]

const windows: Window[] = [
  [1, 'same', 1],
  [2, 'valid', 1],
  [[2, 1], 'same', 1],
  [1, 'valid', [1, 2]],
]

type Resized = readonly [size: [number, number], alignCorners: boolean, halfPixelCenters?: boolean]

/** TensorFlow.js's own gradients of resized images are wrong for more than one image, and for one that is not square. */
const SQUARE = [1, 5, 5, 3]

/** Larger and smaller images. */
const SIMPLY_RESIZED: readonly Resized[] = [
  [[9, 12], false],
  [[3, 7], true],
]
const RESIZED: readonly Resized[] = [...SIMPLY_RESIZED, [[3, 14], false, true]]

const above = (x: number): number => Math.abs(x) + 0.1
const truth = (x: T): T => tf.greater(x, 0)
const number = (x: T): T => tf.cast(x, 'float32')

const cases: Readonly<Record<string, readonly Case[]>> = {
  Abs: unary(tf.abs),
  Ceil: unary(tf.ceil),
  Cos: unary(tf.cos),
  Elu: unary(tf.elu),
  Exp: unary(tf.exp),
  Expm1: unary(tf.expm1),
  Floor: unary(tf.floor),
  Identity: unary(x => tf.add(tf.clone(x), 0)),
  LeakyRelu: unary(x => tf.leakyRelu(x, 0.3)),
  Log: unary(tf.log, above),
  Log1p: unary(tf.log1p, above),
  LogicalNot: unary(x => number(tf.logicalNot(truth(x)))),
  Neg: unary(tf.neg),
  OnesLike: unary(x => tf.add(tf.onesLike(x), x)),
  Reciprocal: unary(tf.reciprocal, above),
  Relu: unary(tf.relu),
  Relu6: unary(x => tf.relu6(tf.mul(x, 5))),
  Round: unary(x => tf.round(tf.mul(x, 3))),
  Rsqrt: unary(tf.rsqrt, above),
  Selu: unary(tf.selu),
  Sigmoid: unary(tf.sigmoid),
  Sign: unary(tf.sign),
  Sin: [...unary(tf.sin), ...unary(x => tf.sin(tf.mul(x, 50)))],
  Softplus: unary(tf.softplus),
  Sqrt: unary(tf.sqrt, above),
  Square: unary(tf.square),
  Step: [...unary(tf.step), ...unary(x => tf.step(x, 0.3))],
  Tanh: unary(tf.tanh),
  ZerosLike: unary(x => tf.add(tf.zerosLike(x), x)),
  ClipByValue: unary(x => tf.clipByValue(x, -0.5, 0.7)),

  Add: binary(tf.add),
  FloorDiv: binary((a, b) =>
    number(tf.floorDiv(tf.cast(tf.mul(a, 20), 'int32'), tf.cast(tf.add(tf.abs(b), 1), 'int32'))),
  ),
  Maximum: binary(tf.maximum),
  Minimum: binary(tf.minimum),
  Mod: binary((a, b) => tf.mod(tf.mul(a, 10), b), above),
  Multiply: binary(tf.mul),
  Pow: [
    ...[-1, 0.5, 1, 2, 3].flatMap(to => unary(x => tf.pow(x, to), above)),
    ...binary(tf.pow, above),
    ...binary((a, b) => tf.pow(tf.floor(a), tf.floor(b))),
  ],
  RealDiv: binary((a, b) => tf.div(a, b), above),
  SquaredDifference: binary(tf.squaredDifference),
  Sub: binary(tf.sub),
  AddN: on((a, b, c) => tf.addN([a, b, c]), [3, 5], [3, 5], [3, 5]),

  Equal: binary((a, b) => number(tf.equal(tf.round(a), tf.round(b)))),
  Greater: binary((a, b) => number(tf.greater(a, b))),
  GreaterEqual: binary((a, b) => number(tf.greaterEqual(tf.round(a), tf.round(b)))),
  Less: binary((a, b) => number(tf.less(a, b))),
  LessEqual: binary((a, b) => number(tf.lessEqual(tf.round(a), tf.round(b)))),
  LogicalAnd: binary((a, b) => number(tf.logicalAnd(truth(a), truth(b)))),
  LogicalOr: binary((a, b) => number(tf.logicalOr(truth(a), truth(b)))),
  NotEqual: binary((a, b) => number(tf.notEqual(tf.round(a), tf.round(b)))),
  Select: on((a, b) => tf.where(truth(a), a, b), [3, 5], [3, 5]),

  All: along((x, axis) => number(tf.all(truth(x), axis))),
  Any: along((x, axis) => number(tf.any(truth(x), axis))),
  ArgMax: on(x => number(tf.argMax(x, 1)), [4, 6]),
  ArgMin: on(x => number(tf.argMin(x, 0)), [4, 6]),
  Max: along(tf.max),
  Mean: along(tf.mean),
  Min: along(tf.min),
  Prod: along(tf.prod),
  Sum: along((x, axis) => tf.sum(x, axis, axis === 0)),
  LogSoftmax: on(x => tf.logSoftmax(x), [4, 6]),
  Softmax: on(x => tf.softmax(x), [4, 6]),

  BatchMatMul: [
    ...on((a, b) => tf.matMul(a, b, true), [1, 4, 3], [1, 4, 5]),
    ...on((a, b) => tf.matMul(a, b), [3, 4], [4, 5]),
    ...on((a, b) => tf.matMul(a, b, true), [4, 3], [4, 5]),
    ...on((a, b) => tf.matMul(a, b, false, true), [3, 4], [5, 4]),
    ...on((a, b) => tf.matMul(a, b, true, true), [2, 4, 3], [2, 5, 4]),
  ],

  Cast: unary(x => number(tf.cast(tf.mul(x, 9), 'int32'))),
  Concat: on((a, b) => tf.concat([a, b], 1), [3, 2], [3, 4]),
  ExpandDims: on(x => tf.expandDims(x, 1), [3, 2]),
  EluGrad: unary(x => tf.engine().runKernel('EluGrad', { dy: x, y: tf.elu(x) })),
  FusedBatchNorm: [
    ...on((x, m, v) => tf.batchNorm(x, m, tf.abs(v)), [4, 3], [3], [3]),
    ...on((x, m, v, s) => tf.batchNorm(x, m, tf.abs(v), undefined, s), [2, 2, 4, 3], [3], [3], [3]),
    ...on((x, m, v, o, s) => tf.batchNorm(x, m, tf.abs(v), o, s), [4, 3], [3], [3], [3], [3]),
  ],
  _FusedMatMul: (['linear', 'relu', 'relu6', 'elu', 'sigmoid', 'leakyrelu', 'prelu'] as const).flatMap(
    activation => [
      ...on(
        (a, b, bias) =>
          tf.fused.matMul({ a, b, bias, activation, leakyreluAlpha: 0.2, preluActivationWeights: bias }),
        [3, 4],
        [4, 5],
        [5],
      ),
      ...on(
        (a, b) => tf.fused.matMul({ a, b, activation: activation === 'prelu' ? 'relu' : activation }),
        [3, 4],
        [4, 5],
      ),
    ],
  ),
  Prelu: on((x, alpha) => tf.prelu(x, alpha), [3, 4], [4]),
  SplitV: on(x => tf.mul(...(tf.split(x, [2, 2], 1) as [T, T])), [3, 4]),
  Unpack: on(x => tf.mul(...(tf.unstack(x, -1) as [T, T])), [3, 2]),
  GatherV2: [
    ...on(x => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')), [3, 4]),
    ...on(x => tf.gather(x, tf.tensor2d([[2, 0], [1, 2]], [2, 2], 'int32')), [3, 4]), // prettier-ignore
    ...on(x => tf.gather(x, tf.tensor1d([1, 1], 'int32')), [3, 2, 2]),
    ...on(x => tf.gather(x, tf.tensor2d([[1, 0, 3]], [1, 3], 'int32'), 1), [3, 4, 2]), // prettier-ignore
    ...on(x => tf.gather(x, tf.tensor1d([2, 2, 0], 'int32'), 2), [2, 3, 4]),
  ],
  AvgPool: ofImages(x => tf.avgPool(x, 2, 2, 'same'), IMAGE),
  AvgPoolGrad: ofImages(
    tf.grad((x: T) => tf.avgPool(x as tf.Tensor4D, [3, 2], 1, 'valid')),
    IMAGE,
  ),
  Conv2D: windows.flatMap(([strides, pad, dilations]) =>
    ofImages((x, w) => tf.conv2d(x, w, strides, pad, 'NHWC', dilations), IMAGE, FILTER),
  ),
  Conv2DBackpropFilter: windows.flatMap(([strides, pad]) =>
    ofImages(
      (x, w) =>
        tf.grads((a: T, b: T) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad))([x, w])[1]!,
      IMAGE,
      FILTER,
    ),
  ),
  Conv2DBackpropInput: windows.flatMap(([strides, pad]) =>
    ofImages(
      (x, w) =>
        tf.grads((a: T, b: T) => tf.conv2d(a as tf.Tensor4D, b as tf.Tensor4D, strides, pad))([x, w])[0]!,
      IMAGE,
      FILTER,
    ),
  ),
  DepthwiseConv2dNative: ofImages((x, w) => tf.depthwiseConv2d(x, w, 1, 'same'), IMAGE, DEPTHWISE),
  DepthwiseConv2dNativeBackpropFilter: ofImages(
    (x, w) =>
      tf.grads((a: T, b: T) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'))([x, w])[1]!,
    IMAGE,
    DEPTHWISE,
  ),
  DepthwiseConv2dNativeBackpropInput: ofImages(
    (x, w) =>
      tf.grads((a: T, b: T) => tf.depthwiseConv2d(a as tf.Tensor4D, b as tf.Tensor4D, 1, 'same'))([x, w])[0]!,
    IMAGE,
    DEPTHWISE,
  ),
  FusedConv2D: ofImages(
    (x, w) => tf.fused.conv2d({ x, filter: w, strides: 1, pad: 'same', activation: 'relu' }),
    IMAGE,
    FILTER,
  ),
  FusedDepthwiseConv2D: ofImages(
    (x, w) => tf.fused.depthwiseConv2d({ x, filter: w, strides: 1, pad: 'same', activation: 'relu6' }),
    IMAGE,
    DEPTHWISE,
  ),
  MaxPool: ofImages(x => tf.maxPool(x, [2, 3], 1, 'same'), IMAGE),
  MaxPoolGrad: ofImages(
    tf.grad((x: T) => tf.maxPool(x as tf.Tensor4D, 2, 2, 'valid')),
    IMAGE,
  ),

  LRN: ofImages(x => tf.localResponseNormalization(x, 1, 0.5, 0.7, 0.6), IMAGE),
  LRNGrad: ofImages(
    tf.grad((x: T) => tf.localResponseNormalization(x as tf.Tensor4D, 1, 0.5, 0.7, 0.6)),
    IMAGE,
  ),
  MirrorPad: [
    ...on(
      x =>
        tf.mirrorPad(
          x,
          [
            [1, 2],
            [0, 3],
          ],
          'reflect',
        ),
      [3, 4],
    ),
    ...on(
      x =>
        tf.mirrorPad(
          x,
          [
            [1, 3],
            [2, 0],
          ],
          'symmetric',
        ),
      [3, 4],
    ),
  ],
  ResizeBilinear: RESIZED.flatMap(([size, ...how]) =>
    ofImages(x => tf.image.resizeBilinear(x, size, ...how), IMAGE),
  ),
  ResizeBilinearGrad: SIMPLY_RESIZED.flatMap(([size, ...how]) =>
    ofImages(
      tf.grad((x: T) => tf.image.resizeBilinear(x as tf.Tensor4D, size, ...how)),
      SQUARE,
    ),
  ),
  ResizeNearestNeighbor: RESIZED.flatMap(([size, ...how]) =>
    ofImages(x => tf.image.resizeNearestNeighbor(x, size, ...how), IMAGE),
  ),
  ResizeNearestNeighborGrad: SIMPLY_RESIZED.flatMap(([size, ...how]) =>
    ofImages(
      tf.grad((x: T) => tf.image.resizeNearestNeighbor(x as tf.Tensor4D, size, ...how)),
      SQUARE,
    ),
  ),

  Atan2: binary(tf.atan2),
  Cumsum: [
    ...on(x => tf.cumsum(x, 1), [3, 4]),
    ...on(x => tf.cumsum(x, 0, true, true), [3, 4]),
    ...on(x => tf.cumsum(x, 1, false, true), [2, 7, 3]),
    ...on(x => tf.cumsum(x, 0, true), [1, 3]),
  ],
  Erf: unary(tf.erf),
  Network2Uniform: on(x => tf.add(x, uniform(tf.tensor1d([7, -9], 'int32'), [3, 5])), [3, 5]),
  OneHot: on(x => tf.add(x, tf.oneHot(tf.tensor1d([2, 0, 7], 'int32'), 4, 2, -1)), [3, 4]),
  Reverse: [...on(x => tf.reverse(x, 1), [3, 4]), ...on(x => tf.reverse(x), [2, 3, 4])],
  UnsortedSegmentSum: on(x => tf.unsortedSegmentSum(x, tf.tensor1d([2, 0, 2], 'int32'), 4), [3, 4]),
  PadV2: on(
    x =>
      tf.pad(
        x,
        [
          [1, 0],
          [0, 2],
        ],
        0.5,
      ),
    [3, 4],
  ),
  Pack: on((a, b) => tf.stack([a, b], 1), [3, 4], [3, 4]),
  Reshape: on(x => tf.reshape(x, [2, 6]), [3, 4]),
  Slice: on(x => tf.slice(x, [1, 0], [2, -1]), [3, 4]),
  Tile: on(x => tf.tile(x, [2, 3]), [3, 4]),
  StridedSlice: [
    ...on(x => tf.stridedSlice(x, [-4, 0], [-1, 9], [1, 2], 0, 2), [5, 7]),
    ...on(x => tf.stridedSlice(x, [4, 0], [0, 0], [-1, 3], 1, 3), [5, 7]),
    ...on(x => tf.stridedSlice(x, [1, 2], [2, 6], [1, 1], 0, 0, 0, 0, 1), [5, 7]),
    ...on(x => tf.stridedSlice(x, [0, 1], [5, 6], [2, 3]), [5, 7]),
    ...on(x => tf.stridedSlice(x, [3, 1], [0, 5], [-2, 1]), [5, 7]),
  ],
  Transpose: [
    ...on(x => tf.transpose(x, [2, 0, 1]), [2, 3, 4]),
    ...on(x => tf.transpose(x, [3, 1, 0, 2]), [2, 3, 4, 5]),
  ],
}

const inputs = ({ shapes, numbers = x => x }: Case, of: Key): T[] =>
  shapes.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1)
    return tf.tensor(normalNumbers(fold(of, i), size).map(numbers), [...shape])
  })

/** What each engine does not have, at least in a case of the kernel. */
const REFUSED: Readonly<Record<string, readonly string[]>> = {
  wasm: [
    'DepthwiseConv2dNative: the kernel DepthwiseConv2dNative',
    'DepthwiseConv2dNativeBackpropFilter: the kernel DepthwiseConv2dNativeBackpropFilter',
    'DepthwiseConv2dNativeBackpropInput: the kernel DepthwiseConv2dNativeBackpropInput',
    'FloorDiv: the kernel FloorDiv of int32',
    'FusedDepthwiseConv2D: the kernel DepthwiseConv2dNative',
    'Prod: the kernel Prod',
  ],
  xla: [],
}

it('every kernel is tried', () => {
  const known = new Set([...simplified, ...compiledKernels(), ...Object.keys(lowerings)])
  expect(Object.keys(cases).sort()).toEqual([...known].sort())
})

describeCompilers('on', (engine, name) => {
  /** Compiles the cases as one program, for a program takes XLA long, and compares each result with eager. */
  const agree = (tried: readonly Case[]): void => {
    const f = (given: readonly (readonly T[])[]): readonly T[] => given.map((one, i) => tried[i]!.f(...one))
    const compiled = jit(engine())(f)
    const values = (results: readonly T[]): number[][] => results.map(result => [...result.dataSync()])
    // the second draw is not the one that was traced
    for (const seed of [1, 2])
      withTensors(
        () => tried.map(one => inputs(one, key(seed))),
        given => {
          const expected = withTensors(() => f(given), values)
          const found = using(compiled(given), values)
          found.forEach((result, i) => {
            expect(result).toHaveLength(expected[i]!.length)
            result.forEach((value, k) => expect(value).toBeCloseTo(expected[i]![k]!, 4))
          })
        },
      )
  }

  const refused: string[] = []

  /** @param refuse what to do with the sentence, if the engine does not have a kernel of the cases */
  const agreeOr = (tried: readonly Case[], refuse: (sentence: string) => void): void => {
    try {
      agree(tried)
    } catch (error) {
      if (!(error instanceof CompileError)) throw error
      refuse(error.message)
    }
  }

  for (const [kernel, tried] of Object.entries(cases))
    it(kernel, () =>
      agreeOr(tried, () => {
        for (const one of tried)
          agreeOr([one], sentence =>
            refused.push(`${kernel}: ${sentence.replace(/ is not supported by .*/, '')}`),
          )
      }),
    )

  it('refuses the others by name', () => {
    expect([...new Set(refused)].sort()).toEqual(REFUSED[name])
  })
})

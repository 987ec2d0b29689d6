/**
 * Every kernel that lowers, compiled by XLA, against the eager result on random shapes and numbers.
 */
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sessions } from '../../src/runtime/backend.ts'
import { jit } from '../../src/compiler/jit.ts'
import type { Interpreter } from '../../src/core/scan.ts'
import { lowerings } from '../../src/compiler/xla/ops.ts'
import { xla } from '../../src/compiler/xla/xla.ts'
import { fold, key, normal, type Key } from '../../src/core/rng.ts'
import { using, withTensors } from '../../src/core/scope.ts'
import { useBackend } from '../support/engines.ts'
import { native } from '../support/needs.ts'

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
]

const on = (f: F, ...shapes: number[][]): Case[] => [{ f, shapes }]

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
  Sin: unary(tf.sin),
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
  Pow: binary(tf.pow, above),
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
    ...on((a, b) => tf.matMul(a, b), [3, 4], [4, 5]),
    ...on((a, b) => tf.matMul(a, b, true), [4, 3], [4, 5]),
    ...on((a, b) => tf.matMul(a, b, false, true), [3, 4], [5, 4]),
    ...on((a, b) => tf.matMul(a, b, true, true), [2, 4, 3], [2, 5, 4]),
  ],

  Cast: unary(x => number(tf.cast(tf.mul(x, 9), 'int32'))),
  Concat: on((a, b) => tf.concat([a, b], 1), [3, 2], [3, 4]),
  ExpandDims: on(x => tf.expandDims(x, 1), [3, 2]),
  GatherV2: on(x => tf.gather(x, tf.tensor1d([2, 0, 2], 'int32')), [3, 4]),
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
  Transpose: on(x => tf.transpose(x, [2, 0, 1]), [2, 3, 4]),
}

const inputs = ({ shapes, numbers = x => x }: Case, of: Key): T[] =>
  shapes.map((shape, i) => {
    const size = shape.reduce((a, b) => a * b, 1)
    return tf.tensor(normal(fold(of, i), size).map(numbers), [...shape])
  })

describe.skipIf(native.isMissing)('the kernels that lower', native.why, () => {
  let interpreter: Interpreter
  beforeAll(async () => {
    await useBackend('native')
    interpreter = xla(sessions()!)
  })
  afterAll(async () => {
    interpreter.dispose()
    await tf.setBackend('cpu')
  })

  it('are all tried', () => {
    expect(Object.keys(cases).sort()).toEqual(Object.keys(lowerings).sort())
  })

  for (const [kernel, tried] of Object.entries(cases))
    it(kernel, () => {
      for (const one of tried) {
        const compiled = jit(interpreter)((given: readonly T[]) => one.f(...given))
        // the second draw is not the one that was traced
        for (const seed of [1, 2])
          withTensors(
            () => inputs(one, key(seed)),
            given => {
              const expected = withTensors(
                () => one.f(...given),
                result => [...result.dataSync()],
              )
              const found = using(compiled(given), result => [...result.dataSync()])
              expect(found).toHaveLength(expected.length)
              found.forEach((value, i) => expect(value).toBeCloseTo(expected[i]!, 4))
            },
          )
      }
    })
})

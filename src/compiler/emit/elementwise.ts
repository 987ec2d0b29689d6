/**
 * Element-wise kernels on vectors, by the names that TensorFlow.js gives them. Truth values are 0 and 1.
 */
import type { DataType } from '@tensorflow/tfjs-core'
import { CompileError } from '../../core/scan.ts'
import { f32x4, i32x4, v128, type Computed, type Locals, type V128 } from './code.ts'
import * as M from './math.ts'

export type VectorKernel = {
  readonly args: readonly V128[]
  /** The dtype of the first input, which decides between the instructions for floats and for integers. */
  readonly from: DataType
  readonly to: DataType
}

export type VectorLowering = (kernel: VectorKernel, fn: Locals) => Computed

const plain = (value: V128): Computed => ({ before: [], value })

const ONE = i32x4.const(1)
const truth = (mask: V128): V128 => v128.and(mask, ONE)
const mask = (truths: V128): V128 => i32x4.ne(truths, i32x4.const(0))

type Binary = (a: V128, b: V128) => V128
type Unary = (a: V128) => V128

const missing = (dtype: DataType): never => {
  throw new CompileError(`a kernel of floats is applied to ${dtype}: this is not supported by the compiler`)
}

const binary =
  (float: Binary, int?: Binary): VectorLowering =>
  ({ args: [a, b], from }) =>
    plain((from === 'float32' ? float : (int ?? missing(from)))(a!, b!))

const unary =
  (float: Unary, int?: Unary): VectorLowering =>
  ({ args: [a], from }) =>
    plain((from === 'float32' ? float : (int ?? missing(from)))(a!))

const comparison = (float: Binary, int: Binary): VectorLowering =>
  binary(
    (a, b) => truth(float(a, b)),
    (a, b) => truth(int(a, b)),
  )

const computed =
  (f: (fn: Locals, x: V128) => Computed): VectorLowering =>
  ({ args: [a] }, fn) =>
    f(fn, a!)

const cast: VectorLowering = ({ args: [a], from, to }) => {
  if (from === to) return plain(a!)
  if (to === 'float32') return plain(f32x4.fromInts(a!))
  if (to === 'int32') return plain(from === 'float32' ? i32x4.fromFloats(a!) : a!)
  return plain(truth(from === 'float32' ? f32x4.ne(a!, f32x4.const(0)) : mask(a!)))
}

const LOWERINGS = {
  Abs: unary(f32x4.abs, i32x4.abs),
  Add: binary(f32x4.add, i32x4.add),
  Cast: cast,
  Ceil: unary(f32x4.ceil, a => a),
  Equal: comparison(f32x4.eq, i32x4.eq),
  Exp: computed(M.emitExp),
  Floor: unary(f32x4.floor, a => a),
  Greater: comparison(f32x4.gt, i32x4.gt),
  GreaterEqual: comparison(f32x4.ge, i32x4.ge),
  Identity: unary(
    a => a,
    a => a,
  ),
  Less: comparison(f32x4.lt, i32x4.lt),
  LessEqual: comparison(f32x4.le, i32x4.le),
  Log: computed(M.emitLog),
  Log1p: computed(M.emitLog1p),
  LogicalAnd: ({ args: [a, b] }) => plain(truth(v128.and(mask(a!), mask(b!)))),
  LogicalNot: ({ args: [a] }) => plain(truth(v128.not(mask(a!)))),
  LogicalOr: ({ args: [a, b] }) => plain(truth(v128.or(mask(a!), mask(b!)))),
  Maximum: binary(f32x4.max, i32x4.max),
  Minimum: binary(f32x4.min, i32x4.min),
  Multiply: binary(f32x4.mul, i32x4.mul),
  Neg: unary(f32x4.neg, i32x4.neg),
  NotEqual: comparison(f32x4.ne, i32x4.ne),
  RealDiv: binary(f32x4.div),
  Relu: unary(
    a => f32x4.max(a, f32x4.const(0)),
    a => i32x4.max(a, i32x4.const(0)),
  ),
  Round: unary(f32x4.nearest, a => a),
  Select: ({ args: [condition, a, b] }) => plain(v128.select(a!, b!, mask(condition!))),
  Sigmoid: computed(M.emitSigmoid),
  Softplus: computed(M.emitSoftplus),
  Sqrt: unary(f32x4.sqrt),
  Sub: binary(f32x4.sub, i32x4.sub),
  Tanh: computed(M.emitTanh),
} satisfies Readonly<Record<string, VectorLowering>>

export type ElementwiseKernel = keyof typeof LOWERINGS

export const elementwise = (kernel: ElementwiseKernel): VectorLowering => LOWERINGS[kernel]

export const elementwiseKernels: readonly string[] = Object.keys(LOWERINGS)

export const isElementwise = (kernel: string): kernel is ElementwiseKernel => Object.hasOwn(LOWERINGS, kernel)

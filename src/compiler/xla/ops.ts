/**
 * From TensorFlow.js's kernels to TensorFlow's operations, one entry each. A kernel that is not here is not supported
 * by the XLA engine.
 */
import type { DataType } from '@tensorflow/tfjs-core'
import { axesOf, numbersOf } from '../attributes.ts'
import type { Node, Spec } from '../program.ts'
import * as P from './proto.ts'

/** A kernel's node, with the names of its inputs in the graph. */
export type XlaKernel = Pick<Node, 'kernel' | 'attributes'> & {
  readonly inputs: readonly string[]
  readonly specs: readonly Spec[]
  readonly output: Spec
}

/** Writes operations to a graph. */
export type GraphBuilder = {
  /**
   * Writes an operation.
   *
   * @param output what TensorFlow's documentation calls the operation's output
   * @returns the name of the result
   */
  readonly op: (op: string, inputs: readonly string[], attributes: P.AttributeMap, output: string) => string
  /** Writes a constant: a number, or a vector of numbers. */
  readonly constant: (dtype: DataType, values: number | readonly number[]) => string
}

export type XlaLowering = (kernel: XlaKernel, graph: GraphBuilder) => string

const first = <A>(items: readonly A[]): A => items[0]!

/** The type of the first input, by which most operations are typed. */
const T = ({ specs }: XlaKernel): P.AttributeMap => ({ T: P.dtype(first(specs).dtype) })

/** An operation on the same inputs, typed by the first of them. */
const typed =
  (op: string, output: string): XlaLowering =>
  (kernel, graph) =>
    graph.op(op, kernel.inputs, T(kernel), output)

/** An operation on truth values, which has no type attribute. */
const logical =
  (op: string, output: string): XlaLowering =>
  ({ inputs }, graph) =>
    graph.op(op, inputs, {}, output)

/** An operation that takes attributes of the kernel as further inputs. */
const withInts =
  (
    op: string,
    ints: (kernel: XlaKernel) => readonly (number | readonly number[])[],
    index: string,
    output = 'output',
  ): XlaLowering =>
  (kernel, graph) =>
    graph.op(
      op,
      [first(kernel.inputs), ...ints(kernel).map(values => graph.constant('int32', values))],
      { ...T(kernel), [index]: P.dtype('int32') },
      output,
    )

const reduction =
  (op: string, type: (kernel: XlaKernel) => P.AttributeMap = T): XlaLowering =>
  (kernel, graph) =>
    graph.op(
      op,
      [first(kernel.inputs), graph.constant('int32', axesOf(kernel, first(kernel.specs)))],
      {
        ...type(kernel),
        Tidx: P.dtype('int32'),
        keep_dims: P.bool(kernel.attributes.keepDims === true),
      },
      'output',
    )

const argument =
  (op: string): XlaLowering =>
  (kernel, graph) =>
    graph.op(
      op,
      [first(kernel.inputs), graph.constant('int32', first(axesOf(kernel, first(kernel.specs))))],
      { ...T(kernel), Tidx: P.dtype('int32'), output_type: P.dtype('int32') },
      'output',
    )

const matMul: XlaLowering = (kernel, graph) => {
  const { inputs, specs, attributes } = kernel
  const [a, b] = [P.bool(attributes.transposeA === true), P.bool(attributes.transposeB === true)]
  return first(specs).shape.length === 2
    ? graph.op('MatMul', inputs, { ...T(kernel), transpose_a: a, transpose_b: b }, 'product')
    : graph.op('BatchMatMulV2', inputs, { ...T(kernel), adj_x: a, adj_y: b }, 'output')
}

const gather: XlaLowering = ({ inputs, specs, attributes }, graph) =>
  graph.op(
    'GatherV2',
    [...inputs, graph.constant('int32', Number(attributes.axis))],
    {
      Tparams: P.dtype(specs[0]!.dtype),
      Tindices: P.dtype(specs[1]!.dtype),
      Taxis: P.dtype('int32'),
      batch_dims: P.int(Number(attributes.batchDims ?? 0)),
    },
    'output',
  )

const concat: XlaLowering = (kernel, graph) =>
  graph.op(
    'ConcatV2',
    [...kernel.inputs, graph.constant('int32', Number(kernel.attributes.axis))],
    { ...T(kernel), N: P.int(kernel.inputs.length), Tidx: P.dtype('int32') },
    'output',
  )

const pad: XlaLowering = (kernel, graph) => {
  const { inputs, attributes } = kernel
  const paddings = numbersOf(attributes.paddings)
  const pairs = graph.op(
    'Reshape',
    [graph.constant('int32', paddings), graph.constant('int32', [paddings.length / 2, 2])],
    { T: P.dtype('int32'), Tshape: P.dtype('int32') },
    'output',
  )
  const value = graph.constant(kernel.output.dtype, Number(attributes.constantValue ?? 0))
  return graph.op(
    'PadV2',
    [first(inputs), pairs, value],
    { ...T(kernel), Tpaddings: P.dtype('int32') },
    'output',
  )
}

const clip: XlaLowering = (kernel, graph) =>
  graph.op(
    'ClipByValue',
    [
      first(kernel.inputs),
      graph.constant(kernel.output.dtype, Number(kernel.attributes.clipValueMin)),
      graph.constant(kernel.output.dtype, Number(kernel.attributes.clipValueMax)),
    ],
    T(kernel),
    'output',
  )

/** 1 where x > 0, else alpha; NaN stays. */
const step: XlaLowering = (kernel, graph) => {
  const [x, { dtype }] = [first(kernel.inputs), kernel.output]
  const compared = (op: string, to: string): string => graph.op(op, [x, to], T(kernel), 'z')
  const select = (condition: string, yes: string, no: string): string =>
    graph.op('SelectV2', [condition, yes, no], T(kernel), 'output')
  const heights = select(
    compared('Greater', graph.constant(dtype, 0)),
    graph.constant(dtype, 1),
    graph.constant(dtype, Number(kernel.attributes.alpha ?? 0)),
  )
  return select(compared('NotEqual', x), x, heights)
}

/**
 * exp(x - max x) / Σ exp(x - max x) over the last axis. TensorFlow's own Softmax has a warning printed on standard error
 * in each process.
 */
const softmax: XlaLowering = (kernel, graph) => {
  const x = first(kernel.inputs)
  const alongRows = { axis: kernel.output.shape.length - 1, keepDims: true }
  const reduced = (op: string, of: string): string =>
    reduction(op)({ ...kernel, inputs: [of], attributes: alongRows }, graph)
  const combined = (op: string, a: string, b: string): string => graph.op(op, [a, b], T(kernel), 'z')
  const powers = graph.op('Exp', [combined('Sub', x, reduced('Max', x))], T(kernel), 'y')
  return combined('RealDiv', powers, reduced('Sum', powers))
}

/** The kernels that lower, by the names that TensorFlow.js gives them. */
export const lowerings: Readonly<Record<string, XlaLowering>> = {
  // element by element
  Abs: typed('Abs', 'y'),
  Ceil: typed('Ceil', 'y'),
  Cos: typed('Cos', 'y'),
  Elu: typed('Elu', 'activations'),
  Exp: typed('Exp', 'y'),
  Expm1: typed('Expm1', 'y'),
  Floor: typed('Floor', 'y'),
  Identity: typed('Identity', 'output'),
  LeakyRelu: (kernel, graph) =>
    graph.op(
      'LeakyRelu',
      kernel.inputs,
      { ...T(kernel), alpha: P.float(Number(kernel.attributes.alpha)) },
      'activations',
    ),
  Log: typed('Log', 'y'),
  Log1p: typed('Log1p', 'y'),
  LogicalNot: logical('LogicalNot', 'y'),
  Neg: typed('Neg', 'y'),
  OnesLike: typed('OnesLike', 'y'),
  Reciprocal: typed('Reciprocal', 'y'),
  Relu: typed('Relu', 'activations'),
  Relu6: typed('Relu6', 'activations'),
  Round: typed('Round', 'y'),
  Rsqrt: typed('Rsqrt', 'y'),
  Selu: typed('Selu', 'activations'),
  Sigmoid: typed('Sigmoid', 'y'),
  Sign: typed('Sign', 'y'),
  Sin: typed('Sin', 'y'),
  Softplus: typed('Softplus', 'activations'),
  Sqrt: typed('Sqrt', 'y'),
  Square: typed('Square', 'y'),
  Step: step,
  Tanh: typed('Tanh', 'y'),
  ZerosLike: typed('ZerosLike', 'y'),
  ClipByValue: clip,

  // two by two, broadcast
  Add: typed('AddV2', 'z'),
  FloorDiv: typed('FloorDiv', 'z'),
  Maximum: typed('Maximum', 'z'),
  Minimum: typed('Minimum', 'z'),
  Mod: typed('FloorMod', 'z'),
  Multiply: typed('Mul', 'z'),
  Pow: typed('Pow', 'z'),
  RealDiv: typed('RealDiv', 'z'),
  SquaredDifference: typed('SquaredDifference', 'z'),
  Sub: typed('Sub', 'z'),
  AddN: (kernel, graph) =>
    graph.op('AddN', kernel.inputs, { ...T(kernel), N: P.int(kernel.inputs.length) }, 'sum'),

  // comparison and choice
  Equal: typed('Equal', 'z'),
  Greater: typed('Greater', 'z'),
  GreaterEqual: typed('GreaterEqual', 'z'),
  Less: typed('Less', 'z'),
  LessEqual: typed('LessEqual', 'z'),
  LogicalAnd: logical('LogicalAnd', 'z'),
  LogicalOr: logical('LogicalOr', 'z'),
  NotEqual: typed('NotEqual', 'z'),
  Select: ({ inputs, output }, graph) => graph.op('SelectV2', inputs, { T: P.dtype(output.dtype) }, 'output'),

  // reductions
  All: reduction('All', () => ({})),
  Any: reduction('Any', () => ({})),
  ArgMax: argument('ArgMax'),
  ArgMin: argument('ArgMin'),
  Max: reduction('Max'),
  Mean: reduction('Mean'),
  Min: reduction('Min'),
  Prod: reduction('Prod'),
  Sum: reduction('Sum'),
  LogSoftmax: typed('LogSoftmax', 'logsoftmax'),
  Softmax: softmax,

  // products
  BatchMatMul: matMul,

  // form
  Cast: ({ inputs, specs, output }, graph) =>
    graph.op('Cast', inputs, { SrcT: P.dtype(first(specs).dtype), DstT: P.dtype(output.dtype) }, 'y'),
  Concat: concat,
  ExpandDims: withInts('Reshape', ({ output }) => [output.shape], 'Tshape'),
  GatherV2: gather,
  PadV2: pad,
  Pack: (kernel, graph) =>
    graph.op(
      'Pack',
      kernel.inputs,
      { ...T(kernel), N: P.int(kernel.inputs.length), axis: P.int(Number(kernel.attributes.axis)) },
      'output',
    ),
  Reshape: withInts('Reshape', ({ output }) => [output.shape], 'Tshape'),
  // a size of -1 means the rest of the axis: the shape of the output has the number
  Slice: withInts('Slice', ({ attributes, output }) => [numbersOf(attributes.begin), output.shape], 'Index'),
  Tile: withInts('Tile', ({ attributes }) => [numbersOf(attributes.reps)], 'Tmultiples'),
  Transpose: withInts('Transpose', ({ attributes }) => [numbersOf(attributes.perm)], 'Tperm', 'y'),
}

/**
 * From TensorFlow.js's kernels to TensorFlow's operations, one entry each. A kernel that is not here is not supported
 * by the XLA engine.
 */
import type { DataType } from '@tensorflow/tfjs-core'
import { CompileError } from '../../core/scan.ts'
import { axesOf, numbersOf } from '../attributes.ts'
import { sizeOf, type Node, type Spec } from '../program.ts'
import { GROUPS, ONE_BITS, PARITY, ROTATIONS, SHOWN_BITS } from '../threefry.ts'
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

/** A number for the height and one for the width, as the list of four that TensorFlow wants. */
const perAxis = (value: unknown): P.Attribute => {
  const [height = 1, width = height] = numbersOf(value)
  return P.ints([1, height, width, 1])
}

const padding = ({ kernel, attributes: { pad } }: XlaKernel): P.Attribute => {
  if (pad === 'same') return P.string('SAME')
  if (pad === 'valid') return P.string('VALID')
  if (numbersOf(pad).every(n => n === 0)) return P.string('VALID')
  throw new CompileError(
    `the kernel ${kernel} with the padding ${JSON.stringify(pad)} is not supported by the XLA engine`,
  )
}

/**
 * A convolution or a pooling.
 *
 * @param order the kernel's inputs, by their place, in the order of the operation's; `shape` is the shape of the result
 */
const overImages =
  (
    op: string,
    window: (kernel: XlaKernel) => P.AttributeMap,
    ...order: readonly (number | 'shape')[]
  ): XlaLowering =>
  (kernel, graph) => {
    const { inputs, output, attributes } = kernel
    if (attributes.dataFormat === 'NCHW')
      throw new CompileError(`the kernel ${kernel.kernel} of NCHW is not supported by the XLA engine`)
    return graph.op(
      op,
      order.map(place => (place === 'shape' ? graph.constant('int32', output.shape) : inputs[place]!)),
      {
        ...T(kernel),
        ...window(kernel),
        strides: perAxis(attributes.strides),
        padding: padding(kernel),
        data_format: P.string('NHWC'),
      },
      'output',
    )
  }

const dilated = ({ attributes: { dilations } }: XlaKernel): P.AttributeMap => ({
  dilations: perAxis(dilations),
})
const pooled = ({ attributes: { filterSize } }: XlaKernel): P.AttributeMap => ({ ksize: perAxis(filterSize) })

const stridedSlice: XlaLowering = (kernel, graph) => {
  const { inputs, attributes } = kernel
  const mask = (name: string): P.Attribute => P.int(Number(attributes[name] ?? 0))
  return graph.op(
    'StridedSlice',
    [
      first(inputs),
      ...['begin', 'end', 'strides'].map(name => graph.constant('int32', numbersOf(attributes[name]))),
    ],
    {
      ...T(kernel),
      Index: P.dtype('int32'),
      begin_mask: mask('beginMask'),
      end_mask: mask('endMask'),
      ellipsis_mask: mask('ellipsisMask'),
      new_axis_mask: mask('newAxisMask'),
      shrink_axis_mask: mask('shrinkAxisMask'),
    },
    'output',
  )
}

const cumulativeSum: XlaLowering = (kernel, graph) =>
  graph.op(
    'Cumsum',
    [first(kernel.inputs), graph.constant('int32', Number(kernel.attributes.axis))],
    {
      ...T(kernel),
      Tidx: P.dtype('int32'),
      exclusive: P.bool(kernel.attributes.exclusive === true),
      reverse: P.bool(kernel.attributes.reverse === true),
    },
    'out',
  )

/** Threefry-2x32 of the key and the place of each number, as whole numbers of 32 bits. */
const uniform: XlaLowering = ({ inputs, output }, graph) => {
  const I: P.AttributeMap = { T: P.dtype('int32') }
  const int = (value: number): string => graph.constant('int32', value | 0)
  const two = (op: string, a: string, b: string): string => graph.op(op, [a, b], I, 'z')
  // TensorFlow's shift of int32 keeps the sign
  const shiftRight = (a: string, by: number): string =>
    two('BitwiseAnd', two('RightShift', a, int(by)), int(2 ** (32 - by) - 1))
  const rotated = (a: string, by: number): string =>
    two('BitwiseOr', two('LeftShift', a, int(by)), shiftRight(a, 32 - by))
  const word = (i: number): string =>
    graph.op(
      'GatherV2',
      [first(inputs), int(i), int(0)],
      {
        Tparams: P.dtype('int32'),
        Tindices: P.dtype('int32'),
        Taxis: P.dtype('int32'),
        batch_dims: P.int(0),
      },
      'output',
    )
  const [k0, k1] = [word(0), word(1)]
  const words = [k0, k1, two('BitwiseXor', two('BitwiseXor', k0, k1), int(PARITY))]
  const places = graph.op(
    'Range',
    [int(0), int(sizeOf(output)), int(1)],
    { Tidx: P.dtype('int32') },
    'output',
  )
  let x = two('AddV2', places, k0)
  let y = k1
  for (let group = 0; group < GROUPS; group++) {
    for (const by of ROTATIONS[group % 2]!) {
      x = two('AddV2', x, y)
      y = two('BitwiseXor', rotated(y, by), x)
    }
    x = two('AddV2', x, words[(group + 1) % 3]!)
    y = two('AddV2', two('AddV2', y, words[(group + 2) % 3]!), int(group + 1))
  }
  const bits = two('BitwiseOr', shiftRight(x, 32 - SHOWN_BITS), int(ONE_BITS))
  const numbers = graph.op('Bitcast', [bits], { ...I, type: P.dtype('float32') }, 'output')
  const F: P.AttributeMap = { T: P.dtype('float32') }
  const flat = graph.op('Sub', [numbers, graph.constant('float32', 1)], F, 'z')
  return graph.op(
    'Reshape',
    [flat, graph.constant('int32', output.shape)],
    { ...F, Tshape: P.dtype('int32') },
    'output',
  )
}

const segmentSum: XlaLowering = (kernel, graph) =>
  graph.op(
    'UnsortedSegmentSum',
    [...kernel.inputs, graph.constant('int32', Number(kernel.attributes.numSegments))],
    { ...T(kernel), Tindices: P.dtype('int32'), Tnumsegments: P.dtype('int32') },
    'output',
  )

/** The kernels that lower, by the names that TensorFlow.js gives them. */
export const lowerings: Readonly<Record<string, XlaLowering>> = {
  // element by element
  Abs: typed('Abs', 'y'),
  Ceil: typed('Ceil', 'y'),
  Cos: typed('Cos', 'y'),
  Erf: typed('Erf', 'y'),
  Exp: typed('Exp', 'y'),
  Expm1: typed('Expm1', 'y'),
  Floor: typed('Floor', 'y'),
  Log: typed('Log', 'y'),
  Log1p: typed('Log1p', 'y'),
  LogicalNot: logical('LogicalNot', 'y'),
  Neg: typed('Neg', 'y'),
  Relu: typed('Relu', 'activations'),
  Round: typed('Round', 'y'),
  Sigmoid: typed('Sigmoid', 'y'),
  Sin: typed('Sin', 'y'),
  Softplus: typed('Softplus', 'activations'),
  Sqrt: typed('Sqrt', 'y'),
  Tanh: typed('Tanh', 'y'),

  // two by two, broadcast
  Add: typed('AddV2', 'z'),
  Atan2: typed('Atan2', 'z'),
  FloorDiv: typed('FloorDiv', 'z'),
  Maximum: typed('Maximum', 'z'),
  Minimum: typed('Minimum', 'z'),
  Mod: typed('FloorMod', 'z'),
  Multiply: typed('Mul', 'z'),
  Pow: typed('Pow', 'z'),
  RealDiv: typed('RealDiv', 'z'),
  Sub: typed('Sub', 'z'),

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
  Min: reduction('Min'),
  Prod: reduction('Prod'),
  Sum: reduction('Sum'),

  Cumsum: cumulativeSum,
  UnsortedSegmentSum: segmentSum,

  // of images
  AvgPool: overImages('AvgPool', pooled, 0),
  AvgPoolGrad: overImages('AvgPoolGrad', pooled, 'shape', 0),
  Conv2D: overImages('Conv2D', dilated, 0, 1),
  Conv2DBackpropFilter: overImages('Conv2DBackpropFilter', dilated, 0, 'shape', 1),
  Conv2DBackpropInput: overImages('Conv2DBackpropInput', dilated, 'shape', 1, 0),
  DepthwiseConv2dNative: overImages('DepthwiseConv2dNative', dilated, 0, 1),
  DepthwiseConv2dNativeBackpropFilter: overImages(
    'DepthwiseConv2dNativeBackpropFilter',
    dilated,
    0,
    'shape',
    1,
  ),
  DepthwiseConv2dNativeBackpropInput: overImages(
    'DepthwiseConv2dNativeBackpropInput',
    dilated,
    'shape',
    1,
    0,
  ),
  MaxPool: overImages('MaxPool', pooled, 0),
  MaxPoolGrad: overImages('MaxPoolGrad', pooled, 1, 2, 0),

  // products
  BatchMatMul: matMul,

  // random numbers
  Network2Uniform: uniform,

  // form
  Cast: ({ inputs, specs, output }, graph) =>
    graph.op('Cast', inputs, { SrcT: P.dtype(first(specs).dtype), DstT: P.dtype(output.dtype) }, 'y'),
  Concat: concat,
  GatherV2: gather,
  PadV2: pad,
  Reshape: withInts('Reshape', ({ output }) => [output.shape], 'Tshape'),
  // all axes where none is named
  Reverse: withInts(
    'ReverseV2',
    ({ attributes: { dims }, output }) => [numbersOf(dims ?? output.shape.map((_, axis) => axis))],
    'Tidx',
  ),
  // a size of -1 means the rest of the axis: the shape of the output has the number
  Slice: withInts('Slice', ({ attributes, output }) => [numbersOf(attributes.begin), output.shape], 'Index'),
  StridedSlice: stridedSlice,
  Tile: withInts('Tile', ({ attributes }) => [numbersOf(attributes.reps)], 'Tmultiples'),
  Transpose: withInts('Transpose', ({ attributes }) => [numbersOf(attributes.perm)], 'Tperm', 'y'),
}

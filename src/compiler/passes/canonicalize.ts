/**
 * The canonical form: from a traced program to one of the kernels that our own engines compile. A kernel that can be
 * expressed by others is replaced by them, so that the later passes have fewer kernels to handle.
 */
import { CompileError } from '../../core/scan.ts'
import { axesOf, numbersOf } from '../attributes.ts'
import { isElementwise } from '../emit/elementwise.ts'
import type { KernelNode, KernelProgram } from '../kernel-program.ts'
import { sizeOf, type Node, type Program, type Ref, type Spec } from '../program.ts'
import { rewrite, type Builder, type Rule } from './rewrite.ts'

type Canonical = Builder<KernelNode>
type CanonicalRule = Rule<Node, KernelNode>

const unsupported = (what: string): never => {
  throw new CompileError(`${what} is not supported by the compiler`)
}

const outputOf = ({ kernel, outputs: [output, ...more] }: Node): Spec =>
  output === undefined || more.length > 0 ? unsupported(`the kernel ${kernel}`) : output

/** The output of a kernel that is compiled for floats only. */
const floatOutputOf = (old: Node): Spec => {
  const output = outputOf(old)
  return output.dtype === 'float32' ? output : unsupported(`the kernel ${old.kernel} of ${output.dtype}`)
}

const transposedSpec = ({ dtype, shape: [rows = 1, columns = 1] }: Spec): Spec => ({
  dtype,
  shape: [columns, rows],
})

/** The transpose of a matrix. */
export const transpose = (ref: Ref, { emit, spec }: Canonical): Ref =>
  emit({ kernel: 'Transpose', inputs: [ref], attributes: {}, outputs: [transposedSpec(spec(ref))] })

export type ProductSpec = {
  readonly a: Ref
  readonly b: Ref
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** A product that reads its second matrix row by row: the numbers of a row are adjacent, and fill whole vectors. */
export const emitProduct = (
  { a, b, transposeA, transposeB }: ProductSpec,
  output: Spec,
  builder: Canonical,
): Ref =>
  builder.emit({
    kernel: 'BatchMatMul',
    inputs: [a, transposeB ? transpose(b, builder) : b],
    attributes: { transposeA },
    outputs: [output],
  })

/** The one input of a reduction and its axes. Along the first axis of a matrix is along the last of its transpose. */
const alongLast = (old: Node, builder: Canonical) => {
  const input = builder.moved(old.inputs[0]!)
  const spec = builder.spec(input)
  const axes = axesOf(old, spec)
  return spec.shape.length === 2 && String(axes) === '0' && old.attributes.keepDims !== true
    ? { input: transpose(input, builder), axes: [1] }
    : { input, axes }
}

const extreme =
  (kernel: 'Max' | 'Min'): CanonicalRule =>
  (old, builder) => {
    const { input, axes } = alongLast(old, builder)
    const attributes = { axes, keepDims: old.attributes.keepDims === true }
    return builder.emit({ kernel, inputs: [input], attributes, outputs: [outputOf(old)] })
  }

const sum: CanonicalRule = (old, { emit, moved, spec }) => {
  const input = moved(old.inputs[0]!)
  const attributes = { axes: axesOf(old, spec(input)), keepDims: old.attributes.keepDims === true }
  return emit({ kernel: 'Sum', inputs: [input], attributes, outputs: [outputOf(old)] })
}

const reshape: CanonicalRule = (old, { emit, moved }) =>
  emit({ kernel: 'Reshape', inputs: [moved(old.inputs[0]!)], attributes: {}, outputs: [outputOf(old)] })

/** Along the last axis, from x - max x, which changes no result and never overflows: (78). */
const softmax: CanonicalRule = (old, { emit, moved, spec }) => {
  const input = moved(old.inputs[0]!)
  const { dtype, shape } = spec(input)
  const outputs = [outputOf(old)] as const
  const attributes = { axes: [shape.length - 1], keepDims: true }
  const reduced = [{ dtype, shape: [...shape.slice(0, -1), 1] }] as const
  const largest = emit({ kernel: 'Max', inputs: [input], attributes, outputs: reduced })
  const shifted = emit({ kernel: 'Sub', inputs: [input, largest], attributes: {}, outputs })
  const power = emit({ kernel: 'Exp', inputs: [shifted], attributes: {}, outputs })
  const total = emit({ kernel: 'Sum', inputs: [power], attributes, outputs: reduced })
  return emit({ kernel: 'RealDiv', inputs: [power, total], attributes: {}, outputs })
}

/** 1 where x > 0, -1 where x < 0, else 0. */
const sign: CanonicalRule = (old, { emit, moved, scalar }) => {
  const x = moved(old.inputs[0]!)
  const output = floatOutputOf(old)
  const zero = scalar(0)
  const truth = (kernel: 'Greater' | 'Less'): Ref =>
    emit({
      kernel: 'Cast',
      inputs: [emit({ kernel, inputs: [x, zero], attributes: {}, outputs: [{ ...output, dtype: 'bool' }] })],
      attributes: {},
      outputs: [output],
    })
  return emit({ kernel: 'Sub', inputs: [truth('Greater'), truth('Less')], attributes: {}, outputs: [output] })
}

/** 1 where x > 0, else alpha; NaN stays. */
const step: CanonicalRule = (old, { emit, moved, scalar }) => {
  const x = moved(old.inputs[0]!)
  const output = floatOutputOf(old)
  const compared = (kernel: 'Greater' | 'NotEqual', to: Ref): Ref =>
    emit({ kernel, inputs: [x, to], attributes: {}, outputs: [{ ...output, dtype: 'bool' }] })
  const select = (condition: Ref, yes: Ref, no: Ref): Ref =>
    emit({ kernel: 'Select', inputs: [condition, yes, no], attributes: {}, outputs: [output] })
  const heights = select(compared('Greater', scalar(0)), scalar(1), scalar(Number(old.attributes.alpha ?? 0)))
  return select(compared('NotEqual', x), x, heights)
}

const RULES: Readonly<Record<string, CanonicalRule>> = {
  AddN: (old, { emit, moved }) =>
    old.inputs
      .map(moved)
      .reduce((a, b) => emit({ kernel: 'Add', inputs: [a, b], attributes: {}, outputs: [outputOf(old)] })),
  ArgMax: (old, builder) => {
    const { input, axes } = alongLast(old, builder)
    const { dtype, shape } = builder.spec(input)
    if (dtype !== 'float32' || shape.length > 2 || String(axes) !== String(shape.length - 1))
      unsupported(`the kernel ArgMax of ${dtype}[${shape.join()}] along axis ${axes.join()}`)
    return builder.emit({ kernel: 'ArgMax', inputs: [input], attributes: {}, outputs: [outputOf(old)] })
  },
  BatchMatMul: (old, builder) => {
    const [a, b] = [builder.moved(old.inputs[0]!), builder.moved(old.inputs[1]!)]
    if ([a, b].some(ref => builder.spec(ref).shape.length !== 2))
      unsupported('the kernel BatchMatMul of other than two matrices')
    const [transposeA, transposeB] = [old.attributes.transposeA === true, old.attributes.transposeB === true]
    return emitProduct({ a, b, transposeA, transposeB }, outputOf(old), builder)
  },
  ExpandDims: reshape,
  GatherV2: (old, { emit, moved, spec }) => {
    const [source, rows] = [moved(old.inputs[0]!), moved(old.inputs[1]!)]
    const firstAxis = Number(old.attributes.axis) === 0 && Number(old.attributes.batchDims ?? 0) === 0
    if (!firstAxis || spec(source).shape.length !== 2 || spec(rows).shape.length !== 1)
      unsupported('the kernel GatherV2 of other than rows of a matrix')
    return emit({ kernel: 'GatherV2', inputs: [source, rows], attributes: {}, outputs: [outputOf(old)] })
  },
  Max: extreme('Max'),
  Mean: (old, builder) => {
    const total = sum(old, builder)
    const count = sizeOf(builder.spec(builder.moved(old.inputs[0]!))) / sizeOf(outputOf(old))
    const inputs = [total, builder.scalar(count)]
    return builder.emit({ kernel: 'RealDiv', inputs, attributes: {}, outputs: [outputOf(old)] })
  },
  Min: extreme('Min'),
  Reshape: reshape,
  Sign: sign,
  Softmax: softmax,
  Square: (old, { emit, moved }) => {
    const input = moved(old.inputs[0]!)
    return emit({ kernel: 'Multiply', inputs: [input, input], attributes: {}, outputs: [outputOf(old)] })
  },
  Step: step,
  Sum: sum,
  Transpose: (old, builder) => {
    const order = numbersOf(old.attributes.perm)
    if (String(order) !== '1,0') unsupported(`the kernel Transpose to the axes ${order.join()}`)
    return transpose(builder.moved(old.inputs[0]!), builder)
  },
}

const ruleOf = (kernel: string): CanonicalRule => {
  if (Object.hasOwn(RULES, kernel)) return RULES[kernel]!
  if (!isElementwise(kernel)) return unsupported(`the kernel ${kernel}`)
  return (old, { emit, moved }) =>
    emit({ kernel, inputs: old.inputs.map(moved), attributes: {}, outputs: [outputOf(old)] })
}

/**
 * The program in canonical form.
 *
 * @throws CompileError that names a kernel which is not supported
 */
export const canonicalize = (program: Program): KernelProgram =>
  rewrite<Node, KernelNode>(program, (old, builder) => ruleOf(old.kernel)(old, builder))

/**
 * The canonical form: from a simplified program to one of the kernels that our own engines compile, with their attributes
 * checked and decoded.
 */
import { CompileError } from '../../core/scan.ts'
import { axesOf, numbersOf } from '../attributes.ts'
import { elementwiseKernels, isElementwise, type ElementwiseKernel } from '../emit/elementwise.ts'
import type { KernelNode, KernelProgram } from '../kernel-program.ts'
import { sizeOf, type Node, type Program, type Ref, type Spec } from '../program.ts'
import { broadcastOf } from '../emit/broadcast.ts'
import { compositeKernels, expandComposites } from './composites.ts'
import { imageRules } from './images.ts'
import { broadcastTo, emitConcat, emitSlice, moveRules, reshaped } from './moves.ts'
import { emitProduct, transpose } from './products.ts'
import { rewrite, type Builder, type Rule } from './rewrite.ts'

type Canonical = Builder<KernelNode>
type CanonicalRule = Rule<Node, KernelNode>

const unsupported = (what: string): never => {
  throw new CompileError(`${what} is not supported by the compiler`)
}

const outputOf = ({ kernel, outputs: [output, ...more] }: Node): Spec =>
  output === undefined || more.length > 0 ? unsupported(`the kernel ${kernel}`) : output

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

/** A batch of more products is not unrolled. */
const LARGEST_BATCH = 64

/** A product of two matrices, or of each pair of a batch. */
const product: CanonicalRule = (old, builder) => {
  const [a, b] = [builder.moved(old.inputs[0]!), builder.moved(old.inputs[1]!)]
  const output = outputOf(old)
  const [transposeA, transposeB] = [old.attributes.transposeA === true, old.attributes.transposeB === true]
  const shapes = [a, b].map(ref => builder.spec(ref).shape)
  if (shapes.every(({ length }) => length === 2))
    return emitProduct({ a, b, transposeA, transposeB }, output, builder)
  const [batch, other] = shapes.map(shape => shape.slice(0, -2))
  const count = sizeOf({ shape: batch! })
  if (String(batch) !== String(other) || count > LARGEST_BATCH)
    unsupported(
      `the kernel BatchMatMul of [${shapes[0]!.join()}] and [${shapes[1]!.join()}], in more than ${LARGEST_BATCH} products or with other batches,`,
    )
  const [first, second] = [a, b].map(ref => {
    const matrix = builder.spec(ref).shape.slice(-2)
    const flat = reshaped(builder, ref, [count, ...matrix])
    return (i: number): Ref => reshaped(builder, emitSlice(builder, flat, [i, 0, 0], [1, ...matrix]), matrix)
  })
  const matrix = output.shape.slice(-2)
  const products = Array.from({ length: count }, (_, i) =>
    reshaped(
      builder,
      emitProduct(
        { a: first!(i), b: second!(i), transposeA, transposeB },
        { ...output, shape: matrix },
        builder,
      ),
      [1, ...matrix],
    ),
  )
  const all = { ...output, shape: [count, ...matrix] }
  return reshaped(builder, emitConcat(builder, products, 0, all), output.shape)
}

const RULES: Readonly<Record<string, CanonicalRule>> = {
  ArgMax: (old, builder) => {
    const { input, axes } = alongLast(old, builder)
    const { dtype, shape } = builder.spec(input)
    if (dtype !== 'float32' || shape.length > 2 || String(axes) !== String(shape.length - 1))
      unsupported(`the kernel ArgMax of ${dtype}[${shape.join()}] along axis ${axes.join()}`)
    return builder.emit({ kernel: 'ArgMax', inputs: [input], attributes: {}, outputs: [outputOf(old)] })
  },
  BatchMatMul: product,
  GatherV2: (old, { emit, moved, spec }) => {
    const [source, rows] = [moved(old.inputs[0]!), moved(old.inputs[1]!)]
    const firstAxis = Number(old.attributes.axis) === 0 && Number(old.attributes.batchDims ?? 0) === 0
    if (!firstAxis || spec(source).shape.length !== 2 || spec(rows).shape.length !== 1)
      unsupported('the kernel GatherV2 of other than rows of a matrix')
    return emit({ kernel: 'GatherV2', inputs: [source, rows], attributes: {}, outputs: [outputOf(old)] })
  },
  Max: extreme('Max'),
  Min: extreme('Min'),
  Network2Uniform: (old, { emit, moved }) =>
    emit({
      kernel: 'Network2Uniform',
      inputs: [moved(old.inputs[0]!)],
      attributes: {},
      outputs: [outputOf(old)],
    }),
  Reshape: reshape,
  Sum: sum,
  Transpose: (old, builder) =>
    String(numbersOf(old.attributes.perm)) === '1,0'
      ? transpose(builder.moved(old.inputs[0]!), builder)
      : moveRules.Transpose!(old, old.inputs.map(builder.moved), outputOf(old), builder),
  UnsortedSegmentSum: (old, { emit, moved }) =>
    emit({
      kernel: 'UnsortedSegmentSum',
      inputs: [moved(old.inputs[0]!), moved(old.inputs[1]!)],
      attributes: {},
      outputs: [outputOf(old)],
    }),
}

/** Element by element; an input that no loop can broadcast is first moved along the axes of the result. */
const elementwiseRule =
  (kernel: ElementwiseKernel): CanonicalRule =>
  (old, builder) => {
    const output = outputOf(old)
    const inputs = old.inputs
      .map(builder.moved)
      .map(ref =>
        broadcastOf(builder.spec(ref).shape, output.shape) === undefined
          ? broadcastTo(builder, ref, output.shape)
          : ref,
      )
    return builder.emit({ kernel, inputs, attributes: {}, outputs: [output] })
  }

/** The rules of kernels that move numbers. */
const MOVING = { ...moveRules, ...imageRules }

/** The kernels that our own engines compile, beside those that are simplified. */
export const compiledKernels = (): readonly string[] => [
  ...Object.keys({ ...RULES, ...MOVING }),
  ...elementwiseKernels,
  ...compositeKernels,
]

const ruleOf = (kernel: string): CanonicalRule => {
  if (Object.hasOwn(RULES, kernel)) return RULES[kernel]!
  if (Object.hasOwn(MOVING, kernel))
    return (old, builder) => MOVING[kernel]!(old, old.inputs.map(builder.moved), outputOf(old), builder)
  if (isElementwise(kernel)) return elementwiseRule(kernel)
  return ({ outputs: [output] }) =>
    unsupported(
      `the kernel ${kernel}${output === undefined || output.dtype === 'float32' ? '' : ` of ${output.dtype}`}`,
    )
}

/**
 * The program in canonical form.
 *
 * @throws CompileError that names a kernel which is not supported
 */
export const canonicalize = (program: Program): KernelProgram =>
  rewrite<Node, KernelNode>(expandComposites(program), (old, builder) => ruleOf(old.kernel)(old, builder))

/**
 * The canonical form: from a simplified program to one of the kernels that our own engines compile, with their attributes
 * checked and decoded.
 */
import { CompileError } from '../../core/scan.ts'
import { axesOf, numbersOf } from '../attributes.ts'
import { isElementwise } from '../emit/elementwise.ts'
import type { KernelNode, KernelProgram } from '../kernel-program.ts'
import type { Node, Program, Ref, Spec } from '../program.ts'
import { rewrite, type Builder, type Rule } from './rewrite.ts'

type Canonical = Builder<KernelNode>
type CanonicalRule = Rule<Node, KernelNode>

const unsupported = (what: string): never => {
  throw new CompileError(`${what} is not supported by the compiler`)
}

const outputOf = ({ kernel, outputs: [output, ...more] }: Node): Spec =>
  output === undefined || more.length > 0 ? unsupported(`the kernel ${kernel}`) : output

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

const RULES: Readonly<Record<string, CanonicalRule>> = {
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
  GatherV2: (old, { emit, moved, spec }) => {
    const [source, rows] = [moved(old.inputs[0]!), moved(old.inputs[1]!)]
    const firstAxis = Number(old.attributes.axis) === 0 && Number(old.attributes.batchDims ?? 0) === 0
    if (!firstAxis || spec(source).shape.length !== 2 || spec(rows).shape.length !== 1)
      unsupported('the kernel GatherV2 of other than rows of a matrix')
    return emit({ kernel: 'GatherV2', inputs: [source, rows], attributes: {}, outputs: [outputOf(old)] })
  },
  Max: extreme('Max'),
  Min: extreme('Min'),
  Reshape: reshape,
  Sum: sum,
  Transpose: (old, builder) => {
    const order = numbersOf(old.attributes.perm)
    if (String(order) !== '1,0') unsupported(`the kernel Transpose to the axes ${order.join()}`)
    return transpose(builder.moved(old.inputs[0]!), builder)
  },
}

const ruleOf = (kernel: string): CanonicalRule => {
  if (Object.hasOwn(RULES, kernel)) return RULES[kernel]!
  if (!isElementwise(kernel))
    return ({ outputs: [output] }) =>
      unsupported(
        `the kernel ${kernel}${output === undefined || output.dtype === 'float32' ? '' : ` of ${output.dtype}`}`,
      )
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

/**
 * The normal form: a kernel that is another one in disguise is written as that, so that what comes after has
 * fewer kernels to know.
 */
import { sizeOf, type Node, type Program, type Ref, type Spec } from '../program.ts'
import { TraceError } from '../trace.ts'
import { axesOf } from './shapes.ts'
import { newNode, outputOf, unchanged, rewrite, type Builder, type Rule } from './rewrite.ts'

const turned = ({ dtype, shape: [rows = 1, columns = 1] }: Spec): Spec => ({ dtype, shape: [columns, rows] })

/** A matrix's transpose; that of a transpose is the matrix. */
export const transpose = (ref: Ref, { emit, spec }: Builder): Ref =>
  emit(newNode('Transpose', [ref], turned(spec(ref))))

export type ProductSpec = {
  readonly a: Ref
  readonly b: Ref
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** A product whose second matrix is read row by row: a row's numbers lie side by side, and fill whole vectors. */
export const emitProduct = (
  { a, b, transposeA, transposeB }: ProductSpec,
  output: Spec,
  maker: Builder,
): Ref =>
  maker.emit(
    newNode('BatchMatMul', [a, transposeB ? transpose(b, maker) : b], output, {
      transposeA,
      transposeB: false,
    }),
  )

/** Along the first axis of a matrix means along the last of its transpose. */
const alongLast: Rule = (old, maker) => {
  const input = maker.moved(old.inputs[0]!)
  const spec = maker.spec(input)
  const first = spec.shape.length === 2 && String(axesOf(old, spec)) === '0'
  if (!first || old.attributes.keepDims === true) return unchanged(old, maker)
  return maker.emit({ ...old, inputs: [transpose(input, maker)], attributes: { axis: 1, keepDims: false } })
}

const RULES: Readonly<Record<string, Rule>> = {
  ArgMax: alongLast,
  Max: alongLast,
  Min: alongLast,
  AddN: (old, { emit, moved }) =>
    old.inputs.map(moved).reduce((sum, term) => emit(newNode('Add', [sum, term], outputOf(old)))),
  Mean: (old, { emit, scalar, moved, spec }) => {
    const input = moved(old.inputs[0]!)
    const count = sizeOf(spec(input)) / sizeOf(outputOf(old))
    return emit(
      newNode('RealDiv', [emit({ ...old, kernel: 'Sum', inputs: [input] }), scalar(count)], outputOf(old)),
    )
  },
  Square: (old, { emit, moved }) => {
    const input = moved(old.inputs[0]!)
    return emit(newNode('Multiply', [input, input], outputOf(old)))
  },
  Transpose: (old, maker) => {
    const input = maker.moved(old.inputs[0]!)
    const turns = String(old.attributes.perm) === '1,0'
    if (!turns)
      throw new TraceError(`the kernel Transpose has no lowering for ${String(old.attributes.perm)}`)
    return transpose(input, maker)
  },
  ExpandDims: (old, { emit, moved }) => emit(newNode('Reshape', old.inputs.map(moved), outputOf(old))),
  BatchMatMul: (old, maker) => {
    const [a, b] = old.inputs.map(maker.moved) as [Ref, Ref]
    const { transposeA, transposeB } = old.attributes
    if ([a, b].some(ref => maker.spec(ref).shape.length !== 2))
      throw new TraceError('the kernel BatchMatMul has a lowering for two matrices only')
    return emitProduct(
      { a, b, transposeA: transposeA === true, transposeB: transposeB === true },
      outputOf(old),
      maker,
    )
  },
}

/** The program in the normal form. */
export const canonicalize = (program: Program): Program =>
  rewrite(program, (old: Node, maker) =>
    (Object.hasOwn(RULES, old.kernel) ? RULES[old.kernel]! : unchanged)(old, maker),
  )

/**
 * Which inputs are stored transposed. The forward pass reads a layer's weights [out, in] as [in, out]: where that is
 * their main use they are stored so, and never transposed inside the loop.
 */
import { isElementwiseNode, type KernelNode, type KernelProgram } from '../kernel-program.ts'
import { sameRef, sizeOf, specOf, type Ref } from '../program.ts'
import type { StepLayout } from '../rows.ts'
import { emitProduct, transpose } from './products.ts'
import { unchanged, readers, rewrite, type Builder } from './rewrite.ts'
import { isScalar, sameShape } from './shapes.ts'

/**
 * Moves transposes towards the inputs, until they cancel or reach one:
 *
 *     (aᵀ)ᵀ = a        (a b)ᵀ = bᵀ aᵀ        f(a, b)ᵀ = f(aᵀ, bᵀ) for an element-wise f
 */
export const sinkTransposes = (program: KernelProgram): KernelProgram => {
  const counts = readers(program)
  const transposeOf = (ref: Ref, builder: Builder<KernelNode>): Ref => {
    const node = ref.kind === 'node' ? program.nodes[ref.index]! : undefined
    if (node?.kernel === 'Transpose') return builder.moved(node.inputs[0])
    // a node that something else reads too would be computed twice
    if (ref.kind !== 'node' || node === undefined || counts[ref.index] !== 1)
      return transpose(builder.moved(ref), builder)
    const { dtype, shape } = node.outputs[0]
    const output = { dtype, shape: [shape[1]!, shape[0]!] }
    if (node.kernel === 'BatchMatMul') {
      const [a, b] = node.inputs
      return node.attributes.transposeA
        ? emitProduct(
            { a: builder.moved(b), b: builder.moved(a), transposeA: true, transposeB: false },
            output,
            builder,
          )
        : builder.emit({
            ...node,
            inputs: [builder.moved(b), transposeOf(a, builder)],
            attributes: { transposeA: true },
            outputs: [output],
          })
    }
    const fits = node.inputs.every(input => {
      const spec = specOf(program, input)
      return isScalar(spec) || sameShape(spec, node.outputs[0])
    })
    if (!isElementwiseNode(node) || !fits) return transpose(builder.moved(ref), builder)
    const inputs = node.inputs.map(input =>
      isScalar(specOf(program, input)) ? builder.moved(input) : transposeOf(input, builder),
    )
    return builder.emit({ ...node, inputs, outputs: [output] })
  }
  return rewrite<KernelNode, KernelNode>(program, (old, builder) =>
    old.kernel === 'Transpose' ? transposeOf(old.inputs[0], builder) : unchanged(old, builder),
  )
}

/** The program that takes an input transposed and, where the input is part of the state, returns it transposed. */
const transposeInput = (program: KernelProgram, index: number, { carried }: StepLayout): KernelProgram => {
  const { dtype, name, shape } = program.inputs[index]!
  const transposed = { dtype, name: `${name}ᵀ`, shape: shape.toReversed() }
  return rewrite<KernelNode, KernelNode>(program, unchanged, {
    inputs: program.inputs.with(index, transposed),
    input: (ref, builder) => (ref.index === index ? transpose(ref, builder) : ref),
    output: (ref, position, builder) =>
      position === index && position < carried ? transpose(ref, builder) : ref,
  })
}

/** How many numbers a step moves only to transpose matrices. */
const transposedNumbers = ({ nodes }: KernelProgram): number =>
  nodes.reduce((sum, node) => sum + (node.kernel === 'Transpose' ? sizeOf(node.outputs[0]) : 0), 0)

export type LaidOut = {
  readonly program: KernelProgram
  /** The inputs that are given transposed. */
  readonly transposed: ReadonlySet<number>
}

/**
 * Stores each matrix in the orientation that costs least.
 *
 * @param fixed inputs that are never transposed
 */
export const assignLayouts = (
  program: KernelProgram,
  fixed: ReadonlySet<number>,
  layout: StepLayout,
): LaidOut => {
  const start: LaidOut = { program: sinkTransposes(program), transposed: new Set() }
  return program.inputs.reduce<LaidOut>((best, { shape }, index) => {
    const ref: Ref = { kind: 'input', index }
    const isTransposed = best.program.nodes.some(
      ({ kernel, inputs }) => kernel === 'Transpose' && inputs.some(input => sameRef(input, ref)),
    )
    if (shape.length !== 2 || fixed.has(index) || !isTransposed) return best
    const other = sinkTransposes(transposeInput(best.program, index, layout))
    return transposedNumbers(other) < transposedNumbers(best.program)
      ? { program: other, transposed: new Set([...best.transposed, index]) }
      : best
  }, start)
}

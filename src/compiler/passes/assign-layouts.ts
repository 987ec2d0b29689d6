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
 *
 * @param throughShared also through nodes that something else reads: unless that wants them transposed, too, they are computed twice
 */
export const sinkTransposes = (program: KernelProgram, throughShared = false): KernelProgram => {
  const counts = readers(program)
  const transposeOf = (ref: Ref, builder: Builder<KernelNode>): Ref => {
    const node = ref.kind === 'node' ? program.nodes[ref.index]! : undefined
    if (node?.kernel === 'Transpose') return builder.moved(node.inputs[0])
    if (ref.kind !== 'node' || node === undefined || (counts[ref.index] !== 1 && !throughShared))
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

/** The program that takes some inputs transposed and, where they are part of the state, returns them transposed. */
const transposeInputs = (
  program: KernelProgram,
  chosen: readonly number[],
  { carried }: StepLayout,
): KernelProgram =>
  rewrite<KernelNode, KernelNode>(program, unchanged, {
    inputs: program.inputs.map((input, index) => {
      const { dtype, name, shape } = input
      return chosen.includes(index) ? { dtype, name: `${name}ᵀ`, shape: shape.toReversed() } : input
    }),
    input: (ref, builder) => (chosen.includes(ref.index) ? transpose(ref, builder) : ref),
    output: (ref, position, builder) =>
      chosen.includes(position) && position < carried ? transpose(ref, builder) : ref,
  })

/** How many numbers a step moves only to transpose matrices, and how many it computes. */
const costOf = ({ nodes }: KernelProgram): { readonly transposed: number; readonly computed: number } => {
  const numbersOf = (some: readonly KernelNode[]): number =>
    some.reduce((sum, node) => sum + sizeOf(node.outputs[0]), 0)
  return {
    transposed: numbersOf(nodes.filter(({ kernel }) => kernel === 'Transpose')),
    computed: numbersOf(nodes.filter(({ kernel }) => kernel !== 'Transpose')),
  }
}

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
    const before = costOf(best.program)
    const better = (chosen: readonly number[], throughShared = false): LaidOut | undefined => {
      const other = sinkTransposes(transposeInputs(best.program, chosen, layout), throughShared)
      const { transposed, computed } = costOf(other)
      return transposed < before.transposed && computed <= before.computed
        ? { program: other, transposed: new Set([...best.transposed, ...chosen]) }
        : undefined
    }
    // a velocity goes with its weights: one alone would be transposed whenever it meets the other
    const alike = best.program.inputs.flatMap((input, i) =>
      String(input.shape) === String(shape) && !fixed.has(i) && !best.transposed.has(i) ? [i] : [],
    )
    return better([index]) ?? better(alike, true) ?? best
  }, start)
}

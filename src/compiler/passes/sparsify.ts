/**
 * Products with rows of a sparse matrix: only the numbers that are not zero are read, and the rows are never gathered.
 */
import type { KernelNode, KernelProgram, RankUpdateNode } from '../kernel-program.ts'
import { sameRef, specOf, type Ref } from '../program.ts'
import type { StepLayout } from '../rows.ts'
import { unchanged, readers, rewrite } from './rewrite.ts'
import { isScalar, sameShape } from './shapes.ts'

/**
 * The gather sources: the matrices among the constants of a step of which only rows are gathered, such as the data
 * set. A state is none, for it changes from step to step; nor is what a step returns as it is.
 */
export const gatherSources = (program: KernelProgram, { carried, rows }: StepLayout): readonly number[] =>
  program.inputs.flatMap((_, index) => {
    const ref: Ref = { kind: 'input', index }
    const users = program.nodes.filter(({ inputs }) => inputs.some(input => sameRef(input, ref)))
    const onlyRows = users.every(
      ({ kernel, inputs: [source, ...others] }) =>
        kernel === 'GatherV2' && sameRef(source, ref) && !others.some(other => sameRef(other, ref)),
    )
    const isOutput = program.outputs.some(output => sameRef(output, ref))
    const varies = index < carried || index >= program.inputs.length - rows
    return users.length > 0 && onlyRows && !isOutput && !varies ? [index] : []
  })

/** A number times a matrix. */
type Scaled = { readonly scalar: Ref; readonly matrix: Ref }

/**
 * The rewrites, where `x` is sparse and `a` its gathered rows:
 *
 *     BatchMatMul(a, w)                                       SparseMatMul(x, rows, w)
 *     BatchMatMul(aᵀ, d)                                      SparseGradient(x, rows, d)
 *     Sub(w, Multiply(rate, BatchMatMul(aᵀ, d)))              RankUpdate(w, x, rows, d, rate)
 *     Sub(Multiply(decay, w), …)                              RankUpdate(w, x, rows, d, rate, decay)
 *
 * The last one is the weight update of (93). A matrix that another kernel reads too, such as a velocity, is updated number by number.
 *
 * @param sparse the inputs that are sparse gather sources
 */
export const sparsify = (program: KernelProgram, sparse: ReadonlySet<number>): KernelProgram => {
  const counts = readers(program)
  const nodeOf = (ref: Ref): KernelNode | undefined =>
    ref.kind === 'node' ? program.nodes[ref.index] : undefined

  const gathered = (ref: Ref): readonly [source: Ref, rows: Ref] | undefined => {
    const node = nodeOf(ref)
    if (node?.kernel !== 'GatherV2') return undefined
    const [source] = node.inputs
    return source.kind === 'input' && sparse.has(source.index) ? node.inputs : undefined
  }

  /** A number times a matrix, in either order, that nothing else reads. */
  const scaled = (ref: Ref): Scaled | undefined => {
    const node = nodeOf(ref)
    if (node?.kernel !== 'Multiply' || ref.kind !== 'node' || counts[ref.index] !== 1) return undefined
    const [a, b] = [node.inputs[0]!, node.inputs[1]!]
    const [specA, specB] = [specOf(program, a), specOf(program, b)]
    if (isScalar(specA) && sameShape(specB, node.outputs[0])) return { scalar: a, matrix: b }
    if (isScalar(specB) && sameShape(specA, node.outputs[0])) return { scalar: b, matrix: a }
    return undefined
  }

  /** The inputs of the RankUpdate that a Sub is, if it is one. */
  const rankUpdate = (sub: KernelNode): RankUpdateNode['inputs'] | undefined => {
    if (counts[program.nodes.indexOf(sub)] !== 1) return undefined
    const [kept, step] = [sub.inputs[0], sub.inputs[1]!]
    const scaledGradient = scaled(step)
    if (scaledGradient?.matrix.kind !== 'node' || counts[scaledGradient.matrix.index] !== 1) return undefined
    const { scalar: rate, matrix } = scaledGradient
    const gradient = nodeOf(matrix)
    if (gradient?.kernel !== 'BatchMatMul' || !gradient.attributes.transposeA) return undefined
    const [a, delta] = gradient.inputs
    const from = gathered(a)
    if (from === undefined || !sameShape(specOf(program, kept), sub.outputs[0])) return undefined
    const decayed = scaled(kept)
    return decayed === undefined
      ? [kept, ...from, delta, rate]
      : [decayed.matrix, ...from, delta, rate, decayed.scalar]
  }

  return rewrite<KernelNode, KernelNode>(program, (node, builder) => {
    const { emit, moved } = builder
    const { outputs } = node
    if (node.kernel === 'BatchMatMul') {
      const [a, b] = node.inputs
      const from = gathered(a)
      if (from !== undefined) {
        const [source, rows] = from
        const inputs = [moved(source), moved(rows), moved(b)] as const
        const kernel = node.attributes.transposeA ? 'SparseGradient' : 'SparseMatMul'
        return emit({ kernel, inputs, attributes: {}, outputs })
      }
    }
    if (node.kernel === 'Sub') {
      const inputs = rankUpdate(node)
      if (inputs !== undefined) {
        const [w, source, rows, delta, rate, decay] = inputs
        const moving = [moved(w), moved(source), moved(rows), moved(delta), moved(rate)] as const
        return emit({
          kernel: 'RankUpdate',
          inputs: decay === undefined ? moving : [...moving, moved(decay)],
          attributes: {},
          outputs,
        })
      }
    }
    return unchanged(node, builder)
  })
}

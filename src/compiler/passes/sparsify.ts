/**
 * Products with rows of a sparse table: only the numbers that are not zero are visited. The rows are then never
 * gathered at all.
 */
import { same, specOf, type Node, type Program, type Ref } from '../program.ts'
import { isScalar, sameShape } from './shapes.ts'
import { unchanged, newNode, outputOf, readers, rewrite } from './rewrite.ts'

/**
 * The tables: the constants of a step of which only rows are taken. A state is none, for it changes.
 *
 * @param rows how many of the inputs, the last ones, are rows of the scan
 */
export const dataTables = (program: Program, rows: number): readonly number[] =>
  program.inputs.flatMap((_, index) => {
    const ref: Ref = { kind: 'input', index }
    const users = program.nodes.filter(({ inputs }) => inputs.some(input => same(input, ref)))
    const onlyRows = users.every(
      ({ kernel, inputs: [from, ...others], attributes }) =>
        kernel === 'GatherV2' &&
        same(from!, ref) &&
        !others.some(other => same(other, ref)) &&
        Number(attributes.axis) === 0 &&
        Number(attributes.batchDims ?? 0) === 0,
    )
    const carried = index < program.outputs.length || index >= program.inputs.length - rows
    return users.length > 0 && onlyRows && !carried && program.inputs[index]!.shape.length === 2
      ? [index]
      : []
  })

type Pattern = { readonly scalar: Ref; readonly other: Ref }

/**
 * The rewrites, where `x` is sparse and `a` its gathered rows:
 *
 *     BatchMatMul(a, w)                                       SparseMatMul(x, rows, w)
 *     Sub(w, Multiply(rate, BatchMatMul(aᵀ, d)))              RankUpdate(w, x, rows, d, rate)
 *     Sub(Multiply(decay, w), …)                              RankUpdate(w, x, rows, d, rate, decay)
 *
 * @param sparse the inputs that are sparse tables
 */
export const sparsify = (program: Program, sparse: ReadonlySet<number>): Program => {
  const counts = readers(program)
  const nodeOf = (ref: Ref): Node | undefined => (ref.kind === 'node' ? program.nodes[ref.index] : undefined)

  const gathered = (ref: Ref): readonly [Ref, Ref] | undefined => {
    const made = nodeOf(ref)
    const [table, rows] = made?.inputs ?? []
    return made?.kernel === 'GatherV2' && table?.kind === 'input' && sparse.has(table.index)
      ? [table, rows!]
      : undefined
  }

  /** A number times a matrix, in either order, that nothing else reads. */
  const scaled = (ref: Ref): Pattern | undefined => {
    const made = nodeOf(ref)
    if (made?.kernel !== 'Multiply' || ref.kind !== 'node' || counts[ref.index] !== 1) return undefined
    const [a, b] = made.inputs as [Ref, Ref]
    const [specA, specB] = [specOf(program, a), specOf(program, b)]
    if (isScalar(specA) && sameShape(specB, outputOf(made))) return { scalar: a, other: b }
    if (isScalar(specB) && sameShape(specA, outputOf(made))) return { scalar: b, other: a }
    return undefined
  }

  const update = (made: Node): readonly Ref[] | undefined => {
    const [kept, step] = made.inputs as [Ref, Ref]
    const slope = scaled(step)
    const gradient = slope && nodeOf(slope.other)
    if (slope?.other.kind !== 'node' || gradient === undefined || counts[slope.other.index] !== 1)
      return undefined
    if (gradient.kernel !== 'BatchMatMul' || gradient.attributes.transposeA !== true) return undefined
    const [a, delta] = gradient.inputs as [Ref, Ref]
    const from = gathered(a)
    if (from === undefined || !sameShape(specOf(program, kept), outputOf(made))) return undefined
    const decayed = scaled(kept)
    return decayed === undefined
      ? [kept, ...from, delta, slope.scalar]
      : [decayed.other, ...from, delta, slope.scalar, decayed.scalar]
  }

  return rewrite(program, (made, maker) => {
    const { emit, moved } = maker
    if (made.kernel === 'BatchMatMul' && made.attributes.transposeA !== true) {
      const from = gathered(made.inputs[0]!)
      if (from !== undefined)
        return emit(newNode('SparseMatMul', [...from, made.inputs[1]!].map(moved), outputOf(made)))
    }
    if (made.kernel === 'Sub') {
      const inputs = update(made)
      if (inputs !== undefined) return emit(newNode('RankUpdate', inputs.map(moved), outputOf(made)))
    }
    return unchanged(made, maker)
  })
}

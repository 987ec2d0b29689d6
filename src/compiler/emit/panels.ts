/**
 * Panels: the weights of a sparse first layer lie in memory thread by thread, each thread's columns together. Row by row, what one
 * thread writes would lie beside what another one writes; a processor fetches lines ahead, and the cores would take these lines
 * from each other all the time.
 */
import { isElementwiseNode, type LoopNode, type LoopProgram } from '../kernel-program.ts'
import { sameRef, type Ref } from '../program.ts'
import type { StepLayout } from '../rows.ts'
import type { TensorBuffer } from './buffer.ts'
import type { PaddedLayout, Range } from './layout.ts'
import type { Shares } from './threads.ts'

/** The vectors of each thread, by the position of the state among the inputs. */
export type Panels = ReadonlyMap<number, readonly Range[]>

/** Whether a node touches only its own columns of one of its inputs. */
const keepsToItsColumns = (node: LoopNode, ref: Ref): boolean => {
  const positions = node.inputs.flatMap((input, i) => (sameRef(input, ref) ? [i] : []))
  const [position] = positions
  if (positions.length !== 1) return false
  if (node.kernel === 'RankUpdate') return position === 0
  if (node.kernel !== 'Fused') return false
  return node.attributes.body.nodes.every(inner => {
    const uses = inner.inputs.flatMap(({ kind, index }, i) =>
      kind === 'input' && index === position ? [i] : [],
    )
    return (
      uses.length === 0 ||
      (!isElementwiseNode(inner) && inner.kernel === 'SparseMatMul' && String(uses) === '2')
    )
  })
}

/** The states whose columns the threads own in every node that reads or writes them. */
export const panelsOf = (
  { nodes, outputs }: LoopProgram,
  { carried }: StepLayout,
  shares: readonly Shares[],
): Panels =>
  new Map(
    outputs.slice(0, carried).flatMap((output, state) => {
      if (output.kind !== 'node' || nodes[output.index]!.kernel !== 'RankUpdate') return []
      const before: Ref = { kind: 'input', index: state }
      const isRead = (ref: Ref): boolean =>
        nodes.some(({ inputs }) => inputs.some(input => sameRef(input, ref))) ||
        outputs.some((other, i) => i !== state && sameRef(other, ref))
      const users = nodes.flatMap(({ inputs }, i) =>
        inputs.some(input => sameRef(input, before)) ? [i] : [],
      )
      const ranges = shares[output.index]!.map(share => share?.columns)
      const isShared = ranges.length > 1 && ranges.every(range => range !== undefined)
      const isOwned =
        users.includes(output.index) &&
        !isRead(output) &&
        outputs.every(other => !sameRef(other, before)) &&
        users.every(
          index =>
            keepsToItsColumns(nodes[index]!, before) &&
            JSON.stringify(shares[index]!.map(share => share?.columns)) === JSON.stringify(ranges),
        )
      return isShared && isOwned ? [[state, ranges] as const] : []
    }),
  )

/** A panel of a layout: its own layout, and where it begins, in bytes. */
export const panelIn = (
  layout: PaddedLayout,
  { first, end }: Range,
): { readonly layout: PaddedLayout; readonly at: number } => {
  const { rows, vectorBytes } = layout
  const pitch = (end - first) * vectorBytes
  return { layout: { ...layout, pitch, bytes: rows * pitch }, at: rows * first * vectorBytes }
}

/** A buffer as the owner of a panel sees it: its columns are where they would be, and there are no others. */
export const ownBuffer = (buffer: TensorBuffer, own: Range): TensorBuffer => {
  const { layout, at } = panelIn(buffer.layout, own)
  return { ...buffer, layout, address: buffer.address + at - own.first * layout.vectorBytes }
}

/**
 * Panels: the weights of a layer, and what is updated with them, lie in memory thread by thread, each thread's columns together. Row by
 * row, what one thread writes would lie beside what another one writes; a processor fetches lines ahead, and the cores would take these
 * lines from each other all the time.
 */
import { isElementwiseNode, type LoopNode, type LoopProgram } from '../kernel-program.ts'
import { sameRef, specOf, type Ref } from '../program.ts'
import type { StepLayout } from '../rows.ts'
import { broadcastOf } from './broadcast.ts'
import type { TensorBuffer } from './buffer.ts'
import { allOf, type PaddedLayout, type Range } from './layout.ts'
import type { LayoutOf, Shares } from './threads.ts'

/** The vectors of each thread, for each tensor that lies in panels. */
export type Panels = { readonly of: (ref: Ref) => readonly Range[] | undefined }

/**
 * What a thread reads of an input to compute its columns of the result: the numbers in their places, of the same columns; these columns
 * of all rows; or more.
 */
type Reading = 'places' | 'columns' | 'more'

const readingsOf = (node: LoopNode, ref: Ref): readonly Reading[] => {
  const given = node.inputs.flatMap((input, i) => (sameRef(input, ref) ? [i] : []))
  if (node.kernel === 'RankUpdate') return given.map(i => (i === 0 ? 'places' : 'more'))
  if (node.kernel !== 'Fused') return given.map(() => 'more')
  const { body } = node.attributes
  return body.nodes.flatMap(inner =>
    inner.inputs.flatMap((input, i): readonly Reading[] => {
      if (input.kind !== 'input' || !given.includes(input.index)) return []
      if (isElementwiseNode(inner)) {
        const way = broadcastOf(specOf(body, input).shape, node.outputs[0].shape)
        return [way === 'full' ? 'places' : way === 'row' ? 'columns' : 'more']
      }
      const right = inner.kernel === 'BatchMatMul' ? 1 : inner.kernel === 'SparseMatMul' ? 2 : undefined
      return [i === right ? 'columns' : 'more']
    }),
  )
}

/** The tensors whose columns the threads own in every node that reads or writes them: states, and what is computed for them. */
export const panelsOf = (
  { nodes, outputs }: LoopProgram,
  { carried }: StepLayout,
  shares: readonly Shares[],
): Panels => {
  const nameOf = ({ kind, index }: Ref): string => `${kind} ${index}`
  const nodeRef = (index: number): Ref => ({ kind: 'node', index, output: 0 })
  const stateRef = (index: number): Ref => ({ kind: 'input', index })
  const columns = shares.map(parts => parts.flatMap(share => share?.columns ?? []))
  const panels = new Map<string, { readonly ref: Ref; readonly ranges: readonly Range[] }>()
  const isSame = (one: readonly Range[] | undefined, other: readonly Range[]): boolean =>
    JSON.stringify(one) === JSON.stringify(other)
  const isOwned = (ref: Ref, ranges: readonly Range[]): boolean =>
    isSame(panels.get(nameOf(ref))?.ranges, ranges)
  const add = (ref: Ref, ranges: readonly Range[]): unknown => panels.set(nameOf(ref), { ref, ranges })

  for (const [index, ranges] of columns.entries())
    if (ranges.length > 1 && ranges.length === shares[index]!.length) add(nodeRef(index), ranges)
  for (const [state, after] of outputs.slice(0, carried).entries()) {
    const computed = after.kind === 'node' ? panels.get(nameOf(after)) : undefined
    if (computed !== undefined) add(stateRef(state), computed.ranges)
  }

  /** Whether everything that shares the places of a tensor lies in the same panels, and nothing else needs more than a thread's columns. */
  const fits = (ref: Ref, ranges: readonly Range[]): boolean => {
    const places =
      ref.kind === 'node'
        ? nodes[ref.index]!.inputs.filter(input => readingsOf(nodes[ref.index]!, input).includes('places'))
        : [outputs[ref.index]!]
    return (
      places.every(other => isOwned(other, ranges)) &&
      nodes.every((node, index) =>
        readingsOf(node, ref).every(reading =>
          reading === 'columns'
            ? isSame(columns[index], ranges)
            : reading === 'places' && isOwned(nodeRef(index), ranges),
        ),
      ) &&
      outputs.every(
        (output, i) =>
          !sameRef(output, ref) || (ref.kind === 'node' && i < carried && isOwned(stateRef(i), ranges)),
      )
    )
  }
  // one that does not fit may be what others share places with
  for (let strays = [...panels.values()]; strays.length > 0;) {
    strays = [...panels.values()].filter(({ ref, ranges }) => !fits(ref, ranges))
    for (const { ref } of strays) panels.delete(nameOf(ref))
  }
  return { of: ref => panels.get(nameOf(ref))?.ranges }
}

/** Whether a node reads and writes so much for what it computes that it is shared only in panels. */
const isBoundByMemory = (node: LoopNode): boolean =>
  node.kernel !== 'Fused' || node.attributes.body.nodes.every(isElementwiseNode)

/** The shares of all nodes: one that is bound by memory, and whose result has rows that lie in no panels, is the first thread's. */
export const sharesInPanels = (
  nodes: readonly LoopNode[],
  shares: readonly Shares[],
  panels: Panels,
  layoutOf: LayoutOf,
): readonly Shares[] =>
  shares.map((parts, index) => {
    const result: Ref = { kind: 'node', index, output: 0 }
    const layout = layoutOf(result)
    const isShared = layout.rows === 1 || panels.of(result) !== undefined || !isBoundByMemory(nodes[index]!)
    return isShared ? parts : [allOf(layout)]
  })

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

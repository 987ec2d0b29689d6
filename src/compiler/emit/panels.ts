/**
 * Panels: the weights of a layer lie in memory thread by thread, each thread's columns together. Row by row, what one thread writes
 * would lie beside what another one writes; a processor fetches lines ahead, and the cores would take these lines from each other
 * all the time.
 */
import { isElementwiseNode, type ChainNode, type LoopNode, type LoopProgram } from '../kernel-program.ts'
import { sameRef, specOf, type Ref } from '../program.ts'
import type { StepLayout } from '../rows.ts'
import { broadcastOf } from './broadcast.ts'
import type { TensorBuffer } from './buffer.ts'
import type { PaddedLayout, Range } from './layout.ts'
import type { Shares } from './threads.ts'

/** The vectors of each thread, by the position of the state among the inputs. */
export type Panels = ReadonlyMap<number, readonly Range[]>

/** The position of the right side of a product among its inputs. */
const rightOf = ({ kernel }: ChainNode): number | undefined =>
  kernel === 'BatchMatMul' ? 1 : kernel === 'SparseMatMul' ? 2 : undefined

/**
 * Whether a node touches only its own columns of the weights, and knows where they are: on the right side of a product; or as what it
 * updates, and then it reads no other matrix number by number, which would not lie in panels.
 */
const keepsToItsColumns = (node: LoopNode, weights: Ref, updates: boolean): boolean => {
  const isWeights = (ref: Ref): boolean => sameRef(ref, weights)
  if (node.kernel === 'RankUpdate') return !node.inputs.slice(1).some(isWeights)
  if (node.kernel !== 'Fused') return false
  const { inputs, attributes, outputs } = node
  return attributes.body.nodes.every(inner =>
    inner.inputs.every((ref, i) => {
      if (ref.kind !== 'input') return true
      const given = isWeights(inputs[ref.index]!)
      if (!isElementwiseNode(inner)) return !given || i === rightOf(inner)
      const way = broadcastOf(specOf(attributes.body, ref).shape, outputs[0].shape)
      return way !== 'full' || given === updates
    }),
  )
}

/** The states whose columns the threads own in every node that reads or writes them. */
export const panelsOf = (
  { nodes, outputs }: LoopProgram,
  { carried }: StepLayout,
  shares: readonly Shares[],
): Panels => {
  const readersOf = (ref: Ref): readonly number[] =>
    nodes.flatMap(({ inputs }, i) => (inputs.some(input => sameRef(input, ref)) ? [i] : []))
  const columnsOf = (index: number): readonly (Range | undefined)[] =>
    shares[index]!.map(share => share?.columns)
  return new Map(
    outputs.slice(0, carried).flatMap((after, state) => {
      const before: Ref = { kind: 'input', index: state }
      const readers = readersOf(before)
      if (after.kind !== 'node' || !readers.includes(after.index) || readersOf(after).length > 0) return []
      const own = columnsOf(after.index)
      const isShared = own.length > 1 && own.every(range => range !== undefined)
      const isOwned =
        outputs.every((other, i) => i === state || (!sameRef(other, before) && !sameRef(other, after))) &&
        readers.every(
          index =>
            keepsToItsColumns(nodes[index]!, before, index === after.index) &&
            JSON.stringify(columnsOf(index)) === JSON.stringify(own),
        )
      return isShared && isOwned ? [[state, own] as const] : []
    }),
  )
}

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

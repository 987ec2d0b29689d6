/**
 * What each thread computes of a node's result. A thread owns neurons: the same columns of what goes forward, of the
 * gradient and of the update, so that their weights stay in its cache. Where the columns are few, it owns rows. Each number
 * is computed by one thread, in the one order there is: so any number of threads gives the same bytes.
 */
import { isElementwiseNode, type LoopNode } from '../kernel-program.ts'
import type { Ref } from '../program.ts'
import { allOf, sharesOfThreads, type PaddedLayout, type Range, type Share } from './layout.ts'

/** The share of each thread; undefined where a thread has none. */
export type Shares = readonly (Share | undefined)[]

const isEmpty = ({ first, end }: Range): boolean => first === end

/**
 * The least work that is shared, in multiplications. Threads wait for each other for less than a microsecond, but what one
 * writes beside the columns of another, the other reads again.
 */
const LEAST_WORK = 200_000

/** How many numbers of a sparse row are not zero, of those of images: what is taken where it is not known. */
const DENSITY = 0.2

/** The cost of a number of an element-wise chain, in multiplications. */
const CHAIN = 8

/** The layout of a tensor of the program. */
export type LayoutOf = (ref: Ref) => PaddedLayout

/** The multiplications of a node, or what takes as long; undefined where a share of it cannot be computed by itself. */
const workOf = (node: LoopNode, layoutOf: LayoutOf, layout: PaddedLayout): number | undefined => {
  const numbers = layout.rows * layout.columns
  if (node.kernel === 'RankUpdate') return DENSITY * numbers * layoutOf(node.inputs[3]).rows
  if (node.kernel === 'SparseGradient') return numbers * (DENSITY * layoutOf(node.inputs[2]).rows + CHAIN)
  if (node.kernel !== 'Fused') return undefined
  const { body } = node.attributes
  const rowsOf = (index: number): number => layoutOf(node.inputs[index]!).rows
  const start = body.nodes.find(inner => !isElementwiseNode(inner))
  switch (start?.kernel) {
    case 'BatchMatMul':
      return numbers * (rowsOf(start.inputs[1].index) + CHAIN)
    case 'SparseMatMul':
      return numbers * (DENSITY * rowsOf(start.inputs[2].index) + CHAIN)
    case 'Sum':
      return numbers * (rowsOf(start.inputs[0].index) + CHAIN)
    case undefined:
      return numbers * CHAIN
  }
}

/** The shares of a node: all is the first thread's, if it is not worth more. */
export const sharesOf = (
  node: LoopNode,
  layoutOf: LayoutOf,
  layout: PaddedLayout,
  threads: number,
): Shares => {
  const work = workOf(node, layoutOf, layout)
  if (threads === 1 || work === undefined || work < LEAST_WORK) return [allOf(layout)]
  const shares = sharesOfThreads(layout, threads)
  // these read all rows of the mini-batch for some columns
  if (node.kernel !== 'Fused' && shares.some(({ rows }) => rows.first > 0)) return [allOf(layout)]
  return shares.map(share => (isEmpty(share.rows) || isEmpty(share.columns) ? undefined : share))
}

/**
 * The code of each node of a lowered program.
 */
import { isElementwiseNode, type LoopNode } from '../kernel-program.ts'
import type { BufferOf, TensorBuffer } from './buffer.ts'
import type { Code, Locals } from './code.ts'
import type { Share } from './layout.ts'
import { gather, reshape, transposeMatrix } from './data-movement.ts'
import { emitFused } from './fused.ts'
import { move, segmentSum } from './move.ts'
import { argMax, reduction } from './reductions.ts'
import { rankUpdate, sparseGradient } from './sparse.ts'
import { emitUniform } from './uniform.ts'

/** @param share what is computed: all, except of the kernels that threads share */
export const emitNode = (
  fn: Locals,
  node: LoopNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
  share: Share,
): Code => {
  if (isElementwiseNode(node) || node.kernel === 'BatchMatMul' || node.kernel === 'SparseMatMul')
    throw new Error(`internal error: fusion left ${node.kernel} by itself`)
  switch (node.kernel) {
    case 'ArgMax':
      return argMax(fn, node, bufferOf, output)
    case 'Fused':
      return emitFused(fn, node, bufferOf, output, share)
    case 'GatherV2':
      return gather(fn, node, bufferOf, output)
    case 'Max':
    case 'Min':
    case 'Sum':
      return reduction(fn, node, bufferOf, output)
    case 'Move':
      return move(fn, node, bufferOf, output)
    case 'Network2Uniform':
      return emitUniform(fn, node, bufferOf, output)
    case 'RankUpdate':
      return rankUpdate(fn, node, bufferOf, output, share)
    case 'Reshape':
      return reshape(fn, node, bufferOf, output)
    case 'SparseGradient':
      return sparseGradient(fn, node, bufferOf, output, share)
    case 'Transpose':
      return transposeMatrix(fn, node, bufferOf, output)
    case 'UnsortedSegmentSum':
      return segmentSum(fn, node, bufferOf, output)
  }
}

/**
 * The loops of a fused node: block by block, the numbers come from the start of the chain and from the node's inputs,
 * pass through the element-wise kernels in registers, and are written once.
 */
import { isElementwiseNode, type ChainNode, type ChainStart, type FusedNode } from '../kernel-program.ts'
import { specOf } from '../program.ts'
import { forEachBlock, lastVectorMask, type Block, type BlockSource } from './register-blocks.ts'
import { broadcastOf } from './broadcast.ts'
import type { BufferOf, TensorBuffer } from './buffer.ts'
import { i32, let_, v128, type Locals, type V128, type Code } from './code.ts'
import { elementwise } from './elementwise.ts'
import type { PaddedLayout, Share, VectorUnit } from './layout.ts'
import { matMul } from './matmul.ts'
import { sumOfRows } from './reductions.ts'
import { sparseMatMul } from './sparse.ts'

const isChainStart = (node: ChainNode): node is ChainStart => !isElementwiseNode(node)

/** The numbers that a chain starts from. A chain without a start reads only the inputs of its node. */
const blockSource = (
  start: ChainStart | undefined,
  bufferOf: BufferOf,
  output: PaddedLayout,
  share: Share,
  machine: VectorUnit,
): BlockSource => {
  switch (start?.kernel) {
    case 'BatchMatMul':
      return matMul(start, bufferOf, output, share, machine)
    case 'SparseMatMul':
      return sparseMatMul(start, bufferOf, output, share, machine)
    case 'Sum':
      return sumOfRows(start, bufferOf, share)
    case undefined:
      return { size: { rows: 1, vectors: 8 }, compute: () => ({ code: [], values: [] }) }
  }
}

export const emitFused = (
  fn: Locals,
  { inputs, attributes: { body } }: FusedNode,
  bufferOf: BufferOf,
  output: TensorBuffer,
  share: Share,
): Code => {
  const buffers = inputs.map(bufferOf)
  const { layout } = output
  const { vectorBytes } = layout
  const mask = lastVectorMask(layout)
  const start = body.nodes.find(isChainStart)
  const source = blockSource(start, ref => buffers[ref.index]!, layout, share, fn.machine)
  const operands = new Set(
    body.nodes
      .filter(isElementwiseNode)
      .flatMap(node => node.inputs.flatMap(ref => (ref.kind === 'input' ? [ref.index] : []))),
  )
  const kinds = buffers.map(({ spec }, i) =>
    operands.has(i) ? broadcastOf(spec.shape, output.spec.shape) : undefined,
  )
  const scalars = buffers.map(({ address }, i) =>
    kinds[i] === 'scalar' ? let_(fn, v128.loadSplat(i32.const(address))) : undefined,
  )

  const block = ({ row, column, rows, vectors }: Block, last: boolean): Code => {
    const { code, values } = source.compute(fn, { row, column, rows, vectors })
    const at = let_(fn, i32.add(i32.mul(row, i32.const(layout.pitch)), column))
    const down = let_(fn, i32.mul(row, i32.const(vectorBytes)))
    const load = (index: number, i: number, j: number): V128 => {
      const { address } = buffers[index]!
      switch (kinds[index]!) {
        case 'scalar':
          return scalars[index]!.value
        case 'row':
          return v128.load(column, address + j * vectorBytes)
        case 'column':
          return v128.loadSplat(down.value, address + i * vectorBytes)
        case 'full':
          return v128.load(at.value, address + i * layout.pitch + j * vectorBytes)
      }
    }
    const vector = (i: number, j: number): Code => {
      const results: V128[] = []
      const before = body.nodes.map(node => {
        if (!isElementwiseNode(node)) {
          results.push(values[i * vectors + j]!)
          return []
        }
        const args = node.inputs.map(ref =>
          ref.kind === 'node' ? results[ref.index]! : load(ref.index, i, j),
        )
        const from = specOf(body, node.inputs[0]!).dtype
        const result = elementwise(node.kernel)({ args, from, to: node.outputs[0].dtype }, fn)
        const named = let_(fn, result.value)
        results.push(named.value)
        return [result.before, named.code]
      })
      const result = results.at(-1)!
      const clean = mask !== undefined && last && j === vectors - 1 ? v128.and(result, mask) : result
      return [before, v128.store(at.value, clean, output.address + i * layout.pitch + j * vectorBytes)]
    }
    return [
      code,
      at.code,
      down.code,
      Array.from({ length: rows * vectors }, (_, n) => vector(Math.floor(n / vectors), n % vectors)),
    ]
  }
  return [scalars.map(scalar => scalar?.code ?? []), forEachBlock(fn, layout, share, source.size, block)]
}

/**
 * The loops of a fused node: block by block, the numbers come from its source and its inputs, go through the
 * element-wise kernels in registers, and are written once.
 */
import { specOf, type Node, type Ref } from '../program.ts'
import { TraceError } from '../trace.ts'
import type { Code } from './assembler.ts'
import { i32, let_, for_, v128, type I32, type Locals, type V128 } from './code.ts'
import { elementwise, isElementwise } from './elementwise.ts'
import type { FusedBody } from '../passes/fuse.ts'
import { paddedLayout, LANES, VECTOR, type PaddedLayout } from './layout.ts'
import type { TensorBuffer, TensorBuffers } from './buffer.ts'
import { blockSource, type Block, type BlockSize, type BlockSource } from './matmul.ts'

/** How an input is read for each vector of the result. */
type Broadcast = 'full' | 'row' | 'column' | 'scalar'

const broadcast = (from: readonly number[], to: readonly number[]): Broadcast => {
  const shape = [...to.map(() => 1), ...from].slice(-Math.max(to.length, 1))
  const front = shape.slice(0, -1)
  const last = shape.at(-1) === (to.at(-1) ?? 1)
  if (from.every(size => size === 1)) return 'scalar'
  if (last && front.every((size, i) => size === to[i])) return 'full'
  if (last && front.every(size => size === 1)) return 'row'
  if (shape.at(-1) === 1 && front.every((size, i) => size === to[i])) return 'column'
  throw new TraceError(`broadcasting [${from.join()}] to [${to.join()}] has no lowering`)
}

/** Bits for the numbers of the last vector of a row, none for what only fills it up. */
const numbersOnly = ({ columns, vectors }: PaddedLayout): V128 | undefined => {
  const used = columns - (vectors - 1) * LANES
  const bits = (lane: number): number => (lane < used ? -1 : 0)
  return used === LANES ? undefined : v128.ints(bits(0), bits(1), bits(2), bits(3))
}

/** A result, block by block. A last vector that is not full is in a block of its own kind. */
export const forEachBlock = (
  fn: Locals,
  { rows, columns, vectors }: PaddedLayout,
  size: BlockSize,
  body: (block: Block, last: boolean) => Code,
): Code => {
  const ragged = columns < vectors * LANES
  const whole = Math.floor((ragged ? vectors - 1 : vectors) / size.vectors)
  const rest = vectors - whole * size.vectors
  const line = (row: I32, count: number): Code => [
    for_(fn, { to: whole * size.vectors * VECTOR, step: size.vectors * VECTOR }, column =>
      body({ row, column, rows: count, vectors: size.vectors }, rest === 0),
    ),
    rest > 0
      ? body({ row, column: i32.const(whole * size.vectors * VECTOR), rows: count, vectors: rest }, true)
      : [],
  ]
  const restRows = rows % size.rows
  return [
    for_(fn, { to: rows - restRows, step: size.rows }, row => line(row, size.rows)),
    restRows > 0 ? line(i32.const(rows - restRows), restRows) : [],
  ]
}

const NOTHING: BlockSource = { size: { rows: 1, vectors: 8 }, compute: () => ({ code: [], values: [] }) }

/**
 * The code of a fused node.
 *
 * @param sites of the node's inputs
 */
export const emitFused = (
  fn: Locals,
  { attributes }: Node,
  sites: TensorBuffers,
  output: TensorBuffer,
): Code => {
  const body = attributes.body as FusedBody
  const grid = paddedLayout(output.spec)
  const mask = numbersOnly(grid)
  const start = body.nodes.findIndex(({ kernel }) => !isElementwise(kernel))
  const source =
    start < 0
      ? NOTHING
      : blockSource(
          body.nodes[start]!,
          body.nodes[start]!.inputs.map(ref => sites[ref.index]!),
          grid,
        )
  const operands = new Set(
    body.nodes.flatMap(({ inputs }, i) =>
      i === start ? [] : inputs.flatMap(ref => (ref.kind === 'input' ? [ref.index] : [])),
    ),
  )
  const kinds = sites.map(({ spec }, i) =>
    operands.has(i) ? broadcast(spec.shape, output.spec.shape) : undefined,
  )
  const scalars = sites.map(({ address }, i) =>
    kinds[i] === 'scalar' ? let_(fn, v128.loadSplat(i32.const(address))) : undefined,
  )

  const block = ({ row, column, rows, vectors }: Block, last: boolean): Code => {
    const { code, values } = source.compute(fn, { row, column, rows, vectors })
    const at = let_(fn, i32.add(i32.mul(row, i32.const(grid.pitch)), column))
    const down = let_(fn, i32.mul(row, i32.const(VECTOR)))
    const load = (index: number, i: number, j: number): V128 => {
      const { address } = sites[index]!
      switch (kinds[index]!) {
        case 'scalar':
          return scalars[index]!.value
        case 'row':
          return v128.load(column, address + j * VECTOR)
        case 'column':
          return v128.loadSplat(down.value, address + i * VECTOR)
        case 'full':
          return v128.load(at.value, address + i * grid.pitch + j * VECTOR)
      }
    }
    const vector = (i: number, j: number): Code => {
      const results: V128[] = []
      const before = body.nodes.map((inner, n) => {
        if (n === start) {
          results.push(values[i * vectors + j]!)
          return []
        }
        const args = inner.inputs.map((ref: Ref) =>
          ref.kind === 'node' ? results[ref.index]! : load(ref.index, i, j),
        )
        const from = specOf(body, inner.inputs[0]!).dtype
        const made = elementwise(inner.kernel)({ args, from, to: inner.outputs[0]!.dtype }, fn)
        const own = let_(fn, made.value)
        results.push(own.value)
        return [made.before, own.code]
      })
      const result = results.at(-1)!
      const clean = mask !== undefined && last && j === vectors - 1 ? v128.and(result, mask) : result
      return [before, v128.store(at.value, clean, output.address + i * grid.pitch + j * VECTOR)]
    }
    return [
      code,
      at.code,
      down.code,
      Array.from({ length: rows * vectors }, (_, n) => vector(Math.floor(n / vectors), n % vectors)),
    ]
  }
  return [scalars.map(scalar => scalar?.code ?? []), forEachBlock(fn, grid, source.size, block)]
}

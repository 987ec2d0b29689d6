/**
 * From a planned program to the bytes of its module: a function for each node, and one that runs the loop.
 *
 * An engine compiles anew, and better, what has run for a while, but takes the new code at the next call only:
 * so the loop calls functions rather than being one.
 */
import type { Program, Ref } from '../program.ts'
import { specOf } from '../program.ts'
import { assemble, type Func } from '../emit/assembler.ts'
import { call, copy, i32, locals, param, repeatWhile, type Locals } from '../emit/code.ts'
import { emitFused } from '../emit/fused.ts'
import { paddedLayout } from '../emit/layout.ts'
import type { MemoryPlan } from '../passes/memory-plan.ts'
import type { TensorBuffer } from '../emit/buffer.ts'
import type { MulAdd } from '../emit/matmul.ts'
import { dataMovement } from '../emit/data-movement.ts'

export type LoopBuffers = {
  /** Where the program's own part of the memory begins. */
  readonly start: number
  readonly tables: ReadonlyMap<number, 'dense' | 'sparse'>
  readonly mulAdd: MulAdd
}

/**
 * The module of a scan over a step. It exports `run(rows, count)`: from the state in its place, over as many rows
 * as `count` says (one at least), which lie one after the other at the address `rows`.
 */
export const buildModule = (
  step: Program,
  plan: MemoryPlan,
  { start, tables, mulAdd }: LoopBuffers,
): Uint8Array<ArrayBuffer> => {
  const siteOf = (ref: Ref): TensorBuffer => {
    const places = ref.kind === 'input' ? plan.inputs : ref.kind === 'constant' ? plan.constants : plan.nodes
    const site = { spec: specOf(step, ref), address: start + places[ref.index]! }
    const table = ref.kind === 'input' ? tables.get(ref.index) : undefined
    return table === undefined ? site : { ...site, table }
  }
  const functionOf = (
    body: (fn: Locals) => Func['body'],
    params: Func['params'] = [],
    name?: string,
  ): Func => {
    const fn = locals(params.length)
    const code = body(fn)
    return { params, locals: fn.kinds, body: code, ...(name === undefined ? {} : { name }) }
  }
  const kernels = step.nodes.map((node, index) => {
    const sites = node.inputs.map(siteOf)
    const output = siteOf({ kind: 'node', index, output: 0 })
    return functionOf(fn =>
      node.kernel === 'Fused'
        ? emitFused(fn, node, sites, output, mulAdd)
        : dataMovement(node.kernel)(fn, node, sites, output, mulAdd),
    )
  })
  const [rows, count] = [param(0, 'i32'), param(1, 'i32')]
  const row = siteOf({ kind: 'input', index: step.inputs.length - 1 })
  const { rows: lines, pitch } = paddedLayout(row.spec)
  const size = i32.const(lines * pitch)
  const run = functionOf(
    () =>
      repeatWhile(
        [
          copy(i32.const(row.address), rows, size),
          kernels.map((_, i) => call(i)),
          plan.moves.map(({ from, to, bytes }) =>
            copy(i32.const(start + to), i32.const(start + from), i32.const(bytes)),
          ),
          rows.set(i32.add(rows, size)),
          count.set(i32.sub(count, i32.const(1))),
        ],
        count,
      ),
    ['i32', 'i32'],
    'run',
  )
  return assemble([...kernels, run], 1)
}

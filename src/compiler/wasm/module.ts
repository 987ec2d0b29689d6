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
import { bytesOf } from '../emit/layout.ts'
import type { MemoryPlan } from '../passes/memory-plan.ts'
import type { TensorBuffer } from '../emit/buffer.ts'
import { dataMovement } from '../emit/data-movement.ts'

export type LoopBuffers = {
  /** Where the program's own part of the memory begins. */
  readonly start: number
  readonly tables: ReadonlyMap<number, 'dense' | 'sparse'>
  /** How many of the inputs, the last ones, are rows of the scan. */
  readonly rows: number
}

/**
 * The module of a scan over a step. It exports `run(...rows, count)`: it runs `count` steps (at least one) from the
 * state in its place. For each leaf of the per-step inputs `rows` has the address of the first of its rows, which lie
 * one after the other.
 */
export const buildModule = (
  step: Program,
  plan: MemoryPlan,
  { start, tables, rows }: LoopBuffers,
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
        ? emitFused(fn, node, sites, output)
        : dataMovement(node.kernel)(fn, node, sites, output),
    )
  })
  const count = param(rows, 'i32')
  const inputs = Array.from({ length: rows }, (_, i) => {
    const { address, spec } = siteOf({ kind: 'input', index: step.inputs.length - rows + i })
    return { next: param(i, 'i32'), address: i32.const(address), bytes: i32.const(bytesOf(spec)) }
  })
  const run = functionOf(
    () =>
      repeatWhile(
        [
          inputs.map(({ next, address, bytes }) => copy(address, next, bytes)),
          kernels.map((_, i) => call(i)),
          plan.moves.map(({ from, to, bytes }) =>
            copy(i32.const(start + to), i32.const(start + from), i32.const(bytes)),
          ),
          inputs.map(({ next, bytes }) => next.set(i32.add(next, bytes))),
          count.set(i32.sub(count, i32.const(1))),
        ],
        count,
      ),
    [...inputs.map(() => 'i32' as const), 'i32'],
    'run',
  )
  return assemble([...kernels, run], 1)
}

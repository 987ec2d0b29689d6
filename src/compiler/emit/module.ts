/**
 * From a planned program to the functions of its module: one for each node, and one that runs the loop.
 *
 * A JavaScript engine replaces the code of a function that has run for a while by faster code, but only at its next
 * call: so each node is a function that the loop calls.
 */
import type { LoopProgram } from '../kernel-program.ts'
import type { MemoryPlan } from '../passes/memory-plan.ts'
import { specOf, type Ref } from '../program.ts'
import type { StepLayout } from '../rows.ts'
import type { BufferOf, SourceForm } from './buffer.ts'
import {
  barrier,
  call,
  copy,
  i32,
  locals,
  param,
  repeatWhile,
  type Code,
  type Kind,
  type Locals,
  type VectorFunction,
} from './code.ts'
import { emitNode } from './kernels.ts'
import { paddedLayout, type VectorUnit } from './layout.ts'
import { ownBuffer, type Panels } from './panels.ts'
import type { Shares } from './threads.ts'

/** The functions of a module. */
export type ModuleFunctions = {
  readonly functions: readonly Func[]
  readonly vectorFunctions: readonly VectorFunction[]
}

/** A function without a result: it writes its results to memory. */
export type Func = {
  readonly params: readonly Kind[]
  readonly locals: readonly Kind[]
  readonly body: Code
  /** The name of an exported function: `run`, for further threads with their number; functions of the module call each other by index. */
  readonly name?: string
}

/** The functions of a module that threads run, by their positions. */
export const runsOf = ({ functions }: Pick<ModuleFunctions, 'functions'>): readonly number[] =>
  functions.flatMap(({ name }, index) => (name === undefined ? [] : [index]))

export type LoopInputs = {
  /** The form in which each gather source is stored. */
  readonly sources: ReadonlyMap<number, SourceForm>
  readonly layout: StepLayout
  readonly machine: VectorUnit
  /** How many threads there are at most. */
  readonly threads: number
  /** Whether one thread does the work of all. */
  readonly isAlone: boolean
  /** What each thread computes of each node. */
  readonly shares: readonly Shares[]
  readonly panels: Panels
}

/**
 * The functions of a scan over a step. `run(...rows, count)` is exported: it runs `count` steps (at least one) from the
 * state in its place. For each leaf of the per-step inputs, and then of the outputs, `rows` has the address of the first
 * of its rows, which are adjacent. Where threads share nodes, there is a `run1` and so on, which run at the same time.
 *
 * @param start the address of the program's own part of the memory
 */
export const moduleFunctions = (
  step: LoopProgram,
  plan: MemoryPlan,
  { sources, layout: { carried, rows }, machine, threads, isAlone, shares, panels }: LoopInputs,
  start: number,
): ModuleFunctions => {
  const vectorFunctions: Locals['vectorFunctions'] = new Map()
  const functionOf = (body: (fn: Locals) => Code, params: Func['params'] = [], name?: string): Func => {
    const fn = locals(machine, params.length, vectorFunctions)
    const code = body(fn)
    return { params, locals: fn.kinds, body: code, ...(name === undefined ? {} : { name }) }
  }
  const bufferOf: BufferOf = ref => {
    const places = ref.kind === 'input' ? plan.inputs : ref.kind === 'constant' ? plan.constants : plan.nodes
    const spec = specOf(step, ref)
    const layout = paddedLayout(spec, machine.lanes)
    const buffer = { spec, layout, address: start + places[ref.index]! }
    const form = ref.kind === 'input' ? sources.get(ref.index) : undefined
    return form === undefined ? buffer : { ...buffer, gatherSource: form }
  }
  const functions: Func[] = []
  /** For each thread the code that calls its share of the node; of a thread that is alone, the shares of all. */
  const calls = step.nodes.map((node, index) => {
    const result: Ref = { kind: 'node', index, output: 0 }
    const parts = shares[index]!.map((share, thread): Code => {
      if (share === undefined) return []
      const own: BufferOf = ref => {
        const panel = panels.of(ref)?.[thread]
        return panel === undefined ? bufferOf(ref) : ownBuffer(bufferOf(ref), panel)
      }
      return call(functions.push(functionOf(fn => emitNode(fn, node, own, own(result), share))) - 1)
    })
    return isAlone ? [parts] : parts
  })
  const rowOf = (ref: Ref, position: number) => {
    const { address, layout } = bufferOf(ref)
    return { next: param(position, 'i32'), address: i32.const(address), bytes: i32.const(layout.bytes) }
  }
  const inputs = Array.from({ length: rows }, (_, i) =>
    rowOf({ kind: 'input', index: step.inputs.length - rows + i }, i),
  )
  const outputs = step.outputs.slice(carried).map((ref, i) => rowOf(ref, rows + i))
  const all = [...inputs, ...outputs]
  const count = param(all.length, 'i32')
  /** What the threads do in a step, each its part. Alone, the first one also moves the rows and the state. */
  const stages: readonly (readonly Code[])[] = [
    [inputs.map(({ next, address, bytes }) => copy(address, next, bytes))],
    ...calls,
    [
      [
        // before the moves: they write over the old state, which may be an output
        outputs.map(({ next, address, bytes }) => copy(next, address, bytes)),
        plan.moves.map(({ from, to, bytes }) =>
          copy(i32.const(start + to), i32.const(start + from), i32.const(bytes)),
        ),
        all.map(({ next, bytes }) => next.set(i32.add(next, bytes))),
      ],
    ],
  ]
  const isShared = (stage: readonly Code[]): boolean => stage.length > 1
  const runs = Array.from({ length: stages.some(isShared) ? threads : 1 }, (_, thread) =>
    functionOf(
      () =>
        repeatWhile(
          [
            stages.map((stage, i) => [
              stage[thread] ?? [],
              isShared(stage) || isShared(stages[(i + 1) % stages.length]!) ? barrier : [],
            ]),
            count.set(i32.sub(count, i32.const(1))),
          ],
          count,
        ),
      [...all.map(() => 'i32' as const), 'i32'],
      `run${thread === 0 ? '' : thread}`,
    ),
  )
  return { functions: [...functions, ...runs], vectorFunctions: [...vectorFunctions.values()] }
}

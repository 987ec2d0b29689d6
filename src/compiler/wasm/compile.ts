/**
 * From a traced program to one that runs: rewritten, laid out, assembled, and handed to the engine.
 */
import { print, type Program } from '../program.ts'
import { webAssembly } from './webassembly.ts'
import { paddedLayout, writePadded } from '../emit/layout.ts'
import { lower } from '../passes/lower.ts'
import type { Memory, Region } from './memory.ts'
import { buildModule } from './module.ts'
import { planMemory } from '../passes/memory-plan.ts'
import type { DataTable } from './tables.ts'

export type Compiled = {
  /** Its inputs, in the form in which they are given. */
  readonly program: Program
  /** Where each of them is given; a table as a pointer. */
  readonly inputs: readonly number[]
  /** The inputs that are given the other way round. */
  readonly turned: ReadonlySet<number>
  /** Runs `count` steps. The rows of each leaf of the per-step inputs lie in a region. */
  readonly run: (rows: readonly Region[], count: number) => void
}

/** What has been compiled, for those who want to look at it. */
export type CompiledListing = { readonly program: string; readonly bytes: number }

/**
 * @param tables the tables among the program's inputs
 * @param rows how many of the inputs, the last ones, are rows of the scan
 */
export const compile = (
  memory: Memory,
  traced: Program,
  tables: ReadonlyMap<number, DataTable>,
  rows: number,
  onCompile: (listing: CompiledListing) => void,
): Compiled => {
  const forms = new Map([...tables].map(([index, { form }]) => [index, form] as const))
  const { program, turned } = lower(traced, forms, rows)
  const plan = planMemory(program, new Set(forms.keys()))
  const { address: start } = memory.allocate(plan.bytes)
  program.constants.forEach((constant, i) => {
    const view = constant.dtype === 'float32' ? memory.floats() : memory.ints()
    writePadded(view, start + plan.constants[i]!, paddedLayout(constant), constant.values)
  })
  const bytes = buildModule(program, plan, { start, tables: forms, rows })
  const { exports } = new webAssembly.Instance(new webAssembly.Module(bytes), {
    host: { memory: memory.memory },
  })
  onCompile({ program: print(program), bytes: bytes.length })
  return {
    program,
    inputs: plan.inputs.map(place => start + place),
    turned,
    run: (regions, count) => {
      try {
        exports.run(...regions.map(({ address }) => address), count)
      } catch (error) {
        // the one thing that a module stops at
        if (error instanceof webAssembly.RuntimeError)
          throw new RangeError('gather: a row number is negative, or beyond the last row', { cause: error })
        throw error
      }
    },
  }
}

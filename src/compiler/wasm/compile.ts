/**
 * From a program in canonical form to one that runs: lowered, planned, assembled, and instantiated.
 */
import { paddedLayout, writePadded } from '../emit/layout.ts'
import type { KernelProgram, LoopProgram } from '../kernel-program.ts'
import { lower } from '../passes/lower.ts'
import { planMemory } from '../passes/memory-plan.ts'
import { print } from '../program.ts'
import type { StepLayout } from '../rows.ts'
import type { GatherSource } from './gather-sources.ts'
import type { Memory, Region } from './memory.ts'
import { buildModule } from './module.ts'
import { webAssembly } from './webassembly.ts'

export type Compiled = {
  readonly program: LoopProgram
  /** The address of each input; for a gather source the address of its pointer. */
  readonly inputs: readonly number[]
  /** The inputs that are given transposed. */
  readonly transposed: ReadonlySet<number>
  /** Runs `count` steps. Each leaf of the per-step inputs and of the outputs has its rows in a region. */
  readonly run: (rows: readonly Region[], count: number) => void
}

/** A description of what was compiled. */
export type CompiledListing = {
  /** The loops that run, as text. */
  readonly program: string
  /** The size of the WebAssembly module, in bytes. */
  readonly bytes: number
}

/**
 * @param sources the gather sources among the program's inputs
 */
export const compile = (
  memory: Memory,
  canonical: KernelProgram,
  sources: ReadonlyMap<number, GatherSource>,
  layout: StepLayout,
  onCompile: (listing: CompiledListing) => void,
): Compiled => {
  const forms = new Map([...sources].map(([index, { form }]) => [index, form] as const))
  const { program, transposed } = lower(canonical, forms, layout)
  const plan = planMemory(program, new Set(forms.keys()), layout, memory.machine.lanes)
  const { address: start } = memory.allocate(plan.bytes)
  program.constants.forEach((constant, i) => {
    const view = constant.dtype === 'float32' ? memory.floats() : memory.ints()
    writePadded(
      view,
      start + plan.constants[i]!,
      paddedLayout(constant, memory.machine.lanes),
      constant.values,
    )
  })
  const bytes = buildModule(program, plan, { start, sources: forms, layout })
  const { Instance, Module, RuntimeError } = webAssembly()
  const { exports } = new Instance(new Module(bytes), {
    host: { memory: memory.memory },
  })
  onCompile({ program: print(program), bytes: bytes.length })
  return {
    program,
    inputs: plan.inputs.map(place => start + place),
    transposed,
    run: (regions, count) => {
      try {
        exports.run(...regions.map(({ address }) => address), count)
      } catch (error) {
        // a module has no other trap than that of gathered rows
        if (error instanceof RuntimeError)
          throw new RangeError('gather: a row number is negative, or beyond the last row', { cause: error })
        throw error
      }
    },
  }
}

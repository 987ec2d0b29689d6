/**
 * From a program in canonical form to one that runs: lowered, planned, written for a machine, and loaded.
 */
import type { SourceForm } from '../emit/buffer.ts'
import { paddedLayout, writePadded, type VectorUnit } from '../emit/layout.ts'
import { moduleFunctions, type LoopInputs, type ModuleFunctions } from '../emit/module.ts'
import { panelsOf, sharesInPanels, type Panels } from '../emit/panels.ts'
import { sharesOf, type LayoutOf } from '../emit/threads.ts'
import type { KernelProgram, LoopProgram } from '../kernel-program.ts'
import { lower } from '../passes/lower.ts'
import { planMemory, type MemoryPlan } from '../passes/memory-plan.ts'
import { print, specOf } from '../program.ts'
import type { StepLayout } from '../rows.ts'
import type { GatherSource } from './gather-sources.ts'
import type { Memory, Region } from './memory.ts'

/** A description of what was compiled. */
export type CompiledListing = {
  /** The loops that run, as text. */
  readonly program: string
  /** The size of the machine code, in bytes: of the WebAssembly module, or of the text in C. */
  readonly bytes: number
  /** How many threads share its steps. */
  readonly threads: number
}

/** Code that runs `count` steps, given the addresses of the rows of each leaf of the per-step inputs and of the outputs. It throws a GatherError for a row that does not exist. */
export type Loaded = {
  readonly run: (rows: readonly number[], count: number) => void
  /** The same on another core, where the machine can: what it returns waits for the steps, and is called once. */
  readonly begin?: ((rows: readonly number[], count: number) => () => void) | undefined
  readonly bytes: number
  readonly threads: number
}

/** A gathered row does not exist. */
export class GatherError extends RangeError {
  constructor(options?: ErrorOptions) {
    super('gather: a row number is negative, or beyond the last row', options)
  }
}

/** A machine: its memory, and how the functions of a module become code that runs. */
export type Machine = {
  /** @param settle ends what runs beside the caller: it is called before the memory may move */
  readonly openMemory: (settle: () => void) => Memory
  /** Whether what it loads can begin on another core. */
  readonly beside?: boolean
  /**
   * @param functions the functions of a program
   * @param start where the program's part of the memory starts
   */
  readonly load: (memory: Memory, functions: WrittenProgram['functions'], start: number) => Loaded
  /** Ends what it has started; it may be used again. */
  readonly close?: () => void
}

export type Compiled = {
  readonly program: LoopProgram
  /** The address of each input; for a gather source the address of its pointer. */
  readonly inputs: readonly number[]
  /** The inputs that are given transposed. */
  readonly transposed: ReadonlySet<number>
  /** What is stored in panels. */
  readonly panels: Panels
  /** Runs `count` steps. Each leaf of the per-step inputs and of the outputs has its rows in a region. */
  readonly run: (rows: readonly Region[], count: number) => void
  /** That of {@link Loaded}. */
  readonly begin: ((rows: readonly Region[], count: number) => () => void) | undefined
}

/** A program, planned, and its functions for an address at which its part of the memory starts, and a number of threads. */
export type WrittenProgram = Pick<Compiled, 'program' | 'transposed'> & {
  readonly plan: MemoryPlan
  /** @param isAlone whether one thread does the work of all, in their layout of the memory */
  readonly functions: (start: number, threads?: number, isAlone?: boolean) => ModuleFunctions
  /** What is stored in panels, for a number of threads. */
  readonly panels: (threads: number) => Panels
}

/** @param sources the form of each gather source among the program's inputs */
export const writeProgram = (
  canonical: KernelProgram,
  sources: ReadonlyMap<number, SourceForm>,
  layout: StepLayout,
  machine: VectorUnit,
): WrittenProgram => {
  const { program, transposed } = lower(canonical, sources, layout)
  const plan = planMemory(program, new Set(sources.keys()), layout, machine.lanes)
  const layoutOf: LayoutOf = ref => paddedLayout(specOf(program, ref), machine.lanes)
  const sharing = (threads: number): Pick<LoopInputs, 'shares' | 'panels'> => {
    const shares = program.nodes.map((node, index) =>
      sharesOf(node, layoutOf, layoutOf({ kind: 'node', index, output: 0 }), threads),
    )
    const panels = panelsOf(program, layout, shares)
    return { panels, shares: sharesInPanels(program.nodes, shares, panels, layoutOf) }
  }
  return {
    ...{ program, transposed, plan },
    functions: (start, threads = 1, isAlone = false) => {
      const given = { sources, layout, machine, threads, isAlone, ...sharing(threads) }
      return moduleFunctions(program, plan, given, start)
    },
    panels: threads => sharing(threads).panels,
  }
}

const addressOf = ({ address }: Region): number => address

/** @param sources the gather sources among the program's inputs */
export const compile = (
  { load }: Machine,
  memory: Memory,
  canonical: KernelProgram,
  sources: ReadonlyMap<number, GatherSource>,
  layout: StepLayout,
  onCompile: (listing: CompiledListing) => void,
): Compiled => {
  const forms = new Map([...sources].map(([index, { form }]) => [index, form] as const))
  const written = writeProgram(canonical, forms, layout, memory.machine)
  const { program, transposed, plan, functions } = written
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
  const { run, begin, ...size } = load(memory, functions, start)
  onCompile({ program: print(program), ...size })
  return {
    program,
    inputs: plan.inputs.map(place => start + place),
    transposed,
    panels: written.panels(size.threads),
    run: (regions, count) => run(regions.map(addressOf), count),
    begin: begin && ((regions, count) => begin(regions.map(addressOf), count)),
  }
}

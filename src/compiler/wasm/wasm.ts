/**
 * The WebAssembly engine, which needs no installation: a step is traced once, and its loop becomes a WebAssembly module
 * for its shapes. It runs in Node and in browsers, wherever WebAssembly has vectors (SIMD).
 */
import type { EngineName, Interpreter, Scanned, Stacked, StackedScan } from '../../core/scan.ts'
import { keptAside, takenUp } from '../../core/scope.ts'
import { leaves, map, signature, unflatten, type Tree } from '../../core/tree.ts'
import type { KernelProgram } from '../kernel-program.ts'
import { specOf } from '../program.ts'
import { canonicalize } from '../passes/canonicalize.ts'
import { gatherSources } from '../passes/sparsify.ts'
import { rowSignature, rowSpecs, traceStep, type StackedStep, type TracedStep } from '../rows.ts'
import { checkedScan, scanOf } from '../stacked-scan.ts'
import { compile, type Compiled, type CompiledListing, type Machine } from './compile.ts'
import { newGatherSources } from './gather-sources.ts'
import type { Region } from './memory.ts'
import { allocateRows, readRows, readTensor, writeRows, writeTensor, type Place } from './transfer.ts'
import { webAssemblyMachine } from './webassembly-machine.ts'

/** The options of the WebAssembly engine. */
export type WasmOptions = {
  /**
   * How many threads share the steps that are worth it, with the same bytes; 1 if it is left out. More are workers, which
   * `dispose` ends: in Node 20.16 or later, and in a Web Worker of a page that is cross-origin isolated.
   */
  readonly threads?: number
  /** Receives a sentence if fewer threads run than `threads` says. By default, it is printed as a warning. */
  readonly onNotice?: (line: string) => void
  /** Receives a description of each program that is compiled. */
  readonly onCompile?: (listing: CompiledListing) => void
}

/** What `dispose` releases: the memory, with the modules that use it and the gather sources in it. */
const openWorkspace = ({ openMemory }: Machine) => {
  /** By program, what waits for the steps that run beside the caller, and reads their results. */
  const running = new Map<Compiled, () => void>()
  const settle = (): void => running.forEach(finish => finish())
  const memory = openMemory(settle)
  const sourcesOf = newGatherSources(memory)
  return { memory, running, settle, sourcesOf, compiled: new Map<string, Compiled>() }
}

type CanonicalStep = Omit<TracedStep, 'program'> & { readonly program: KernelProgram }

const canonical = ({ program, ...rest }: TracedStep): CanonicalStep => ({
  ...rest,
  program: canonicalize(program),
})

/** A WebAssembly engine. It compiles when a scan is first called, and keeps its memory until it is disposed of. */
export const wasm = ({
  threads = 1,
  onNotice = line => console.warn(line),
  onCompile = () => undefined,
}: WasmOptions = {}): Interpreter => machineEngine('wasm', webAssemblyMachine(threads, onNotice), onCompile)

/** An engine whose programs run on a machine, in a memory of their own. */
export const machineEngine = (
  name: EngineName,
  machine: Machine,
  onCompile: (listing: CompiledListing) => void,
): Interpreter => {
  // opened when a scan is first compiled: a memory reserves gigabytes of addresses
  let workspace: ReturnType<typeof openWorkspace> | undefined
  let scans = 0
  let compilations = 0

  const openScan: Interpreter['stackedScan'] = <
    S extends Tree,
    C extends Tree,
    X extends Tree,
    Y extends Tree,
  >(
    f: StackedStep<S, C, X, Y>,
  ): StackedScan<S, C, X, Y> => {
    const id = scans++
    const steps = new Map<string, CanonicalStep>()
    type Args = Parameters<StackedScan<S, C, X, Y>>

    /** Writes what the steps read to the memory. */
    const prepare = (...[s0, constants, xs, range]: Args) => {
      const [from, to] = range
      const stacks = leaves(xs)
      const rowKinds = rowSpecs(xs)
      const kind = `${signature([s0, constants])} ${rowSignature(xs, rowKinds)}`
      const step = steps.get(kind) ?? canonical(traceStep(f, s0, constants, xs))
      steps.set(kind, step)
      const { program, layout } = step

      const { memory, running, sourcesOf, compiled } = (workspace ??= openWorkspace(machine))
      const state = leaves(s0)
      const inputs = [...state, ...leaves(constants)]
      const gathered = gatherSources(program, layout)
      const found = sourcesOf(gathered.map(index => inputs[index]!))
      const sources = new Map(gathered.map((index, i) => [index, found[i]!]))

      const key = `${id} ${kind} ${found.map(({ form }) => form).join()}`
      const known = compiled.get(key)
      const ready = known ?? compile(machine, memory, program, sources, layout, onCompile)
      if (known === undefined) {
        compiled.set(key, ready)
        compilations++
      }
      // the steps before these have the same places
      running.get(ready)?.()

      const placeOf = (index: number): Place => ({
        address: ready.inputs[index]!,
        spec: ready.program.inputs[index]!,
        transposed: ready.transposed.has(index),
        panels: ready.panels.of({ kind: 'input', index }),
      })
      const outputKinds = program.outputs.slice(layout.carried).map(ref => specOf(program, ref))
      const rows: Region[] = []
      const release = (): void => rows.forEach(memory.release)
      const read = (): Scanned<S, Y> => {
        const outputs = rows.slice(stacks.length)
        return {
          state: unflatten(
            s0,
            state.map((like, i) => readTensor(memory, like, placeOf(i))),
          ),
          ys: unflatten(
            step.form,
            outputKinds.map((kind, i) => readRows(memory, kind, outputs[i]!, to - from)),
          ) as Stacked<Y>,
        }
      }
      try {
        stacks.forEach((stack, i) => rows.push(writeRows(memory, stack, rowKinds[i]!, range)))
        for (const kind of outputKinds) rows.push(allocateRows(memory, kind, to - from))
        inputs.forEach((leaf, i) => {
          const source = sources.get(i)
          if (source === undefined) writeTensor(memory, leaf, placeOf(i))
          else memory.ints()[ready.inputs[i]! / 4] = source.address
        })
        return { ready, running, rows, count: to - from, read, release }
      } catch (error) {
        release()
        throw error
      }
    }

    const run = (...args: Args): Scanned<S, Y> => {
      const { ready, rows, count, read, release } = prepare(...args)
      try {
        ready.run(rows, count)
        return read()
      } finally {
        release()
      }
    }

    const begin = (...args: Args): (() => Scanned<S, Y>) => {
      const { ready, running, rows, count, read, release } = prepare(...args)
      const wait = ready.begin!(rows, count)
      let result: () => Scanned<S, Y>
      const finish = (): void => {
        running.delete(ready)
        try {
          wait()
          // what finishes it may be a call in another scope
          const kept = map(read(), keptAside)
          result = () => map(kept, takenUp)
        } catch (error) {
          result = () => {
            throw error
          }
        } finally {
          release()
        }
      }
      running.set(ready, finish)
      return () => {
        if (running.get(ready) === finish) finish()
        return result()
      }
    }
    return machine.beside === true ? Object.assign(run, { begin }) : run
  }

  const stackedScan = checkedScan(openScan)
  return {
    name,
    scan: scanOf(stackedScan),
    stackedScan,
    compilations: () => compilations,
    dispose: () => {
      workspace?.settle()
      // the memory is garbage as soon as nothing refers to the modules that import it
      workspace = undefined
      machine.close?.()
    },
  }
}

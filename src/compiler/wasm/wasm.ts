/**
 * The road with nothing to install: the step is traced once, and its loop becomes a WebAssembly module made for
 * its very shapes. It runs wherever WebAssembly's vectors do, in Node and in browsers.
 */
import { clone } from '../../core/scope.ts'
import { leaves, signature, unflatten } from '../../core/tree.ts'
import type { Interpreter } from '../../core/scan.ts'
import type { Program } from '../program.ts'
import { checkRange, rowSignature, rowSpecs, traceStep } from '../rows.ts'
import { compile, type Compiled, type CompiledListing } from './compile.ts'
import { newMemory, type Region } from './memory.ts'
import { dataTables as tablesOf } from '../passes/sparsify.ts'
import { newDataTables } from './tables.ts'
import { readTensor, writeRows, writeTensor, type Place } from './transfer.ts'

export type WasmOptions = {
  /** Is shown each program that is compiled. */
  readonly onCompile?: (listing: CompiledListing) => void
}

/** What `dispose` releases: the memory, and the modules and tables in it. */
const openWorkspace = () => {
  const memory = newMemory()
  return { memory, tables: newDataTables(memory), compiled: new Map<string, Compiled>() }
}

/** An interpreter that compiles to WebAssembly. */
export const wasm = ({ onCompile = () => undefined }: WasmOptions = {}): Interpreter => {
  // opened when a scan is first compiled: a memory reserves gigabytes of addresses
  let workspace: ReturnType<typeof openWorkspace> | undefined
  let scans = 0
  let compilations = 0

  return {
    name: 'wasm',
    scan: f => {
      const id = scans++
      const programs = new Map<string, Program>()
      return (s0, constants, xs, range) => {
        const [from, to] = range
        if (from >= to) return clone(s0)
        const stacks = leaves(xs)
        checkRange(xs, range)
        const rowKinds = rowSpecs(xs)
        const kind = `${signature([s0, constants])} ${rowSignature(xs, rowKinds)}`
        const program = programs.get(kind) ?? traceStep(f, s0, constants, xs)
        programs.set(kind, program)

        const { memory, tables, compiled } = (workspace ??= openWorkspace())
        const state = leaves(s0)
        const inputs = [...state, ...leaves(constants)]
        const indices = tablesOf(program, stacks.length)
        const found = tables.of(indices.map(index => inputs[index]!))
        const tableAt = new Map(indices.map((index, i) => [index, found[i]!]))

        const key = `${id} ${kind} ${found.map(({ form }) => form).join()}`
        const known = compiled.get(key)
        const ready = known ?? compile(memory, program, tableAt, stacks.length, onCompile)
        if (known === undefined) {
          compiled.set(key, ready)
          compilations++
        }

        const placeOf = (index: number): Place => ({
          address: ready.inputs[index]!,
          spec: ready.program.inputs[index]!,
          turned: ready.turned.has(index),
        })
        const rows: Region[] = []
        try {
          stacks.forEach((stack, i) => rows.push(writeRows(memory, stack, rowKinds[i]!, range)))
          inputs.forEach((leaf, i) => {
            const table = tableAt.get(i)
            if (table === undefined) writeTensor(memory, leaf, placeOf(i))
            else memory.ints()[ready.inputs[i]! / 4] = table.address
          })
          ready.run(rows, to - from)
          return unflatten(
            s0,
            state.map((like, i) => readTensor(memory, like, placeOf(i))),
          )
        } finally {
          rows.forEach(memory.release)
        }
      }
    },
    compilations: () => compilations,
    dispose: () => {
      // the memory is garbage as soon as nothing refers to the modules that import it
      workspace = undefined
    },
  }
}

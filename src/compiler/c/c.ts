/**
 * The C engine: the same kernels as the WebAssembly engine's, in the same order, written as C for the vectors of this
 * processor and compiled by its compiler. It gives the same bytes. It needs Node and a C compiler.
 */
import { CompileError, type Interpreter } from '../../core/scan.ts'
import { runsOf } from '../emit/module.ts'
import { GatherError, type CompiledListing } from '../wasm/compile.ts'
import { newMemory } from '../wasm/memory.ts'
import { machineEngine } from '../wasm/wasm.ts'
import { addonOf, findCCompiler } from './addon.ts'
import { cSource } from './c-source.ts'
import { processorVectors } from './processor.ts'

/** The options of the C engine. */
export type COptions = {
  /** The folder in which compiled programs are kept. Nobody else may be able to write to it. */
  readonly folder: string
  /** Where the compiler is looked for: the folders of PATH. */
  readonly searchPath: string
  /** Numbers in a vector: 4, 8 or 16; those of this processor, if it is left out. */
  readonly lanes?: 4 | 8 | 16
  /** How many threads share the steps that are worth it; 1 if it is left out. */
  readonly threads?: number
  /** Whether the monitors of an epoch run on another core, beside the training of the next one; not with several threads. */
  readonly beside?: boolean
  /** Receives a description of each program that is compiled. */
  readonly onCompile?: (listing: CompiledListing) => void
}

/** A C engine. It compiles when a scan is first called, and throws a CompileError where it cannot. */
export const c = ({
  folder,
  searchPath,
  lanes,
  threads = 1,
  beside = false,
  onCompile = () => undefined,
}: COptions): Interpreter => {
  const vectors = processorVectors(lanes)
  return machineEngine(
    'c',
    {
      beside: beside && threads === 1,
      openMemory: settle => newMemory(vectors, 1, settle),
      load: ({ memory }, functions, start) => {
        const module = functions(0, threads)
        const source = cSource(module, vectors)
        const run = addonOf(source, folder, findCCompiler(searchPath))
        const runHere = (rows: readonly number[], count: number): void => {
          const hasRun = run(memory.buffer, start, ...rows, count)
          if (hasRun === undefined)
            throw new CompileError('the system starts no further thread for the C engine: use --threads 1')
          if (!hasRun) throw new GatherError()
        }
        return {
          bytes: source.length,
          threads: runsOf(module).length,
          run: runHere,
          begin: (rows, count) => {
            const end = run.begin(memory.buffer, start, ...rows, count)
            // without one, the system starts no further thread
            if (end === undefined) return () => runHere(rows, count)
            return () => {
              if (!end()) throw new GatherError()
            }
          },
        }
      },
    },
    onCompile,
  )
}

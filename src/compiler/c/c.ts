/**
 * The C engine: the same kernels as the WebAssembly engine's, in the same order, written as C for the vectors of this
 * processor and compiled by its compiler. It gives the same bytes. It needs Node and a C compiler.
 */
import type { Interpreter } from '../../core/scan.ts'
import { GatherError, type CompiledListing } from '../wasm/compile.ts'
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
  /** Receives a description of each program that is compiled. */
  readonly onCompile?: (listing: CompiledListing) => void
}

/** A C engine. It compiles when a scan is first called, and throws a CompileError where it cannot. */
export const c = ({ folder, searchPath, lanes, onCompile = () => undefined }: COptions): Interpreter => {
  const vectors = processorVectors(lanes)
  return machineEngine(
    'c',
    {
      vectors,
      load: ({ memory }, functions, start) => {
        const source = cSource(functions(0), vectors)
        const run = addonOf(source, folder, findCCompiler(searchPath))
        return {
          bytes: source.length,
          run: (rows, count) => {
            if (!run(memory.buffer, start, ...rows, count)) throw new GatherError()
          },
        }
      },
    },
    onCompile,
  )
}

/**
 * WebAssembly as a machine, with one thread, or with several that share the steps which are worth it.
 */
import { runsOf, type ModuleFunctions } from '../emit/module.ts'
import { assemble } from './assembler.ts'
import { GatherError, type Machine } from './compile.ts'
import { WASM_VECTORS } from './instructions.ts'
import { newMemory, type Memory } from './memory.ts'
import { openTeam, type Team } from './team.ts'
import { webAssembly } from './webassembly.ts'
import { whyNoWorkers } from './workers.ts'

/** A module of these functions, and what it runs in this thread. It throws a GatherError for a row that does not exist. */
const instantiate = ({ memory, threads }: Memory, { functions }: ModuleFunctions) => {
  const { Instance, Module } = webAssembly()
  const bytes = assemble(functions, threads)
  const module = new Module(bytes)
  return { module, bytes: bytes.length, run: new Instance(module, { host: { memory } }).exports.run }
}

/** Runs steps. A module has no other trap than that of gathered rows. */
const checked = (run: () => void): void => {
  try {
    run()
  } catch (error) {
    throw error instanceof webAssembly().RuntimeError ? new GatherError({ cause: error }) : error
  }
}

/** @param onNotice receives a sentence if one thread runs the steps though more were asked for */
export const webAssemblyMachine = (threads: number, onNotice: (line: string) => void): Machine => {
  const onOneThread = (reason: string): void =>
    onNotice(`one thread runs the steps, not ${threads}: ${reason}`)
  let team: Team | undefined
  return {
    openMemory: () => {
      const why = threads > 1 ? whyNoWorkers() : undefined
      if (why !== undefined) onOneThread(why)
      return newMemory(WASM_VECTORS, why === undefined ? threads : 1)
    },
    load: (memory, functions, start) => {
      const shared = functions(start, memory.threads)
      const { module, bytes, run } = instantiate(memory, shared)
      const used = runsOf(shared).length
      if (used === 1) return { bytes, threads: 1, run: (rows, count) => checked(() => run(...rows, count)) }
      const workers = (team ??= openTeam(memory, () => onOneThread('a worker has ended, or did not start')))
      const program = workers.add(module)
      let alone: typeof run | undefined
      return {
        bytes,
        threads: used,
        run: (rows, count) =>
          checked(() => {
            const args = [...rows, count]
            if (workers.isReady()) workers.run(program, args, () => run(...args))
            else (alone ??= instantiate(memory, functions(start, used, true)).run)(...args)
          }),
      }
    },
    close: () => {
      team?.close()
      team = undefined
    },
  }
}

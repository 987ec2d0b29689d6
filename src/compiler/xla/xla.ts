/**
 * The XLA engine: a step is traced once, its loop is compiled by XLA, and a scan is one native call.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { scalar, type Tensor } from '@tensorflow/tfjs-core'
import { clone, scoped } from '../../core/scope.ts'
import { leaves, signature, unflatten } from '../../core/tree.ts'
import { CompileError, type Interpreter } from '../../core/scan.ts'
import { checkRange, traceStep } from '../rows.ts'
import { scanGraph, type Callable } from './graph.ts'
import { encodeSavedModel } from './proto.ts'
import type { Sessions } from './sessions.ts'

/** A graph that is loaded into a session. */
type Loaded = { readonly run: (inputs: readonly Tensor[]) => Tensor[]; readonly close: () => void }

/** The first line of an error of TensorFlow or the file system. */
const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0]!.slice(0, 200)

const compiling = <R>(work: () => R): R => {
  try {
    return work()
  } catch (error) {
    if (error instanceof CompileError) throw error
    throw new CompileError(`XLA could not compile the step (${firstLine(error)})`, { cause: error })
  }
}

/**
 * Loads a graph. TensorFlow reads graphs only from a folder: a private temporary one, which is deleted before this
 * function returns. Everything here is synchronous, so that a signal cannot leave the folder behind.
 */
const load = (sessions: Sessions, { graph, inputs, outputs }: Callable): Loaded => {
  const folder = mkdtempSync(join(tmpdir(), 'network2-'))
  try {
    writeFileSync(join(folder, 'saved_model.pb'), encodeSavedModel(graph))
    const session = sessions.loadSavedModelMetaGraph(folder, 'serve')
    return {
      run: tensors => sessions.runSavedModel(session, tensors, inputs, outputs),
      close: () => sessions.deleteSavedModel(session),
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** @param sessions those of the native backend */
export const xla = (sessions: Sessions): Interpreter => {
  const loaded = new Map<string, Loaded>()
  let scans = 0
  let compilations = 0
  return {
    name: 'xla',
    scan: f => {
      const id = scans++
      return (s0, constants, xs, range) => {
        const [from, to] = range
        if (from >= to) return clone(s0)
        const stacks = leaves(xs)
        checkRange(xs, range)
        const key = `${id} ${signature([s0, constants, xs])}`
        const runIn = (session: Loaded): typeof s0 =>
          scoped(() => {
            const bounds = [scalar(from, 'int32'), scalar(to, 'int32')]
            const fed = [...bounds, ...leaves(s0), ...leaves(constants), ...stacks]
            return unflatten(s0, session.run(fed))
          })()
        const known = loaded.get(key)
        if (known !== undefined) return runIn(known)
        const program = traceStep(f, s0, constants, xs)
        // XLA compiles when the graph is first run
        return compiling(() => {
          const session = load(sessions, scanGraph(program, stacks))
          try {
            const result = runIn(session)
            loaded.set(key, session)
            compilations++
            return result
          } catch (error) {
            session.close()
            throw error
          }
        })
      }
    },
    compilations: () => compilations,
    dispose: () => {
      for (const { close } of loaded.values()) close()
      loaded.clear()
    },
  }
}

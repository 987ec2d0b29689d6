/**
 * The XLA engine: a step is traced once, its loop is compiled by XLA, and a scan is one native call.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gather, scalar, slice, tensor1d, type Tensor } from '@tensorflow/tfjs-core'
import { leaves, signature, unflatten, type Tree } from '../../core/tree.ts'
import {
  CompileError,
  type Interpreter,
  type Scanned,
  type StackedScan,
  type StepRange,
} from '../../core/scan.ts'
import { convolutionProducts } from '../passes/convolution-products.ts'
import { rewriteBy } from '../passes/simplify.ts'
import { sizeOf, specOf } from '../program.ts'
import { rowSignature, rowSpecs, traceStep, type StackedStep, type TracedStep } from '../rows.ts'
import { checkedScan, foldStacked, scanOf } from '../stacked-scan.ts'
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

/** Bytes of the rows that a graph takes and returns at once. */
const CHUNK_BYTES = 2 ** 20

/** The least and the most rows of a chunk. */
const [FEWEST, MOST] = [16, 4096]

/** How many steps a graph runs at once: it depends on the step alone, so that no number of steps is compiled again. */
const capacityOf = ({ program, layout: { carried, rows } }: TracedStep): number => {
  const row = program.inputs.slice(program.inputs.length - rows)
  const outputs = program.outputs.slice(carried).map(ref => specOf(program, ref))
  if (row.length + outputs.length === 0) return Infinity
  const bytes = 4 * [...row, ...outputs].reduce((sum, spec) => sum + sizeOf(spec), 0)
  // without a state and rows, all steps are one
  if (carried === 0 && rows === 0) return 1
  return Math.min(MOST, Math.max(FEWEST, Math.floor(CHUNK_BYTES / bytes)))
}

/** Rows from `from` on, up to `to`; behind them the last one is repeated. */
const chunkOf = (stack: Tensor, from: number, to: number, capacity: number): Tensor =>
  gather(
    stack,
    tensor1d(
      Int32Array.from({ length: capacity }, (_, i) => Math.min(from + i, to - 1)),
      'int32',
    ),
  )

/** The parts of a range, each with at most as many steps as a graph runs at once. */
const chunksOf = ([from, to]: StepRange, capacity: number): readonly StepRange[] => {
  const size = Math.min(capacity, to - from)
  return Array.from({ length: Math.ceil((to - from) / size) }, (_, i) => [
    from + i * size,
    Math.min(to, from + (i + 1) * size),
  ])
}

const withProducts = rewriteBy(convolutionProducts)

/** A step that is loaded. */
type Ready = TracedStep & { readonly capacity: number; readonly session: Loaded }

/** @param sessions those of the native backend */
export const xla = (sessions: Sessions): Interpreter => {
  const loaded = new Map<string, Ready>()
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
    return (s0, constants, xs, range) => {
      const key = `${id} ${signature([s0, constants])} ${rowSignature(xs, rowSpecs(xs))}`
      const runIn = ({ session, capacity, layout: { carried }, form }: Ready): Scanned<S, Y> =>
        foldStacked<S, StepRange, Y>((state, [from, to]) => {
          const rows = leaves(xs).map(stack => chunkOf(stack, from, to, capacity))
          const count = scalar(to - from, 'int32')
          const results = session.run([count, ...leaves(state), ...leaves(constants), ...rows])
          const ys = results.slice(carried).map(stack => slice(stack, 0, to - from))
          return [unflatten(s0, results.slice(0, carried)), unflatten(form, ys)]
        })(s0, chunksOf(range, capacity))
      const known = loaded.get(key)
      if (known !== undefined) return runIn(known)
      const step = traceStep(f, s0, constants, xs)
      // XLA compiles when the graph is first run
      return compiling(() => {
        const capacity = capacityOf(step)
        const session = load(sessions, scanGraph(withProducts(step.program), step.layout, capacity))
        try {
          const ready = { ...step, capacity, session }
          const result = runIn(ready)
          loaded.set(key, ready)
          compilations++
          return result
        } catch (error) {
          session.close()
          throw error
        }
      })
    }
  }
  const stackedScan = checkedScan(openScan)
  return {
    name: 'xla',
    scan: scanOf(stackedScan),
    stackedScan,
    compilations: () => compilations,
    dispose: () => {
      for (const { session } of loaded.values()) session.close()
      loaded.clear()
    },
  }
}

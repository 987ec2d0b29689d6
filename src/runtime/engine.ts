/**
 * Engines: how a step is run. A backend is where TensorFlow.js computes; an engine either runs a step there operation
 * by operation (`eager`), or compiles it (`wasm` and `c` beside the backend `wasm`, `xla` on `native`).
 */
import * as E from 'fp-ts/lib/Either.js'
import type * as RNEA from 'fp-ts/lib/ReadonlyNonEmptyArray.js'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '#scripts/cache-folder'
import { sessions, type BackendChoice, type BackendName, type BackendPreference } from './backend.ts'
import { usageError, type UsageError } from '../errors.ts'
import { findCCompiler } from '../compiler/c/addon.ts'
import { c, type COptions } from '../compiler/c/c.ts'
import { eager } from '../compiler/eager.ts'
import { withFallback } from '../compiler/fallback.ts'
import { CompileError, type EngineName, type Interpreter } from '../core/scan.ts'
import { wasm } from '../compiler/wasm/wasm.ts'
import { xla } from '../compiler/xla/xla.ts'
import { suitsC, suitsWasm, suitsXla, type Workload } from './workload.ts'

/** `auto` is the fastest engine of the backend; `staged` its compiled one, the only name of both in older versions. */
export type EngineChoice = EngineName | 'auto' | 'staged'

/** How many threads share a step; `auto`: as many as gain, and change no byte. */
export type ThreadsChoice = number | 'auto'

type Engine = readonly [name: EngineName, make: () => Interpreter]

const EAGER: Engine = ['eager', () => eager]

/**
 * The C engine, with the compiler that is in PATH: for `jit`, `scan` and `fit`. It gives the bytes of the WebAssembly engine. What it
 * compiles is kept in the user's cache (`NETWORK2_CACHE`).
 *
 * @param options `threads`: how many threads share the steps that are worth it, with the same bytes; `beside`: whether the monitors of
 *                an epoch run on another core, beside the training of the next one
 * @returns an engine that throws a CompileError where it cannot compile; `withFallback(cEngine(), wasm(), console.warn)` then goes on
 */
export const cEngine = (options: Pick<COptions, 'threads' | 'beside'> = {}): Interpreter =>
  c({
    folder: join(cacheFolder(process.env), 'compiled'),
    searchPath: process.env.PATH ?? '',
    ...options,
  })

/**
 * The engines of a backend, the one that is chosen for it first.
 *
 * @param onNotice receives a sentence if fewer threads run than were asked for
 * @param beside whether C may run monitors on another core
 */
export const engines = (
  backend: BackendName,
  threads = 1,
  onNotice: (line: string) => void = console.warn,
  beside = false,
): RNEA.ReadonlyNonEmptyArray<Engine> => {
  if (backend === 'wasm')
    return [['wasm', () => wasm({ threads, onNotice })], ['c', () => cEngine({ threads, beside })], EAGER]
  const native = backend === 'native' ? sessions() : undefined
  return native === undefined ? [EAGER] : [['xla', () => xla(native)], EAGER]
}

/** More are slow with networks as narrow as those of the book: only two have been measured. */
const MOST_BY_AUTO = 4

/** Whether an engine of the project has threads of its own, with which it gives the same bytes. */
export const hasOwnThreads = (engine: EngineChoice): boolean => engine === 'c' || engine === 'wasm'

/** The number of threads for a choice of engine; undefined if it is left to the backend. The bytes of XLA would depend on the machine. */
export const threadsFor = (choice: ThreadsChoice | undefined, engine: EngineChoice): number | undefined => {
  if (choice !== 'auto') return choice
  return hasOwnThreads(engine) ? Math.min(availableParallelism(), MOST_BY_AUTO) : 1
}

/** What to tell a user who asked for several threads: that the engine has one, or that the machine has fewer. */
const noticeOfThreads = (threads: number, engine: EngineName, backend: BackendName): string | undefined => {
  const cores = availableParallelism()
  if (threads === 1 || backend === 'native') return undefined
  if (!hasOwnThreads(engine))
    return `--threads ${threads}: the engine ${engine} has one; --engine c and --engine wasm have more`
  return threads > cores
    ? `--threads ${threads}: this machine runs ${cores} at the same time, and threads that wait for a turn are slow`
    : undefined
}

/**
 * The backend for a network if the user leaves the choice open: that of the engine, if one is given; WebAssembly, if it loads, for
 * small networks with sparse inputs, such as those of the book, and where C runs in its place; otherwise `auto`, which is native if
 * it is installed.
 */
export const selectBackend = (
  backend: BackendChoice,
  engine: EngineChoice,
  workload: Workload,
): BackendPreference => {
  if (backend !== 'auto') return backend
  switch (engine) {
    case 'c':
    case 'wasm':
      return 'wasm'
    case 'xla':
      return 'native'
    case 'eager':
      return 'auto'
    case 'staged':
      return suitsWasm(workload) ? 'wasm' : 'auto'
    case 'auto':
      return suitsWasm(workload) || (!suitsXla(workload) && runsInC(workload)) ? 'portable' : 'auto'
  }
}

/** Whether this machine has what the C engine needs. */
const hasCCompiler = (): boolean => {
  try {
    findCCompiler(process.env.PATH ?? '')
    return true
  } catch (error) {
    if (error instanceof CompileError) return false
    throw error
  }
}

/** Whether C runs in the place of WebAssembly, if nobody chooses. */
const runsInC = (workload: Pick<Workload, 'sizes' | 'images'>): boolean => suitsC(workload) && hasCCompiler()

/**
 * The interpreter for a backend and a choice of engine. With `auto`, steps that the engine cannot compile run eagerly, and the C
 * engine runs in the place of WebAssembly where that pays; with `c`, steps that it cannot compile run in WebAssembly, which gives
 * the same bytes.
 *
 * @param log is given a sentence with the reason, if another engine runs the steps, and a sentence for each choice that does not mean what
 *            it says
 * @param threads how many threads share the steps of `c` and `wasm`
 * @param workload what is trained; left out, `auto` is not the C engine
 * @param beside whether the monitors of an epoch may run on another core, if there is one
 */
export const selectEngine = (
  choice: EngineChoice,
  backend: BackendName,
  log: (line: string) => void,
  threads = 1,
  workload?: Pick<Workload, 'sizes' | 'images'>,
  beside = false,
): E.Either<UsageError, Interpreter> => {
  const available = engines(backend, threads, log, beside && availableParallelism() > 1)
  const isC = choice === 'auto' && backend === 'wasm' && workload !== undefined && runsInC(workload)
  const fastest = isC ? 'c' : available[0][0]
  const found = available.find(([name]) => {
    if (choice === 'auto') return name === fastest
    return choice === 'staged' ? name !== 'eager' && name === fastest : name === choice
  })
  if (found === undefined)
    return E.left(
      usageError(
        `--engine ${choice}: --backend ${backend} does not have this engine`,
        `use ${choice === 'xla' ? '--backend native --engine xla' : '--backend wasm --engine wasm'}, or --backend ${backend} --engine ${fastest}`,
      ),
    )
  const [name, make] = found
  if (choice === 'staged') log(`--engine staged is the old name of --engine ${name}`)
  const notice = noticeOfThreads(threads, name, backend)
  if (notice !== undefined) log(notice)
  const compiled =
    name === 'c'
      ? withFallback(make(), wasm({ threads, onNotice: log }), reason => {
          // nobody asked for it otherwise
          if (choice === 'c') log(`--engine wasm instead: ${reason}`)
        })
      : make()
  return E.right(
    choice === 'auto' && name !== 'eager'
      ? withFallback(compiled, eager, reason => log(`falling back to --engine eager: ${reason}`))
      : compiled,
  )
}

/** The engine whose bytes an engine gives: C gives those of WebAssembly. */
export const bytesLike = (engine: unknown): unknown => (engine === 'c' ? 'wasm' : engine)

/** The name of an engine that a run has recorded. Older versions recorded `staged` for the compiled engine. */
export const recordedEngine = (engine: unknown, backend: unknown): unknown => {
  if (engine !== 'staged') return engine
  return backend === 'native' ? 'xla' : 'wasm'
}

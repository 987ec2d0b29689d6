/**
 * Where TensorFlow.js computes: the only file that names a backend package.
 *
 * Natively (TensorFlow's own library) where it is installed; else in WebAssembly, a package with nothing to set
 * up; else in plain JavaScript.
 */
import { existsSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import util from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import type { Sessions } from '../compiler/xla/sessions.ts'
import { usageError, type AppError } from '../errors.ts'
import { withTensors } from '../core/scope.ts'

export type BackendName = 'native' | 'wasm' | 'cpu'

export type BackendChoice = BackendName | 'auto'

export type Backend = {
  readonly name: BackendName
  /** Of TensorFlow.js, of the backend's package and, natively, of TensorFlow. */
  readonly versions: Readonly<Record<string, string>>
  /** How many threads one operation may use, where that is known. */
  readonly threads: number | undefined
  /** What the person should know about the choice, if set-up has not said it already. */
  readonly notice: string | undefined
}

/*
 * `auto` goes from the fastest to the slowest. A step of [784, 30, 10] with 10 examples, run eagerly on one core: 0.65 ms
 * natively, 1.2 ms in WebAssembly, 4.2 ms in plain JavaScript; at [784, 100, 10] with 100 examples 1.4, 22 and 63.
 */

const require = createRequire(import.meta.url)

/**
 * Gives `util` back two functions that tfjs-node calls in every operation: Node 23 took them away, and Node 22 warns
 * of them.
 *
 * @param module Node's `util`, which is changed
 */
export const restoreNodeUtil = (module: object): void => {
  const removed = {
    isNullOrUndefined: (value: unknown): boolean => value === null || value === undefined,
    isArray: (value: unknown): boolean => Array.isArray(value),
  }
  for (const [name, value] of Object.entries(removed))
    Object.defineProperty(module, name, { value, configurable: true, writable: true })
}

/** The sessions of the current backend; undefined where it is not the native one. */
export const sessions = (): Sessions | undefined =>
  tf.getBackend() === 'tensorflow' ? (tf.backend() as unknown as Sessions) : undefined

type Loaded = Omit<Backend, 'notice'>

/** Why a backend cannot be had, what would help, and whether the person was told already. */
type Trouble = { readonly reason: string; readonly remedy: string; readonly told: boolean }

/** What set-up remembers of its last attempt, if it failed. */
const recorded = (): Trouble | undefined => {
  try {
    const file = new URL('../../node_modules/.network2/native.json', import.meta.url)
    const { status, reason, remedy } = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    return status === 'failed' && typeof reason === 'string' && typeof remedy === 'string'
      ? { reason, remedy, told: true }
      : undefined
  } catch {
    return undefined
  }
}

const hasAddon = (): boolean =>
  existsSync(
    join(
      dirname(require.resolve('@tensorflow/tfjs-node/package.json')),
      'lib',
      'napi-v8',
      'tfjs_binding.node',
    ),
  )

/** Set in this process before the library is loaded, which reads them then; what the person set stays. */
const setDefaults = (env: NodeJS.ProcessEnv): void => {
  // Warnings and greetings of the library are not for the reader of the book; what fails is thrown anyway.
  env.TF_CPP_MIN_LOG_LEVEL ??= '3'
  // Operations this small lose more by waking threads than they gain: with 100 examples a step takes 1.7 times as
  // long on two threads as on one, with 10 the same, with 1,000 hardly less.
  env.TF_NUM_INTRAOP_THREADS ??= '1'
}

const loadNative = async (): Promise<Loaded> => {
  restoreNodeUtil(util)
  setDefaults(process.env)
  // Not `import`: a loader hook would look at each of the package's hundreds of files.
  const { version } = require('@tensorflow/tfjs-node') as { version: Readonly<Record<string, string>> }
  await tf.setBackend('tensorflow')
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } }
  return {
    name: 'native',
    versions: { ...versionOf('tfjs-node', version['tfjs-node']), libtensorflow: binding.TF_Version },
    // TensorFlow takes 0 for as many as there are cores.
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || undefined,
  }
}

const loadWasm = async (): Promise<Loaded> => {
  const { version_wasm, getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm')
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly module did not start')
  return { name: 'wasm', versions: versionOf('tfjs-backend-wasm', version_wasm), threads: getThreadsCount() }
}

const loadCpu = async (): Promise<Loaded> => {
  const { version_cpu } = await import('@tensorflow/tfjs-backend-cpu')
  await tf.setBackend('cpu')
  return { name: 'cpu', versions: versionOf('tfjs-backend-cpu', version_cpu), threads: 1 }
}

const versionOf = (name: string, version = 'unknown'): Record<string, string> => ({
  'tfjs-core': tf.version_core,
  [name]: version,
})

const LOADERS = { native: loadNative, wasm: loadWasm, cpu: loadCpu } as const

/** TensorFlow.js advertises tfjs-node, and tells of each kernel that two packages bring along. */
const quietly = async <A>(work: () => Promise<A>): Promise<A> => {
  const { warn } = console
  console.warn = () => undefined
  try {
    return await work()
  } finally {
    console.warn = warn
  }
}

const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? ''

/** The first operation is part of loading: it may fail where loading did not, and it is what advertises. */
const firstOperation = (): void =>
  withTensors(
    () => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])),
    product => {
      const [found] = product.dataSync()
      if (found !== 11) throw new Error(`1 x 3 + 2 x 4 came out as ${String(found)}`)
    },
  )

/** Loads one backend, or says why it cannot be had. */
const load = async (name: BackendName): Promise<E.Either<Trouble, Loaded>> => {
  if (name === 'native' && !hasAddon())
    return E.left(recorded() ?? { reason: 'it is not installed', remedy: 'run: npm run setup', told: false })
  try {
    return await quietly(async () => {
      const loaded = await LOADERS[name]()
      firstOperation()
      return E.right(loaded)
    })
  } catch (error) {
    const reason = `it does not load (${firstLine(error)})`
    return E.left({ reason, remedy: 'run: npm run setup', told: false })
  }
}

const NEAREST = { native: 'wasm', wasm: 'cpu', cpu: 'wasm' } as const

const unavailable = (name: BackendName, { reason, remedy }: Trouble): AppError =>
  usageError(
    `--backend ${name} cannot be had: ${reason}`,
    `${remedy}; the nearest is --backend ${NEAREST[name]}`,
  )

const loadFastest = async (): Promise<E.Either<AppError, Backend>> => {
  const off = process.env.NETWORK2_NATIVE === 'off'
  const native = off ? undefined : await load('native')
  if (native !== undefined && E.isRight(native)) return E.right({ ...native.right, notice: undefined })
  const notice =
    native === undefined || native.left.told
      ? undefined
      : `training is slower without the native backend: ${native.left.reason}; ${native.left.remedy}`
  const wasm = await load('wasm')
  const next = E.isRight(wasm) ? wasm : await load('cpu')
  return pipe(
    next,
    E.bimap(
      trouble => unavailable('cpu', trouble),
      loaded => ({ ...loaded, notice }),
    ),
  )
}

/**
 * Loads a backend and makes it the one that TensorFlow.js computes on.
 *
 * @param choice a backend, or `auto`: the fastest that is here (`NETWORK2_NATIVE=off` leaves out the native one)
 */
export const loadBackend = (choice: BackendChoice): TE.TaskEither<AppError, Backend> =>
  choice === 'auto'
    ? loadFastest
    : pipe(
        () => load(choice),
        TE.bimap(
          trouble => unavailable(choice, trouble),
          loaded => ({ ...loaded, notice: undefined }),
        ),
      )

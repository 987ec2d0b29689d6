/**
 * The backends of TensorFlow.js. This is the only file that names a backend package.
 *
 * `native` is TensorFlow's own library, which `npm run setup -- native` installs; `wasm` is WebAssembly and `cpu` plain
 * JavaScript, which are npm packages.
 */
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import util from 'node:util'
import * as tf from '@tensorflow/tfjs-core'
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import type * as T from 'fp-ts/lib/Task.js'
import * as TE from 'fp-ts/lib/TaskEither.js'
import { installCommand, shellCommand, tfjsNode } from '#scripts/package'
import type { Sessions } from '../compiler/xla/sessions.ts'
import { usageError, type AppError } from '../errors.ts'
import { withTensors } from '../core/scope.ts'
import { nativeInstallation } from './native-installation.ts'

/** The name of a backend, as `--backend` takes it. */
export type BackendName = 'native' | 'wasm' | 'cpu'

/** A backend, or `auto`: the fastest that is available. */
export type BackendChoice = BackendName | 'auto'

/** What can be loaded: `portable` is WebAssembly or, where it does not load, plain JavaScript. */
export type BackendPreference = BackendChoice | 'portable'

/** A backend that is loaded. */
export type Backend = {
  /** Its name, as `--backend` takes it. */
  readonly name: BackendName
  /** Of TensorFlow.js, of the backend's package and, for `native`, of TensorFlow. */
  readonly versions: Readonly<Record<string, string>>
  /** How many threads one operation may use, if known. */
  readonly threads: number | undefined
  /** A sentence for the user if a faster backend was preferred, but is not available. */
  readonly notice: string | undefined
}

const require = createRequire(import.meta.url)

/**
 * Restores two functions of `util` that tfjs-node calls in every operation: Node 23 removed them, and Node 22 prints
 * a warning when they are called.
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

/** Why a backend cannot be used, and what to do. */
export type Unavailable = { readonly reason: string; readonly remedy: string; readonly installed: boolean }

const INSTALL = `run: ${shellCommand('setup', 'native')}`

const TFJS_NODE = '@tensorflow/tfjs-node'

/** The platform for which scripts/native.mjs can install the native backend. */
const NATIVE_PLATFORM = 'linux-x64'

const platform = `${process.platform}-${process.arch}`

const notInstalled = (): Unavailable => {
  if (platform !== NATIVE_PLATFORM)
    return {
      reason: `it is only available for ${NATIVE_PLATFORM}, and this is ${platform}`,
      remedy: 'every command works without it',
      installed: false,
    }
  if (tfjsNode() === undefined)
    return {
      reason: `the package ${TFJS_NODE} is not installed`,
      remedy: `run: ${installCommand([TFJS_NODE])}`,
      installed: false,
    }
  const last = nativeInstallation()
  return last?.status === 'failed'
    ? { reason: last.reason, remedy: last.remedy, installed: false }
    : { reason: 'it is not installed', remedy: INSTALL, installed: false }
}

const hasAddon = (): boolean => {
  const folder = tfjsNode()
  return folder !== undefined && existsSync(join(folder, 'lib', 'napi-v8', 'tfjs_binding.node'))
}

/** Sets variables that the library reads when it is loaded; those that the user has set stay, unless a number of threads is given. */
const setVariables = (env: NodeJS.ProcessEnv, threads: number | undefined): void => {
  // The library prints a greeting and warnings; errors are thrown in any case. Not even this keeps XLA from printing two
  // lines on standard error when it first compiles: that code logs without asking the variable.
  env.TF_CPP_MIN_LOG_LEVEL ??= '3'
  // More threads do not help operations of this size: with 100 examples a step takes 1.7 times as long on two threads
  // as on one, with 10 examples the same time, with 1,000 slightly less.
  if (threads === undefined) env.TF_NUM_INTRAOP_THREADS ??= '1'
  else env.TF_NUM_INTRAOP_THREADS = String(threads)
}

const loadNative = async (threads: number | undefined): Promise<Loaded> => {
  restoreNodeUtil(util)
  setVariables(process.env, threads)
  // Not `import`: a loader hook would process each of the package's hundreds of files.
  const { version } = require('@tensorflow/tfjs-node') as { version: Readonly<Record<string, string>> }
  await tf.setBackend('tensorflow')
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } }
  return {
    name: 'native',
    versions: { ...versionOf('tfjs-node', version['tfjs-node']), libtensorflow: binding.TF_Version },
    // For TensorFlow, 0 means one thread for each core.
    threads: Number(process.env.TF_NUM_INTRAOP_THREADS) || undefined,
  }
}

const loadWasm = async (): Promise<Loaded> => {
  if (!('WebAssembly' in globalThis)) throw new Error('this Node runs without WebAssembly')
  const { version_wasm, getThreadsCount } = await import('@tensorflow/tfjs-backend-wasm')
  if (!(await tf.setBackend('wasm'))) throw new Error('the WebAssembly module did not start')
  return { name: 'wasm', versions: versionOf('tfjs-backend-wasm', version_wasm), threads: getThreadsCount() }
}

/** Loads the plain JavaScript backend, without making it the current one. */
export const registerCpu = async (): Promise<string | undefined> =>
  (await import('@tensorflow/tfjs-backend-cpu')).version_cpu

const loadCpu = async (): Promise<Loaded> => {
  const version_cpu = await registerCpu()
  await tf.setBackend('cpu')
  return { name: 'cpu', versions: versionOf('tfjs-backend-cpu', version_cpu), threads: 1 }
}

const versionOf = (name: string, version = 'unknown'): Record<string, string> => ({
  'tfjs-core': tf.version_core,
  [name]: version,
})

const LOADERS = { native: loadNative, wasm: loadWasm, cpu: loadCpu } as const

/** TensorFlow.js prints an advertisement for tfjs-node, and a warning for each kernel that two packages register. */
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

/** The first operation is part of loading: it can fail after a successful load, and it prints the advertisement. */
const firstOperation = (): void =>
  withTensors(
    () => tf.matMul(tf.tensor2d([[1, 2]]), tf.tensor2d([[3], [4]])),
    product => {
      const [found] = product.dataSync()
      if (found !== 11) throw new Error(`1 x 3 + 2 x 4 was ${String(found)}`)
    },
  )

/** Loads a backend and makes it the current one of TensorFlow.js. */
export const tryBackend = async (
  name: BackendName,
  threads?: number,
): Promise<E.Either<Unavailable, Backend>> => {
  if (name === 'native' && !hasAddon()) return E.left(notInstalled())
  try {
    return await quietly(async () => {
      const loaded = await LOADERS[name](threads)
      firstOperation()
      return E.right({ ...loaded, notice: undefined })
    })
  } catch (error) {
    const reason = `it does not load (${firstLine(error)})`
    return E.left({
      reason,
      remedy: name === 'native' ? INSTALL : `run: ${shellCommand('setup')}`,
      installed: true,
    })
  }
}

/**
 * Loads the WebAssembly backend, which most networks use, while other work waits for files. A failure is not reported here:
 * `loadBackend` reports it.
 */
export const preloadBackend =
  (choice: BackendChoice): T.Task<void> =>
  async () => {
    if (choice === 'auto' || choice === 'wasm') await tryBackend('wasm')
  }

const NEAREST = { native: 'wasm', wasm: 'cpu', cpu: 'wasm' } as const

const messageOf = (name: BackendName, { reason }: Unavailable): string =>
  `--backend ${name} is not available: ${reason}`

const unavailable =
  (name: BackendName) =>
  (why: Unavailable): AppError =>
    usageError(messageOf(name, why), `${why.remedy}; or use --backend ${NEAREST[name]}`)

/** What to tell the user when `auto` does without the native backend; nothing where it cannot be installed. */
const noticeOf = ({ reason, remedy }: Unavailable): string | undefined =>
  platform === NATIVE_PLATFORM
    ? `the native backend would be faster here, but ${reason}; ${remedy}`
    : undefined

const loadPortable = async (): Promise<E.Either<AppError, Backend>> => {
  const wasm = await tryBackend('wasm')
  if (E.isRight(wasm)) return wasm
  const notice = `${messageOf('wasm', wasm.left)}; falling back to --backend cpu --engine eager, which is slower`
  return pipe(
    await tryBackend('cpu'),
    E.bimap(unavailable('cpu'), backend => ({ ...backend, notice })),
  )
}

const loadFastest = async (threads: number | undefined): Promise<E.Either<AppError, Backend>> => {
  if (process.env.NETWORK2_NATIVE === 'off') return loadPortable()
  const native = await tryBackend('native', threads)
  if (E.isRight(native)) return native
  return pipe(
    await loadPortable(),
    E.map(backend => ({ ...backend, notice: backend.notice ?? noticeOf(native.left) })),
  )
}

/**
 * Loads a backend and makes it the current one of TensorFlow.js.
 *
 * `auto` takes native, wasm or cpu, the first that is available. The order is that of their speed when a step is run
 * eagerly on one core: with [784, 30, 10] and 10 examples 0.65, 1.2 and 4.2 ms; with [784, 100, 10] and 100 examples
 * 1.4, 22 and 63 ms.
 *
 * @param preference `auto` leaves out the native backend if `NETWORK2_NATIVE=off`
 * @param threads how many threads an operation of the native backend may use: TF_NUM_INTRAOP_THREADS, or 1, if it is left out. The
 *                library reads it when it is first loaded
 */
export const loadBackend = (
  preference: BackendPreference,
  threads?: number,
): TE.TaskEither<AppError, Backend> => {
  if (preference === 'auto') return () => loadFastest(threads)
  if (preference === 'portable') return loadPortable
  return pipe(() => tryBackend(preference, threads), TE.mapLeft(unavailable(preference)))
}

/**
 * The engine of a call of the library, and the backend that it runs on.
 */
import { backend, findBackendFactory, getBackend } from '@tensorflow/tfjs-core'
import { eager } from '../compiler/eager.ts'
import { withFallback } from '../compiler/fallback.ts'
import { wasm } from '../compiler/wasm/wasm.ts'
import type { Interpreter } from '../core/scan.ts'
import { CPU, onCpu } from '../runtime/cpu-backend.ts'
import { shownValue } from './arguments.ts'
import { refuseArgument } from './network2-error.ts'

/** An engine, the backend to run it on, and how to release what it keeps. */
export type OpenEngine = {
  readonly interpreter: Interpreter
  readonly run: <R>(work: () => R) => R
  readonly release: () => void
}

/**
 * The engine that was given, on the current backend; or else WebAssembly, which falls back to the eager engine, on the
 * plain JavaScript backend.
 *
 * @param onNotice receives a sentence if steps cannot be compiled
 */
export const openEngine = (given: Interpreter | undefined, onNotice: (line: string) => void): OpenEngine => {
  if (given !== undefined) return { interpreter: given, run: work => work(), release: () => undefined }
  const interpreter = withFallback(wasm(), eager, reason =>
    onNotice(`network2: falling back to the eager engine, which is slower: ${reason}`),
  )
  return { interpreter, run: onCpu, release: interpreter.dispose }
}

/** Refuses a call where JavaScript is older than the language of this library: an old Node imports it without complaint. */
const checkLanguage = (where: string): void => {
  if (!('toReversed' in Array.prototype))
    refuseArgument(
      where,
      'needs the JavaScript of 2023 (Array.prototype.toReversed), which is not there',
      'use Node 20.12 or later, or a browser of 2023 or later',
    )
}

/** Refuses a call where there is no plain JavaScript backend. */
export const checkCpu = (where: string): void => {
  checkLanguage(where)
  if ((findBackendFactory(CPU) as unknown) == null)
    refuseArgument(
      where,
      'needs the plain JavaScript backend of TensorFlow.js, which is not loaded',
      "write once, before it: import '@tensorflow/tfjs-backend-cpu' (loadData of network2/node loads it, too)",
    )
}

/** Refuses an engine where TensorFlow.js has no backend, or has one that is not ready. */
const checkBackend = (where: string): void => {
  try {
    // asking for it chooses the best one, as the user's first operation would
    backend()
  } catch {
    const name = getBackend() as string | null | undefined
    refuseArgument(
      `${where}.engine`,
      `runs on the current backend of TensorFlow.js, and ${
        name === undefined || name === null
          ? 'no backend has been chosen'
          : `the backend ${name} is not ready`
      }`,
      "import one, such as '@tensorflow/tfjs-backend-wasm', and write: await tf.setBackend('wasm'); or leave engine out",
    )
  }
}

/**
 * The engine that was given, if there is a backend for it; or else none, if there is the backend for the default one.
 *
 * @param where the function whose options have it
 */
export const checkEngine = (where: string, engine: unknown): Interpreter | undefined => {
  if (engine === undefined) {
    checkCpu(where)
    return undefined
  }
  checkLanguage(where)
  const { scan } = (engine ?? {}) as { readonly scan?: unknown }
  if (typeof scan !== 'function')
    refuseArgument(
      `${where}, options.engine`,
      `is ${shownValue(engine)}`,
      'give an engine, such as wasm() or eager',
    )
  checkBackend(`${where}, options`)
  return engine as Interpreter
}

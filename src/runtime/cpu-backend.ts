/**
 * TensorFlow.js's backend in plain JavaScript, once it is loaded. The library computes on it what is not compiled, so
 * that its results do not depend on the backend that the user's own program has chosen.
 */
import { engine, getBackend, setBackend } from '@tensorflow/tfjs-core'
import { quietBackend } from '../core/quiet-backend.ts'

/** Its name. */
export const CPU = 'cpu'

/** The fields of TensorFlow.js's engine that say which backend is current, before one is chosen. */
const NOT_CHOSEN = { backendName: undefined, backendInstance: null }

/** Makes a backend that has no asynchronous part the current one. */
const choose = (name: string): void => {
  void setBackend(name)
}

/** Runs `work` on the plain JavaScript backend; then the backend of before is current again, also when it throws. */
export const onCpu = <R>(work: () => R): R => {
  const before = (getBackend() as string | null | undefined) ?? undefined
  if (before !== CPU) choose(CPU)
  quietBackend()
  try {
    return work()
  } finally {
    // where none was chosen, TensorFlow.js still chooses the best one when the user's program first needs it
    if (before === undefined) Object.assign(engine(), NOT_CHOSEN)
    else if (before !== CPU) choose(before)
  }
}

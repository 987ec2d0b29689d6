/**
 * TensorFlow.js's backend in plain JavaScript advertises the native one with its first operation.
 */
import { backend } from '@tensorflow/tfjs-core'

/** Keeps the current backend from that. */
export const quietBackend = (): void => void Object.assign(backend(), { firstUse: false })

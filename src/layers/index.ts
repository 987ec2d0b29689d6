/**
 * `network2/layers`: the models of `@tensorflow/tfjs-layers`, trained by the compiler's engines.
 *
 * @module network2/layers
 */
export { fit, type FitHistory, type FitOptions } from './fit-layers.ts'

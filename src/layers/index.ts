/**
 * `network2/layers`: the models of `@tensorflow/tfjs-layers`, trained by the compiler's engines.
 */
export { fit, type FitHistory, type FitOptions } from './fit-layers.ts'

/**
 * The public surface: re-exports only.
 */
export { sigmoid, sigmoidPrime } from './core/activation.ts'
export { loadBackend, type Backend, type BackendChoice, type BackendName } from './runtime/backend.ts'
export { costOf, crossEntropy, halfSquaredWeights, quadratic, type Cost, type CostName } from './core/cost.ts'
export { engineOf, type EngineChoice } from './runtime/engine.ts'
export { compile } from './compiler/jit.ts'
export { eager } from './compiler/eager.ts'
export {
  Uncompilable,
  type EngineName,
  type Interpreter,
  type Range,
  type Scan,
  type Stacked,
} from './core/scan.ts'
export { print, type Program } from './compiler/program.ts'
export { trace, Untraceable, type Arguments } from './compiler/trace.ts'
export { tally, totalCost, type Tally } from './core/metrics.ts'
export { backprop, feedforward, output, type Batch, type Nabla } from './core/network.ts'
export { observer, type Observation, type Observer } from './core/evaluate.ts'
export {
  fromParams,
  initialValues,
  toParams,
  type Layer,
  type LayerValues,
  type Params,
  type Sizes,
  type Start,
} from './core/params.ts'
export { fold, key, normal, permutation, type Key } from './core/rng.ts'
export { consume, foldScoped, free, owned, reading, scoped } from './core/scope.ts'
export { step, type Pace } from './core/optimizer.ts'
export { decodeModel, encodeModel, type Model } from './io/model.ts'
export { train, type Event, type Report, type Sets, type Settings } from './core/train.ts'
export { leaves, map, paths, signature, unflatten, type Tree } from './core/tree.ts'

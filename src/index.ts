/**
 * The public surface: re-exports only.
 */
export { sigmoid, sigmoidPrime } from './activation.ts'
export { loadBackend, type Backend, type BackendChoice, type BackendName } from './backend.ts'
export { costOf, crossEntropy, halfSquaredWeights, quadratic, type Cost, type CostName } from './cost.ts'
export { engineOf, type EngineChoice } from './engine.ts'
export { compile } from './interpreter/compile.ts'
export { eager } from './interpreter/eager.ts'
export {
  Uncompilable,
  type EngineName,
  type Interpreter,
  type Range,
  type Scan,
  type Stacked,
} from './interpreter/index.ts'
export { print, type Program } from './interpreter/program.ts'
export { trace, Untraceable, type Arguments } from './interpreter/trace.ts'
export { tally, totalCost, type Tally } from './monitor.ts'
export { backprop, feedforward, output, type Batch, type Nabla } from './network.ts'
export { observer, type Observation, type Observer } from './observe.ts'
export {
  fromParams,
  initialValues,
  toParams,
  type Layer,
  type LayerValues,
  type Params,
  type Sizes,
  type Start,
} from './params.ts'
export { fold, key, normal, permutation, type Key } from './rng.ts'
export { consume, foldScoped, free, owned, reading, scoped } from './scope.ts'
export { step, type Pace } from './sgd.ts'
export { decodeModel, encodeModel, type Model } from './store/model.ts'
export { train, type Event, type Report, type Sets, type Settings } from './train.ts'
export { leaves, map, paths, signature, unflatten, type Tree } from './tree.ts'

/**
 * The public surface: re-exports only.
 */
export { sigmoid, sigmoidPrime } from './core/activation.ts'
export { loadBackend, type Backend, type BackendChoice, type BackendName } from './runtime/backend.ts'
export { costOf, crossEntropy, halfSquaredWeights, quadratic, type Cost, type CostName } from './core/cost.ts'
export { selectEngine, type EngineChoice } from './runtime/engine.ts'
export { jit } from './compiler/jit.ts'
export { eager } from './compiler/eager.ts'
export {
  CompileError,
  type EngineName,
  type Interpreter,
  type StepRange,
  type Scan,
  type Stacked,
} from './core/scan.ts'
export { print, type Program } from './compiler/program.ts'
export { trace, TraceError, type Arguments } from './compiler/trace.ts'
export { batchMetrics, totalCost, type MetricSums } from './core/metrics.ts'
export { backprop, feedforward, output, type Batch, type Gradients } from './core/network.ts'
export { evaluator, type Metrics, type Evaluator } from './core/evaluate.ts'
export {
  fromParams,
  initialValues,
  toParams,
  type LayerParams,
  type LayerValues,
  type Params,
  type Sizes,
  type Initializer,
} from './core/params.ts'
export { fold, key, normal, permutation, type Key } from './core/rng.ts'
export { using, foldScoped, dispose, clone, withTensors, scoped } from './core/scope.ts'
export { step, type StepScale } from './core/optimizer.ts'
export { decodeModel, encodeModel, type ModelFile } from './io/model.ts'
export {
  train,
  type TrainEvent,
  type EpochMetrics,
  type TrainSets,
  type TrainSettings,
} from './core/train.ts'
export { leaves, map, paths, signature, unflatten, type Tree } from './core/tree.ts'

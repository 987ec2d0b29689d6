/**
 * The public interface of the library, `network2`: re-exports only. It contains the compiler's, `network2/compiler`.
 *
 * @module network2
 */
export { Network2Error, type ErrorKind } from './api/network2-error.ts'
export {
  deserialize,
  network,
  serialize,
  type ModelOptions,
  type Net,
  type NetworkOptions,
} from './api/net.ts'
export {
  examples,
  syntheticDigits,
  type CompleteDataset,
  type DigitCounts,
  type GivenExamples,
  type Labels,
  type Rows,
} from './api/examples.ts'
export { evaluate, predict, type EvaluateOptions, type Prediction } from './api/predict.ts'
export { sgd, type Epoch, type EpochState, type SgdOptions } from './api/sgd-epochs.ts'
export type { Dataset, DesiredOutputs, Examples, Inputs } from './data/dataset.ts'
export type { Activation, HiddenActivation } from './core/activation.ts'
export { activations, type ActivationName } from './core/activations/index.ts'
export { sigmoid } from './core/activations/sigmoid.ts'
export { linear } from './core/activations/linear.ts'
export { relu } from './core/activations/relu.ts'
export { softmax } from './core/activations/softmax.ts'
export { tanh } from './core/activations/tanh.ts'
export type { Cost } from './core/cost.ts'
export { crossEntropy } from './core/costs/cross-entropy.ts'
export { costNames, costs, type CostName } from './core/costs/index.ts'
export { logLikelihood } from './core/costs/log-likelihood.ts'
export { quadratic } from './core/costs/quadratic.ts'
export { quadraticLinear } from './core/costs/quadratic-linear.ts'
export { dropoutOf, fullNetwork, neuronsKept, thinnedNetwork, type Dropout } from './core/dropout.ts'
export * from './compiler/index.ts'
export { batchMetrics, totalCost, type MetricSums } from './core/metrics.ts'
export { backprop, feedforward, output, type Batch, type Gradients, type Output } from './core/network.ts'
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
export { fold, key, normalNumbers, permutation, type Key } from './core/rng.ts'
export { using, foldScoped, dispose, clone, withTensors, scoped } from './core/scope.ts'
export { generateDigits, type GeneratedDigits } from './data/digits.ts'
export { digitImage } from './image/ink.ts'
export type { GreyImage } from './image/grey.ts'
export type { HyperParameters, Optimizer, TrainState } from './core/optimizer.ts'
export { optimizers, type OptimizerName } from './core/optimizers/index.ts'
export { momentum } from './core/optimizers/momentum.ts'
export { stochasticGradientDescent } from './core/optimizers/sgd.ts'
export type { Regularizer } from './core/regularizer.ts'
export { regularizers, type RegularizerName } from './core/regularizers/index.ts'
export { l1 } from './core/regularizers/l1.ts'
export { l2 } from './core/regularizers/l2.ts'
export { decodeModel, encodeModel, type ModelFile } from './io/model.ts'
export {
  paramsForUse,
  train,
  type DivergedEvent,
  type EpochEvent,
  type EpochMetrics,
  type InitialState,
  type ProgressEvent,
  type TrainCursor,
  type TrainEvent,
  type TrainSets,
  type TrainSettings,
} from './core/train.ts'
export { leaves, map, paths, signature, unflatten } from './core/tree.ts'

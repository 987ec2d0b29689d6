/**
 * Values of the library as a session shows them: a line for each, instead of the thousands of numbers that they have.
 */
import { Tensor } from '@tensorflow/tfjs-core'
import type { CompleteDataset } from '../api/examples.ts'
import type { Net } from '../api/net.ts'
import type { Prediction } from '../api/predict.ts'
import type { Epoch } from '../api/sgd-epochs.ts'
import type { Cost } from '../core/cost.ts'
import { parts, type Dataset, type Examples } from '../data/dataset.ts'
import { counted, grouped } from '../format.ts'
import { predictionText } from '../report/text/prediction-text.ts'

/** The types whose values are shown as a line. */
type Known = {
  readonly Net: Net
  readonly Epoch: Epoch
  readonly Examples: Examples
  readonly Dataset: Dataset | CompleteDataset
  readonly Prediction: Prediction
  readonly Cost: Cost
}

/** What a value of each type has, by which it is recognized. */
const KEYS: { readonly [T in keyof Known]: readonly (keyof Known[T] & string)[] } = {
  Net: ['sizes', 'layers', 'cost'],
  Epoch: ['epoch', 'net', 'state'],
  Examples: ['size', 'inputs', 'desired'],
  Dataset: ['name', 'source', 'training'],
  Prediction: ['label', 'activations'],
  Cost: ['label', 'fn', 'delta'],
}

/** The name of the library's type that a value has, if it is one that is shown as a line. */
export const typeNameOf = (value: unknown): keyof Known | undefined =>
  typeof value !== 'object' || value === null
    ? undefined
    : (Object.keys(KEYS) as (keyof Known)[]).find(name => KEYS[name].every(key => key in value))

const metricsText = (metrics: Epoch['evaluation'], share: (count: number) => string): string | undefined => {
  if (metrics === undefined) return undefined
  const { correct, n, cost } = metrics
  return [
    ...(Number.isNaN(correct) ? [] : [`${share(correct)} / ${share(n)}`]),
    `cost ${cost.toPrecision(4)}`,
  ].join('   ')
}

/** As `train` prints it. */
const epochText = ({ epoch, evaluation, training, stopReason }: Epoch): string => {
  const seen = [
    metricsText(evaluation, String),
    metricsText(training, grouped)?.replace(/^/, 'training '),
    stopReason,
  ].filter(text => text !== undefined)
  return `Epoch ${epoch}: ${seen.length === 0 ? 'training complete' : seen.join('   ')}`
}

const netText = ({ sizes, cost, activation, layers, isInitial }: Net): string => {
  const count = layers.reduce((sum, { w, b }) => sum + w.length + b.length, 0)
  const hidden = sizes.length > 2 ? `, ${activation.name}` : ''
  return `network [${sizes.join(', ')}]: ${cost.label} cost${hidden}, ${grouped(count)} weights and biases${isInitial ? ', not trained' : ''}`
}

const examplesText = ({ size, inputs, desired }: Examples): string => {
  const of =
    desired.kind === 'targets'
      ? `${counted(desired.width, 'target')} each`
      : `labels up to ${desired.labels.reduce((most, label) => Math.max(most, label), 0)}`
  return `${counted(size, 'example')}: ${counted(inputs.width, inputs.kind === 'bytes' ? 'grey value' : 'input')} each, ${of}`
}

const datasetText = (dataset: Dataset): string =>
  `${dataset.name}: ${parts(dataset)
    .map(([name, { size }]) => `${name} ${grouped(size)}`)
    .join(', ')}`

const TEXTS: { readonly [T in keyof Known]: (value: Known[T]) => string } = {
  Net: netText,
  Epoch: epochText,
  Examples: examplesText,
  Dataset: datasetText,
  Prediction: ({ activations }) => predictionText([...activations]),
  Cost: ({ label }) => `the ${label} cost`,
}

/** More lines than these are counted, not shown. */
const MOST_LINES = 30

const isGenerator = (value: object): boolean => Object.prototype.toString.call(value) === '[object Generator]'

const tensorText = (tensor: Tensor): string =>
  tensor.isDisposed ? `a tensor [${tensor.shape.join(', ')}] that has been disposed of` : tensor.toString()

/** Whether this is the error with which Node ends a line after Ctrl-C. */
export const isInterruption = (value: unknown): boolean =>
  value instanceof Error && 'code' in value && value.code === 'ERR_SCRIPT_EXECUTION_INTERRUPTED'

const errorText = (error: Error): string =>
  isInterruption(error)
    ? 'interruption by Ctrl-C'
    : // its message says all: where, what, what to do
      error.name === 'Network2Error'
      ? error.message
      : String(error)

/**
 * The text of a value of the library, of a list of such values, and of what a beginner did not mean to print; undefined
 * for every other value.
 */
export const shortText = (value: unknown): string | undefined => {
  if (typeof value !== 'object' || value === null) return undefined
  if (value instanceof Error) return errorText(value)
  if (value instanceof Tensor) return tensorText(value as Tensor)
  if (value instanceof Promise) return 'a Promise: write await before it'
  if (isGenerator(value))
    return 'a generator, which computes each value when it is asked for: for (const epoch of _) console.log(epoch)'
  if (Array.isArray(value)) return listText(value)
  const name = typeNameOf(value)
  // the type of TEXTS does not say that name and value belong together
  return name === undefined ? undefined : (TEXTS[name] as (value: unknown) => string)(value)
}

const listText = (values: readonly unknown[]): string | undefined => {
  const shown = values.slice(0, MOST_LINES)
  if (shown.length === 0 || !shown.every(value => typeNameOf(value) !== undefined)) return undefined
  const rest = values.length - shown.length
  return [...shown.map(shortText), ...(rest > 0 ? [`… ${grouped(rest)} more`] : [])].join('\n')
}

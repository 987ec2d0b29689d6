/**
 * Learning curves, digits and predictions as text.
 */
import { plot as chart } from 'asciichart'
import { shownValue } from '../api/arguments.ts'
import { Network2Error } from '../api/network2-error.ts'
import type { Prediction } from '../api/predict.ts'
import type { Epoch } from '../api/sgd-epochs.ts'
import { inputValues, labelsOf, sliceExamples, type Examples } from '../data/dataset.ts'
import { blockCharacters } from '../image/blocks.ts'
import { predictionLines } from '../report/text/prediction-text.ts'
import { accuracyCurve, costCurve } from '../report/text/run-text.ts'
import { typeNameOf } from './short-line.ts'

/** The rows of a curve of numbers. */
const HEIGHT = 10

const refuse = (what: string, remedy: string): never => {
  throw new Network2Error('usage', 'plot', what, remedy)
}

const isNumbers = (values: readonly unknown[]): values is readonly number[] =>
  values.every(value => typeof value === 'number' && Number.isFinite(value))

const curves = (epochs: readonly Epoch[], width: number): readonly string[] => {
  const history = epochs.map(({ epoch, evaluation, training }) => ({
    report: {
      epoch,
      ...(evaluation === undefined ? {} : { evaluation }),
      ...(training === undefined ? {} : { training }),
    },
    seconds: 0,
    observing: 0,
  }))
  const drawn = [accuracyCurve(history, width), costCurve(history, width)].filter(lines => lines.length > 0)
  return drawn.length > 0
    ? drawn.flatMap((lines, i) => (i === 0 ? lines : ['', ...lines]))
    : refuse(
        'has fewer than two epochs with metrics',
        'give more epochs to sgd, and evaluation or monitorTraining',
      )
}

/** The picture of an example in block characters, and its label. */
const picture = (examples: Examples, index: number): readonly string[] => {
  if (!Number.isSafeInteger(index) || index < 0 || index >= examples.size)
    return refuse(`has no example ${shownValue(index)}`, `give an index from 0 to ${examples.size - 1}`)
  const { inputs, desired } = sliceExamples(index, index + 1)(examples)
  const width = (inputs.kind === 'bytes' ? inputs.columns : undefined) ?? Math.sqrt(inputs.width)
  if (!Number.isInteger(width) || inputs.width % width !== 0)
    return refuse(`has examples of ${inputs.width} inputs, which are not a square image`, 'give images')
  const pixels = [...inputValues(inputs)]
  return [
    ...blockCharacters({ width, height: inputs.width / width, pixels }).map(line => line.trimEnd()),
    `example ${index}: ${labelsOf(desired)[0]!}`,
  ]
}

const valuesOf = (what: unknown): readonly unknown[] | undefined =>
  typeof what === 'object' && what !== null && Symbol.iterator in what
    ? [...(what as Iterable<unknown>)]
    : undefined

/**
 * The lines of a plot.
 *
 * @param width the number of columns of the terminal
 */
export const plotLines = (what: unknown, index: number, width: number): readonly string[] => {
  const name = typeNameOf(what)
  if (name === 'Examples') return picture(what as Examples, index)
  if (name === 'Prediction') return predictionLines(undefined, [...(what as Prediction).activations])
  const values = valuesOf(what)
  if (values !== undefined && values.length > 0) {
    if (values.every(value => typeNameOf(value) === 'Epoch')) return curves(values as Epoch[], width)
    if (values.length > 1 && isNumbers(values))
      return chart([...values], { height: HEIGHT })
        .split('\n')
        .map(line => line.trimEnd())
  }
  return refuse(
    `is given ${shownValue(what)}`,
    'give epochs (plot([...epochs])), examples and an index (plot(test, 3)), a prediction, or numbers',
  )
}

/**
 * What a network answers, and how well it does.
 */
import { eager } from '../compiler/eager.ts'
import { evaluator, type Metrics } from '../core/evaluate.ts'
import { toParams } from '../core/params.ts'
import type { Regularizer } from '../core/regularizer.ts'
import { regularizers, type RegularizerName } from '../core/regularizers/index.ts'
import type { Interpreter } from '../core/scan.ts'
import { dispose } from '../core/scope.ts'
import { toBatch } from '../data/batch.ts'
import { largestAt, type Examples } from '../data/dataset.ts'
import { outputActivations } from '../data/output-activations.ts'
import { onCpu } from '../runtime/cpu-backend.ts'
import { checkKeys, checkNumber, checkPart, rules } from './arguments.ts'
import { checkCpu, checkEngine, openEngine } from './engines.ts'
import { checkExamples, countOf, inputsFrom, type Rows } from './examples.ts'
import { checkFit, checkWidth } from './fit.ts'
import { checkNet, metricsFor, networkOf, type Net } from './net.ts'

/** What a network answers to one input. */
export type Prediction = {
  /** The class: the output neuron with the highest activation, the first of equal ones. */
  readonly label: number
  /** The activation of each output neuron, [j_L]. */
  readonly activations: Float32Array
}

/**
 * The predictions of a network, one for each input: the book's `feedforward`.
 *
 * @param inputs rows [n, j_0], a typed array with such rows one after the other, a tensor, or examples
 * @throws Network2Error for inputs of another width than the network has
 */
export const predict = (net: Net, inputs: Rows | Examples): readonly Prediction[] => {
  const checked = checkNet('predict, net', net)
  const width = checked.sizes[0]
  const rows =
    typeof inputs === 'object' && 'desired' in inputs
      ? inputs.inputs
      : inputsFrom('predict, inputs', inputs, undefined, width)
  checkWidth('predict, inputs', checked, rows.width)
  checkCpu('predict')
  const size = countOf(rows)
  const outputs = checked.sizes.at(-1)!
  const all = onCpu(() => outputActivations(eager, networkOf(checked), checked.layers, rows, size))
  return Array.from({ length: size }, (_, i) => {
    const activations = all.slice(i * outputs, (i + 1) * outputs)
    return { label: largestAt(activations), activations }
  })
}

/** The options of {@link evaluate}. */
export type EvaluateOptions = {
  /** λ of the penalty that the cost includes; 0. */
  readonly lmbda?: number
  /** The regularizer of the penalty, or its name; `l2`. */
  readonly regularizer?: Regularizer | RegularizerName
  /** As for `sgd`. */
  readonly engine?: Interpreter
}

/**
 * How many of the n examples a network classifies correctly, and its mean cost on them: the book's `accuracy` and
 * `total_cost`.
 *
 * @throws Network2Error for examples that do not fit the network
 * @example
 * ```ts
 * import '@tensorflow/tfjs-backend-cpu'
 * import { evaluate, network, syntheticDigits } from 'network2'
 *
 * const { test } = syntheticDigits({ training: 0, validation: 0, test: 200 })
 * const { correct, n } = evaluate(network([784, 30, 10]), test)
 * console.log(correct < n / 2) // true
 * ```
 */
export const evaluate = (net: Net, examples: Examples, options: EvaluateOptions = {}): Metrics => {
  const where = 'evaluate, options'
  const checked = checkNet('evaluate, net', net)
  checkFit('evaluate, examples', checked, checkExamples('evaluate, examples', examples))
  checkKeys(where, options, ['lmbda', 'regularizer', 'engine'])
  const lmbda = checkNumber(`${where}.lmbda`, options.lmbda ?? 0, rules.nonNegative)
  const regularizer = checkPart<Regularizer>(
    `${where}.regularizer`,
    options.regularizer ?? 'l2',
    regularizers,
    ['penalty'],
    'l2',
  )
  const engine = checkEngine('evaluate', options.engine)
  const { interpreter, run, release } = openEngine(engine, line => console.warn(line))
  return run(() => {
    const [params, set] = [toParams(checked.layers), toBatch(examples, checked.sizes.at(-1)!)]
    try {
      const evaluating = evaluator(interpreter, networkOf(checked), regularizer)(params, set, lmbda)
      for (;;) {
        const next = evaluating.next()
        if (next.done) return metricsFor(checked, next.value)
      }
    } finally {
      dispose([params, set])
      release()
    }
  })
}

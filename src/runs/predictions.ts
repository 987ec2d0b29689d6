/**
 * The predictions of a network on a set: the confusion matrix, and the worst mistakes.
 *
 * Shapes: n examples, j_0 inputs, j_L outputs.
 */
import * as t from 'io-ts'
import type { Network } from '../core/network.ts'
import type { LayerValues } from '../core/params.ts'
import type { Interpreter } from '../core/scan.ts'
import { confusionOf, type Confusion } from '../data/confusion-matrix.ts'
import { labelsOf, largestOfRows, type Examples, type Inputs } from '../data/dataset.ts'
import { outputActivations } from '../data/output-activations.ts'

export type Mistake = {
  /** Its index in the set. */
  readonly index: number
  readonly label: number
  readonly answer: number
  /** The activation of each output neuron, [j_L]. */
  readonly activations: readonly number[]
  readonly width: number
  /** Grey values, row by row; 255 is full ink. */
  readonly pixels: Uint8Array
}

export type Predictions = {
  /** The confusion matrix, [label][answer]. */
  readonly confusion: Confusion
  /** The most confident wrong predictions, the worst first; empty if the inputs are not square pictures. */
  readonly worst: readonly Mistake[]
}

const WORST = 24

/** The predictions of a network with two or more outputs. */
export const predictionsOn = (
  interpreter: Interpreter,
  network: Network,
  layers: readonly LayerValues[],
  examples: Examples,
): Predictions => {
  const outputs = layers.at(-1)!.outputs
  const all = outputActivations(interpreter, network, layers, examples.inputs, examples.size)
  const labels = labelsOf(examples.desired)
  const answers = largestOfRows(all, outputs)
  const wrong: { readonly index: number; readonly answer: number; readonly by: number }[] = []
  labels.forEach((label, index) => {
    const answer = answers[index]!
    if (answer !== label)
      wrong.push({ index, answer, by: all[index * outputs + answer]! - all[index * outputs + label]! })
  })
  const side = Math.sqrt(examples.inputs.width)
  return {
    confusion: confusionOf(labels, answers, outputs),
    worst: !Number.isInteger(side)
      ? []
      : wrong
          .sort((one, other) => other.by - one.by)
          .slice(0, WORST)
          .map(({ index, answer }) => ({
            index,
            answer,
            label: labels[index]!,
            activations: Array.from(all.subarray(index * outputs, (index + 1) * outputs)),
            width: side,
            pixels: pixelsOf(examples.inputs, index),
          })),
  }
}

const pixelsOf = (inputs: Inputs, index: number): Uint8Array => {
  const [from, to] = [index * inputs.width, (index + 1) * inputs.width]
  return inputs.kind === 'bytes'
    ? inputs.bytes.slice(from, to)
    : Uint8Array.from(inputs.floats.subarray(from, to), x => Math.round(255 * Math.min(1, Math.max(0, x))))
}

const Kept = t.type({
  part: t.string,
  confusion: t.array(t.array(t.number)),
  worst: t.array(
    t.type({
      index: t.Int,
      label: t.Int,
      answer: t.Int,
      activations: t.array(t.number),
      width: t.Int,
      pixels: t.string,
    }),
  ),
})

/** The text of `answers.json`; pixels are in base64. */
export const encodePredictions = (part: string, { confusion, worst }: Predictions): string =>
  `${JSON.stringify({
    format: 1,
    part,
    confusion,
    worst: worst.map(mistake => ({ ...mistake, pixels: Buffer.from(mistake.pixels).toString('base64') })),
  })}\n`

/** The predictions in the text of a file, with the name of the set; undefined if it has none. */
export const decodePredictions = (json: unknown): (Predictions & { readonly part: string }) | undefined => {
  const read = Kept.decode(json)
  if (read._tag === 'Left') return undefined
  const { part, confusion, worst } = read.right
  const decoded = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))
  return { part, confusion, worst: worst.map(mistake => ({ ...mistake, pixels: decoded(mistake.pixels) })) }
}

/**
 * A network's prediction as text: the class, and how confident the network is.
 */
import type { GreyImage } from '../../image/grey.ts'
import { blockCharacters } from '../../image/blocks.ts'

/** Below this margin the prediction is reported as unsure. */
const SURE = 0.2

/** The number of activations shown, the largest ones. */
const SHOWN = 10

const BAR = 20

export type RankedOutputs = {
  /** The output with the highest activation; of equal ones, the first. */
  readonly best: number
  /** The output with the next highest activation. */
  readonly second: number
  /** The difference of these two activations. */
  readonly margin: number
}

/** The prediction of a network with two or more outputs. */
export const predictionOf = (activations: readonly number[]): RankedOutputs => {
  const [best = 0, second = 0] = byActivation(activations)
  return { best, second, margin: activations[best]! - activations[second]! }
}

const byActivation = (activations: readonly number[]): readonly number[] =>
  [...activations.keys()].sort((a, b) => activations[b]! - activations[a]!)

/** The prediction in a few words. A network with one output has only its activation. */
export const predictionText = (activations: readonly number[]): string => {
  const [only] = activations
  if (activations.length === 1) return `output ${only!.toFixed(2)}`
  const { best, second, margin } = predictionOf(activations)
  const called = (output: number): string => (activations.length === 10 ? `${output}` : `class ${output}`)
  const at = (output: number): string => activations[output]!.toFixed(2)
  return margin < SURE
    ? `unsure: ${called(best)} at ${at(best)}, ${called(second)} at ${at(second)}`
    : `${called(best)}   (margin ${margin.toFixed(2)} over ${called(second)})`
}

/** The picture in block characters, if any, with the largest activations beside it. */
export const predictionLines = (
  picture: GreyImage<readonly number[]> | undefined,
  activations: readonly number[],
): readonly string[] => {
  const left = picture === undefined ? [] : blockCharacters(picture)
  const shown = byActivation(activations)
    .slice(0, SHOWN)
    .sort((a, b) => a - b)
  const digits = String(shown.at(-1)).length
  const right = shown.map(output => {
    const activation = activations[output]!
    return `${String(output).padStart(digits)}  ${activation.toFixed(2)}  ${'█'.repeat(Math.round(BAR * activation))}`
  })
  const above = Math.max(0, Math.floor((left.length - right.length) / 2))
  const width = left[0]?.length ?? 0
  return Array.from({ length: Math.max(left.length, right.length) }, (_, i) =>
    `  ${(left[i] ?? '').padEnd(width)}  ${right[i - above] ?? ''}`.trimEnd(),
  )
}

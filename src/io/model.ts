/**
 * A network in the file format of network2.py: `{"sizes": […], "weights": […], "biases": […], "cost": "…"}`, with
 * `weights[l][out][in]` and `biases[l][out][0]`. network2.py can load the files written here, and the reverse.
 *
 * What network2.py does not know is an extra key: `activation` (of the hidden layers) and `output` (the activation function of
 * the output layer), where they differ from network2.py, and `trainedOn`. A network of chapter 1 has no `cost`: it is read
 * without one.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { activations, type ActivationName } from '../core/activations/index.ts'
import { costNames, costs, type CostName } from '../core/costs/index.ts'
import { isDefaultPart } from '../core/parts.ts'
import { dataError, type DataError } from '../errors.ts'
import { nonFiniteWord, parseJson, shortValue } from './json.ts'
import { canBeTrained, MOST_LAYERS, MOST_WEIGHTS, type LayerValues, type Sizes } from '../core/params.ts'
import { counted } from '../format.ts'

/** The data that a network was trained on: its name for people, and a hash of its contents. */
export type DataIdentity = { readonly name: string; readonly fingerprint: string }

/** A saved network: what a file of network2.py holds, and what this program adds to it. */
export type ModelFile = {
  /** The number of neurons in each layer. */
  readonly sizes: Sizes
  /** Undefined for a network of chapter 1, whose files have none. */
  readonly cost: CostName | undefined
  /** The activation function of the hidden layers. */
  readonly activation?: ActivationName | undefined
  /** The weights and biases of each layer above the input. */
  readonly layers: readonly LayerValues[]
  /** Undefined in files of other programs. */
  readonly trainedOn?: DataIdentity | undefined
}

/** The activation function of network2.py's output layers, which its files do not name. */
const OUTPUT_OF_NETWORK2 = 'sigmoid'

const outputNames = [...new Set(costNames.map(name => costs[name].output.name))]

/** What a file calls a cost: network2.py's name, and the output layer, where network2.py does not have it. */
const savedCost = (name: CostName): { readonly cost: string; readonly output?: string } => {
  const { savedAs, output } = costs[name]
  return { cost: savedAs, ...(output.name === OUTPUT_OF_NETWORK2 ? {} : { output: output.name }) }
}

const costOf = ({ cost, output = OUTPUT_OF_NETWORK2 }: Pick<File, 'cost' | 'output'>): CostName | undefined =>
  costNames.find(name => costs[name].savedAs === cost && costs[name].output.name === output)

const File = t.type({
  sizes: t.array(t.Int),
  weights: t.array(t.array(t.array(t.number))),
  biases: t.array(t.array(t.array(t.number))),
  cost: t.union([
    t.undefined,
    t.keyof(Object.fromEntries(costNames.map(name => [costs[name].savedAs, null]))),
  ]),
  activation: t.union([t.undefined, t.keyof(activations)]),
  output: t.union([t.undefined, t.keyof(Object.fromEntries(outputNames.map(name => [name, null])))]),
  trainedOn: t.union([t.undefined, t.type({ name: t.string, fingerprint: t.string })]),
})

type File = t.TypeOf<typeof File>

/** The text of the file. Numbers are written so that the same float32 is read back. */
export const encodeModel = ({ sizes, cost, activation, layers, trainedOn }: ModelFile): string =>
  JSON.stringify({
    sizes,
    weights: layers.map(({ w, inputs, outputs }) =>
      Array.from({ length: outputs }, (_, j) => Array.from(w.subarray(j * inputs, (j + 1) * inputs))),
    ),
    biases: layers.map(({ b }) => Array.from(b, value => [value])),
    ...(cost === undefined ? {} : savedCost(cost)),
    ...(isDefaultPart('activation', activation) ? {} : { activation }),
    ...(trainedOn === undefined ? {} : { trainedOn }),
  })

/** The most complaints shown about one file: a wrong file may have thousands. */
const SHOWN = 3

/**
 * Reads the text of a file.
 *
 * @param name the path, for errors
 */
export const decodeModel = (name: string, text: string): E.Either<DataError, ModelFile> =>
  pipe(
    parseJson(text),
    E.mapLeft(wrong => [wrong]),
    E.flatMap(json =>
      pipe(
        File.decode(json),
        E.mapLeft(errors => [...new Set(errors.map(complaint))]),
      ),
    ),
    E.flatMap(file => {
      const wrong = misshapen(file)
      return wrong.length > 0 ? E.left(wrong) : E.right(fromFile(file))
    }),
    E.mapLeft(complaints => {
      const word =
        nonFiniteWord(text) ?? (nullNumber.test(complaints[0]!) ? 'null, as JSON writes NaN,' : undefined)
      if (word !== undefined)
        return dataError(
          `${name}: the network diverged: it holds ${word} where a weight or a bias should be`,
          'train it again with a smaller learning rate',
        )
      return dataError(
        `${name} is not a network: ${complaints.slice(0, SHOWN).join('; ')}${
          complaints.length > SHOWN ? `; and ${complaints.length - SHOWN} more` : ''
        }`,
        'give a file written by `--save` or by network2.py',
      )
    }),
  )

/** The complaint about a number that JSON could not write. */
const nullNumber = /^(weights|biases)\[.*\] is null, not number$/

const namesOfPart = {
  cost: [...new Set(costNames.map(name => costs[name].savedAs))],
  activation: Object.keys(activations),
  output: outputNames,
} as const

/** Such as `weights[0][2]: "x" is not a number`. */
const complaint = ({ context, value }: t.ValidationError): string => {
  const [, ...path] = context.filter(({ key }, i) => i === 0 || key !== '')
  const at = path.map(({ key }) => (/^\d+$/.test(key) ? `[${key}]` : key)).join('')
  const [part] = at.split('[')
  if (part === 'cost' || part === 'activation' || part === 'output')
    return `${part} is ${shortValue(value)}, not ${namesOfPart[part].map(name => JSON.stringify(name)).join(' or ')}`
  if (at === '') return `it is ${shortValue(value)}, not an object`
  return value === undefined
    ? `${at} is missing`
    : `${at} is ${shortValue(value)}, not ${context.at(-1)?.type.name ?? 'as expected'}`
}

const misshapen = ({ sizes, weights, biases, cost, output }: File): readonly string[] => {
  if ((cost ?? output) !== undefined && costOf({ cost, output }) === undefined)
    return [
      `there is no cost ${JSON.stringify(cost)} with the output ${JSON.stringify(output ?? OUTPUT_OF_NETWORK2)}, only ${costNames
        .map(name => `${costs[name].savedAs} with ${costs[name].output.name}`)
        .join(', ')}`,
    ]
  if (sizes.length < 2 || sizes.some(size => size < 1))
    return [`sizes is ${shortValue(sizes)}, not two or more positive numbers`]
  if (!canBeTrained(sizes))
    return [`sizes has more than ${MOST_LAYERS} layers, or ${MOST_WEIGHTS / 1e6} million weights`]
  const layers = sizes.length - 1
  return [
    ...(weights.length === layers
      ? []
      : [`weights has ${counted(weights.length, 'layer')}, sizes ask for ${layers}`]),
    ...(biases.length === layers
      ? []
      : [`biases has ${counted(biases.length, 'layer')}, sizes ask for ${layers}`]),
    ...weights.flatMap((rows, l) => matrix(`weights[${l}]`, rows, sizes[l + 1]!, sizes[l]!)),
    ...biases.flatMap((rows, l) => matrix(`biases[${l}]`, rows, sizes[l + 1]!, 1)),
  ]
}

const matrix = (
  at: string,
  rows: readonly (readonly number[])[],
  height: number,
  width: number,
): readonly string[] => [
  ...(rows.length === height ? [] : [`${at} has ${counted(rows.length, 'row')}, sizes ask for ${height}`]),
  ...rows.flatMap((row, j) =>
    row.length !== width
      ? [`${at}[${j}] has ${counted(row.length, 'number')}, sizes ask for ${width}`]
      : row.flatMap((value, k) =>
          Number.isFinite(Math.fround(value))
            ? []
            : [`${at}[${j}][${k}] is ${value}, which float32 cannot hold`],
        ),
  ),
]

const fromFile = ({ sizes, weights, biases, cost, output, activation, trainedOn }: File): ModelFile => ({
  sizes: [sizes[0]!, sizes[1]!, ...sizes.slice(2)],
  cost: costOf({ cost, output }),
  ...(activation === undefined ? {} : { activation }),
  ...(trainedOn === undefined
    ? {}
    : { trainedOn: { name: trainedOn.name, fingerprint: trainedOn.fingerprint } }),
  layers: weights.map((rows, l) => ({
    inputs: sizes[l]!,
    outputs: sizes[l + 1]!,
    w: Float32Array.from(rows.flat()),
    b: Float32Array.from(biases[l]!.flat()),
  })),
})

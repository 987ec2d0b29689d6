/**
 * A checkpoint: the network at a position of its run, and which part of history.jsonl leads up to it. All that a run
 * needs to go on follows from these and its configuration: the order of the examples from seed and epoch, the best
 * score, the schedule and its patience from the history.
 *
 * The file is in the safetensors format, which other programs read as well. Its metadata hold the rest, and a
 * SHA-256 over all of it. Its size does not depend on the number of epochs.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { createHash } from 'node:crypto'
import type { LayerValues } from '../core/params.ts'
import type { NamedValues } from '../core/tree-values.ts'
import { decodeSafetensors, encodeSafetensors, type Named } from '../io/safetensors.ts'
import { History, type TimedEpoch } from './history.ts'
import { parseJson, toJson } from '../io/json.ts'

/** The number of this format. What older numbers wrote stays readable: format 1 held the whole history itself. */
const FORMAT = 2

/** The first bytes of history.jsonl, and their SHA-256. */
export type HistoryPart = { readonly bytes: number; readonly sha256: string }

export type Checkpoint = {
  /** What it is a checkpoint of: a hash of configuration and data. */
  readonly identity: string
  readonly epochs: number
  /** The examples that the next epoch has been trained on already. */
  readonly examples: number
  /** Where its epochs are; in a file of format 1, the epochs themselves. */
  readonly history: HistoryPart | readonly TimedEpoch[]
  readonly layers: readonly LayerValues[]
  /** What the optimizer remembers; empty for one that remembers nothing. */
  readonly optimizer: readonly NamedValues[]
}

const Kept = t.type({
  format: t.Int,
  identity: t.string,
  epochs: t.Int,
  examples: t.Int,
  history: t.union([t.type({ bytes: t.Int, sha256: t.string }), History]),
})

/** The root of the optimizer's tensors, in their names. */
export const OPTIMIZER = 'optimizer'

const isOptimizer = (name: string): boolean => name.startsWith(OPTIMIZER)

const tensorsOf = (layers: readonly LayerValues[]): readonly Named[] =>
  layers.flatMap(({ inputs, outputs, w, b }, l) => [
    { name: `layer.${l}.w`, shape: [outputs, inputs], values: w },
    { name: `layer.${l}.b`, shape: [outputs], values: b },
  ])

const sumOf = (text: string, tensors: readonly Named[]): string => {
  const hash = createHash('sha256').update(text)
  for (const { name, shape, values } of tensors)
    hash
      .update(`${name} ${shape.join()} `)
      .update(new Uint8Array(values.buffer, values.byteOffset, values.byteLength))
  return hash.digest('hex')
}

export const encodeCheckpoint = ({
  layers,
  optimizer,
  ...kept
}: Checkpoint & { readonly history: HistoryPart }): Uint8Array => {
  const tensors = [...tensorsOf(layers), ...optimizer]
  const state = toJson({ format: FORMAT, ...kept })
  return encodeSafetensors({ metadata: { state, sha256: sumOf(state, tensors) }, tensors })
}

/** Reads a file; what is wrong with it is told as one would after its name. */
export const decodeCheckpoint = (bytes: Uint8Array): E.Either<string, Checkpoint> =>
  pipe(
    decodeSafetensors(bytes),
    E.filterOrElse(
      ({ metadata: { state, sha256 }, tensors }) => state !== undefined && sumOf(state, tensors) === sha256,
      () => 'its SHA-256 is not that of its contents',
    ),
    E.flatMap(({ metadata, tensors }) =>
      pipe(
        parseJson(metadata.state!),
        E.flatMap(readable),
        E.bind('layers', () => layersOf(tensors.filter(({ name }) => !isOptimizer(name)))),
        E.let('optimizer', () => tensors.filter(({ name }) => isOptimizer(name))),
      ),
    ),
  )

const readable = (json: unknown): E.Either<string, Omit<Checkpoint, 'layers' | 'optimizer'>> => {
  const { format } = (json ?? {}) as { readonly format?: unknown }
  if (typeof format === 'number' && format > FORMAT)
    return E.left(
      `its format is ${format}, and this version reads up to ${FORMAT}: a newer network2 has written it`,
    )
  return pipe(
    Kept.decode(json),
    E.mapLeft(() => 'what it says of its run is incomplete'),
    E.filterOrElse(
      ({ epochs, examples, history }) =>
        ('bytes' in history ? history.bytes >= 0 && epochs >= 0 : history.length === epochs) && examples >= 0,
      () => 'its history does not fit its epoch',
    ),
    E.map(({ identity, epochs, examples, history }) => ({ identity, epochs, examples, history })),
  )
}

/** The layers, if the tensors are those of a network and each layer fits the next. */
const layersOf = (tensors: readonly Named[]): E.Either<string, readonly LayerValues[]> => {
  const layers = Array.from({ length: tensors.length / 2 }, (_, l) => {
    const [w, b] = [tensors[2 * l]!, tensors[2 * l + 1]!]
    return { inputs: w.shape[1] ?? 0, outputs: w.shape[0] ?? 0, w: w.values, b: b.values }
  })
  const expected = tensorsOf(layers)
  const fits =
    tensors.length > 0 &&
    tensors.length % 2 === 0 &&
    tensors.every(
      ({ name, shape }, i) => name === expected[i]!.name && String(shape) === String(expected[i]!.shape),
    ) &&
    layers.every(({ inputs }, l) => l === 0 || inputs === layers[l - 1]!.outputs)
  return fits ? E.right(layers) : E.left('its tensors are not the layers of a network')
}

/**
 * A checkpoint: the network at a cursor of its run, and the part of history.jsonl up to there. All else that a resumed
 * run needs follows from these and its configuration: the order of the examples from seed and epoch, the best
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
  /** A hash of the configuration and the data that it belongs to. */
  readonly identity: string
  readonly epochs: number
  /** The number of examples that the unfinished epoch has been trained on. */
  readonly examples: number
  /** Where its epochs are; in a file of format 1, the epochs themselves. */
  readonly history: HistoryPart | readonly TimedEpoch[]
  /** The parameters that are trained: with dropout, `fullNetwork` of them is the network for use. */
  readonly layers: readonly LayerValues[]
  /** The state of the optimizer; empty if it has none. */
  readonly optimizer: readonly NamedValues[]
}

const Kept = t.type({
  format: t.Int,
  identity: t.string,
  epochs: t.Int,
  examples: t.Int,
  history: t.union([t.type({ bytes: t.Int, sha256: t.string }), History]),
})

/** The prefix of the names of the optimizer's tensors. */
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

const natural = new Intl.Collator('en', { numeric: true })

/** The order in which tensors are written: layer by layer, w before b. */
const inOrder = (one: Named, other: Named): number => {
  const rank = ({ name }: Named): string => name.replace(/\.w$/, '.0').replace(/\.b$/, '.1')
  return natural.compare(rank(one), rank(other))
}

/**
 * Reads a file. Its tensors are taken by name, because other programs, such as the safetensors library of Python, save them
 * in another order. The left says what is wrong, to follow the name of the file.
 */
export const decodeCheckpoint = (bytes: Uint8Array): E.Either<string, Checkpoint> =>
  pipe(
    decodeSafetensors(bytes),
    E.flatMap(({ metadata: { state, sha256 }, tensors }) =>
      pipe(
        [tensors, tensors.toSorted(inOrder)].find(
          ordered => state !== undefined && sumOf(state, ordered) === sha256,
        ),
        E.fromNullable('its SHA-256 does not match its contents'),
        E.map(ordered => ({ state: state!, tensors: ordered })),
      ),
    ),
    E.flatMap(({ state, tensors }) =>
      pipe(
        parseJson(state),
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
      `its format is ${format}, and this version reads up to ${FORMAT}: it was written by a newer network2`,
    )
  return pipe(
    Kept.decode(json),
    E.mapLeft(() => 'its metadata are incomplete'),
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

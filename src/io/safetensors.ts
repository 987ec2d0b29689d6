/**
 * The safetensors format, for float32 alone: names, shapes and numbers, and nothing that could ever run.
 *
 * ```
 * length of the header (8 bytes, little endian), the header (JSON, UTF-8), the numbers (little endian)
 * {"__metadata__": {"key": "text", …}, "name": {"dtype": "F32", "shape": […], "data_offsets": [start, end]}, …}
 * ```
 *
 * Encoding is canonical: equal values give equal bytes. The decoder is total: any bytes give tensors or an error,
 * and whatever a header claims is checked against the length of the file before anything is allocated for it.
 * Numbers are moved as bytes, so that every NaN keeps its bits; the machines that TensorFlow.js runs on are
 * little-endian.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { parseHeader, shortJson } from './safetensors-header.ts'

/** A tensor with its name; `values` are its numbers, row after row. */
export type Named = {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export type Safetensors = {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: readonly Named[]
}

/** The bytes of the header's length. */
const PREFIX = 8

/** No header of ours is that long, in bytes; Python's library reads ten times as much. */
const LONGEST_HEADER = 10_000_000

const METADATA = '__metadata__'

/**
 * The bytes of a file: the metadata sorted by key, then the tensors as given, the header padded to 8 bytes.
 *
 * @throws if it could not be read back, such as two tensors of one name, or numbers that do not fill their shape
 */
export const encodeSafetensors = ({ metadata, tensors }: Safetensors): Uint8Array => {
  let extent = 0
  const entries = tensors.map(({ name, shape, values }): Member => {
    const start = extent
    extent += values.byteLength
    return [name, JSON.stringify({ dtype: 'F32', shape, data_offsets: [start, extent] })]
  })
  const texts = Object.entries(metadata)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]): Member => [key, JSON.stringify(value)])
  const header = new TextEncoder().encode(object([[METADATA, object(texts)], ...entries]))
  pipe(
    layout(header, extent),
    E.mapLeft(wrong => {
      throw new Error(`these are no safetensors: ${wrong}`)
    }),
  )

  const data = PREFIX + Math.ceil(header.length / 8) * 8
  const bytes = new Uint8Array(data + extent).fill(0x20, PREFIX, data)
  bytes.set(header, PREFIX)
  const view = new DataView(bytes.buffer)
  view.setBigUint64(0, BigInt(data - PREFIX), true)
  tensors.reduce((at, { values }) => {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at)
    return at + values.byteLength
  }, data)
  return bytes
}

/** A key of a JSON object, and the text of its value. JavaScript's own objects would put the key "1" before "0b". */
type Member = readonly [key: string, value: string]

const object = (members: readonly Member[]): string =>
  `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`

/**
 * Reads the bytes of a file, written here or by any other library: the order of its header does not matter. The
 * tensors come in the order of their numbers.
 *
 * @returns on the left what is wrong, to be said after the name of the file
 */
export const decodeSafetensors = (bytes: Uint8Array): E.Either<string, Safetensors> => {
  if (bytes.length < PREFIX)
    return E.left(`cut after ${bytes.length} bytes; the length of its header alone takes ${PREFIX}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getBigUint64(0, true)
  if (length > bytes.length - PREFIX)
    return E.left(`cut, or no safetensors: a header of ${length} bytes, but the file has ${bytes.length}`)
  const data = PREFIX + Number(length)
  return pipe(
    layout(bytes.subarray(PREFIX, data), bytes.length - data),
    E.map(({ metadata, places }) => ({
      metadata,
      // a copy of its own: where the bytes lie, floats may not begin
      tensors: places.map(({ name, shape, start, end }) => ({
        name,
        shape,
        values: new Float32Array(new Uint8Array(bytes.subarray(data + start, data + end)).buffer),
      })),
    })),
  )
}

/** Where a tensor's numbers lie, in bytes from the end of the header. */
type Place = {
  readonly name: string
  readonly shape: readonly number[]
  readonly start: number
  readonly end: number
}

type Layout = { readonly metadata: Safetensors['metadata']; readonly places: readonly Place[] }

const Metadata = t.record(t.string, t.string)

const Entry = t.type({
  dtype: t.string,
  shape: t.array(t.number),
  data_offsets: t.tuple([t.number, t.number]),
})

/** What a header says, once it is known to be true of `extent` bytes of numbers. */
const layout = (header: Uint8Array, extent: number): E.Either<string, Layout> =>
  E.tryCatch(
    () => {
      if (header.length > LONGEST_HEADER)
        throw new Error(`its header has ${header.length} bytes, more than ${LONGEST_HEADER}`)
      const entries = parseHeader(header)
      const metadata = Object.fromEntries(entries.get(METADATA) ?? [])
      if (!Metadata.is(metadata)) throw new Error(`${METADATA} is not a map of texts`)
      entries.delete(METADATA)
      const places = [...entries]
        .map(([name, fields]) => place(name, Object.fromEntries(fields)))
        .toSorted((a, b) => a.start - b.start || a.end - b.end)
      const end = places.reduce((at, { name, start, end }) => {
        if (start !== at) throw new Error(`${shortJson(name)} starts at byte ${start}, not at ${at}`)
        return end
      }, 0)
      if (end !== extent) throw new Error(`its tensors end at byte ${end} of ${extent}`)
      return { metadata, places }
    },
    error => (error instanceof Error ? error.message : String(error)),
  )

const place = (name: string, fields: unknown): Place => {
  if (!Entry.is(fields))
    throw new Error(`${shortJson(name)} has not the dtype, shape and offsets of a tensor`)
  const { dtype, shape, data_offsets } = fields
  const [start, end] = data_offsets
  if (dtype !== 'F32')
    throw new Error(`${shortJson(name)} is of dtype ${shortJson(dtype)}; only "F32" is read`)
  const bytes = shape.reduce((product, size) => {
    // beyond 2^53 a product may be rounded, and a 0 must not hide what came before it
    if (!Number.isSafeInteger(size) || !Number.isSafeInteger(product * size))
      throw new Error(`${shortJson(name)} has more numbers than can be`)
    return product * size
  }, 4)
  if (end - start !== bytes)
    throw new Error(
      `${shortJson(name)} of shape ${shortJson(shape)} takes ${bytes} bytes, not ${start} to ${end}`,
    )
  return { name, shape, start, end }
}

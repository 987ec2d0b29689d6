/**
 * The safetensors format, for float32 only. It holds names, shapes and numbers, and no code.
 *
 * ```
 * length of the header (8 bytes, little endian), the header (JSON, UTF-8), the numbers (little endian)
 * {"__metadata__": {"key": "text", …}, "name": {"dtype": "F32", "shape": […], "data_offsets": [start, end]}, …}
 * ```
 *
 * Encoding is canonical: equal values give equal bytes. Decoding is total: any bytes give tensors or an error, and what
 * a header claims is checked against the length of the file before memory is allocated for it. Numbers are copied as
 * bytes, so that every NaN keeps its bits; all machines that TensorFlow.js runs on are little-endian.
 */
import * as E from 'fp-ts/lib/Either.js'
import { pipe } from 'fp-ts/lib/function.js'
import * as t from 'io-ts'
import { parseJson, shortValue } from './json.ts'
import { strictText } from './text.ts'
import { counted, grouped } from '../format.ts'

/** A tensor with its name; `values` are in row-major order. */
export type Named = {
  readonly name: string
  readonly shape: readonly number[]
  readonly values: Float32Array
}

export type Safetensors = {
  readonly metadata: Readonly<Record<string, string>>
  readonly tensors: readonly Named[]
}

/** The number of bytes that hold the header's length. */
const PREFIX = 8

/** In bytes. Our headers are far shorter; Python's library reads ten times as much. */
const LONGEST_HEADER = 10_000_000

const METADATA = '__metadata__'

/**
 * The bytes of a file: the metadata sorted by key, then the tensors as given, the header padded to 8 bytes.
 *
 * @throws if the bytes could not be read back: two tensors of one name, or numbers that do not fill their shape
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
  const written = layout(header, extent)
  if (E.isLeft(written)) throw new Error(`these tensors cannot be written: ${written.left}`)
  if (written.right.places.length !== tensors.length)
    throw new Error('these tensors cannot be written: two have one name, or one the name of the metadata')

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

/** A key of a JSON object, and the text of its value: a JavaScript object would put the key "1" before "0b". */
type Member = readonly [key: string, value: string]

const object = (members: readonly Member[]): string =>
  `{${members.map(([key, value]) => `${JSON.stringify(key)}:${value}`).join(',')}}`

/**
 * Reads the bytes of a file, written here or by another library: its header may be in any order. The tensors come in
 * the order of their numbers, empty ones among themselves in any order. Where a JSON key comes twice, the last counts.
 *
 * @returns on the left what is wrong, to follow the name of the file
 */
export const decodeSafetensors = (bytes: Uint8Array): E.Either<string, Safetensors> => {
  if (bytes.length < PREFIX)
    return E.left(
      `cut after ${counted(bytes.length, 'byte')}; the length of its header alone takes ${PREFIX}`,
    )
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const length = view.getBigUint64(0, true)
  if (length > bytes.length - PREFIX)
    return E.left(
      `cut, or not safetensors: a header of ${length} ${length === 1n ? 'byte' : 'bytes'}, but the file has ${grouped(bytes.length)}`,
    )
  const data = PREFIX + Number(length)
  return pipe(
    layout(bytes.subarray(PREFIX, data), bytes.length - data),
    E.map(({ metadata, places }) => ({
      metadata,
      // a copy, since the numbers may lie at an address that is not a multiple of 4
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

/** A size or an offset. Beyond 2^53 a number may have been rounded. */
const Whole = t.refinement(t.number, x => Number.isSafeInteger(x) && x >= 0)

const Entry = t.type({
  dtype: t.string,
  shape: t.array(Whole),
  data_offsets: t.tuple([Whole, Whole]),
})

/** The value of a header; a byte order mark is not part of JSON. */
const parseHeader = (header: Uint8Array): E.Either<string, Record<string, unknown>> =>
  pipe(
    strictText(header),
    E.flatMap(parseJson),
    E.filterOrElse(t.UnknownRecord.is, () => 'it is not a JSON object'),
    E.mapLeft(wrong => `not a safetensors header: ${wrong}`),
  )

/** What a header says, once it is known to fit `extent` bytes of numbers. */
const layout = (header: Uint8Array, extent: number): E.Either<string, Layout> =>
  header.length > LONGEST_HEADER
    ? E.left(`its header has ${counted(header.length, 'byte')}, more than ${grouped(LONGEST_HEADER)}`)
    : pipe(
        parseHeader(header),
        E.flatMap(({ [METADATA]: metadata = {}, ...tensors }) =>
          Metadata.is(metadata)
            ? pipe(
                Object.entries(tensors),
                E.traverseArray(([name, fields]) => place(name, fields)),
                E.flatMap(contiguous(extent)),
                E.map(places => ({ metadata, places })),
              )
            : E.left(`${METADATA} is not an object of strings`),
        ),
      )

/** The places in the order of their numbers, if these fill `extent` bytes without a gap or an overlap. */
const contiguous =
  (extent: number) =>
  (found: readonly Place[]): E.Either<string, readonly Place[]> => {
    const places = found.toSorted((a, b) => a.start - b.start || a.end - b.end)
    let at = 0
    for (const { name, start, end } of places) {
      if (start !== at) return E.left(`${shortValue(name)} starts at byte ${start}, not at ${at}`)
      at = end
    }
    return at === extent ? E.right(places) : E.left(`its tensors end at byte ${at} of ${extent}`)
  }

const place = (name: string, fields: unknown): E.Either<string, Place> => {
  const tensor = shortValue(name)
  if (!Entry.is(fields)) return E.left(`${tensor} lacks a valid dtype, shape or data_offsets`)
  const { dtype, shape, data_offsets } = fields
  const [start, end] = data_offsets
  if (dtype !== 'F32') return E.left(`${tensor} is of dtype ${shortValue(dtype)}; only "F32" is read`)
  // NaN once a product is too large to be exact: a size of 0 must not hide that
  const bytes = shape.reduce(
    (product, size) => (Number.isSafeInteger(product * size) ? product * size : NaN),
    4,
  )
  return end - start === bytes
    ? E.right({ name, shape, start, end })
    : E.left(`${tensor} of shape ${shortValue(shape)} does not take bytes ${start} to ${end}`)
}

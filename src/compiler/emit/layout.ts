/**
 * The layout of a tensor in memory: numbers of 4 bytes for every dtype, row after row, each row padded with zeros to
 * whole vectors. A kernel may read the padding, and must leave it zero.
 *
 * A tensor of any rank is a list of rows along its last axis: [2,3,5] is 6 rows of 5. A scalar is one row of one.
 */
import type { Spec, Values } from '../program.ts'

/** The vectors of a machine. A kernel gives the same bits for any number of lanes. */
export type VectorUnit = {
  /** Numbers in a vector: 4, 8 or 16. */
  readonly lanes: number
  /** Vectors that a kernel may keep in registers. */
  readonly registers: number
  /** Whether a function such as e^x is called, instead of being written out wherever it is used. */
  readonly callsMath: boolean
}

export type PaddedLayout = {
  readonly rows: number
  readonly columns: number
  /** Vectors in a row. */
  readonly vectors: number
  /** Bytes of a vector. */
  readonly vectorBytes: number
  /** Bytes from row to row. */
  readonly pitch: number
  /** Bytes of all rows. */
  readonly bytes: number
}

export const paddedLayout = ({ shape }: Pick<Spec, 'shape'>, lanes: number): PaddedLayout => {
  const columns = shape.at(-1) ?? 1
  const rows = shape.slice(0, -1).reduce((a, b) => a * b, 1)
  const [vectors, vectorBytes] = [Math.ceil(columns / lanes), lanes * 4]
  const pitch = vectors * vectorBytes
  return { rows, columns, vectors, vectorBytes, pitch, bytes: rows * pitch }
}

/** From the first to before the end. */
export type Range = { readonly first: number; readonly end: number }

/** What one thread computes of a tensor: some rows, and of each of them some vectors. */
export type Share = { readonly rows: Range; readonly columns: Range }

export const allOf = ({ rows, vectors }: PaddedLayout): Share => ({
  rows: { first: 0, end: rows },
  columns: { first: 0, end: vectors },
})

/** The bytes of a line of the cache: the unit in which cores fetch memory, and take it from each other. */
export const CACHE_LINE = 64

/** The smallest number of bytes that fills whole lines. */
export const wholeLines = (bytes: number): number => Math.ceil(bytes / CACHE_LINE) * CACHE_LINE

/** `count` cut into a range for each thread. */
const ranges = (count: number, threads: number): readonly Range[] => {
  const edge = (thread: number): number => Math.round((thread * count) / threads)
  return Array.from({ length: threads }, (_, thread) => ({ first: edge(thread), end: edge(thread + 1) }))
}

/** Columns for each thread: whole lines of the cache, so that no two threads write to one. Where there are too few, rows. */
export const sharesOfThreads = (layout: PaddedLayout, threads: number): readonly Share[] => {
  const { rows, pitch, vectors, vectorBytes } = layout
  const lines = Math.ceil(pitch / CACHE_LINE)
  const whole = allOf(layout)
  if (lines < threads) return ranges(rows, threads).map(own => ({ ...whole, rows: own }))
  const edge = (line: number): number => Math.min(vectors, (line * CACHE_LINE) / vectorBytes)
  return ranges(lines, threads).map(({ first, end }) => ({
    ...whole,
    columns: { first: edge(first), end: edge(end) },
  }))
}

/** Whether zeros fill up the last vector of a row. */
export const isRagged = ({ columns, vectors, vectorBytes }: PaddedLayout): boolean =>
  columns * 4 < vectors * vectorBytes

export const bytesOf = (spec: Pick<Spec, 'shape'>, lanes: number): number => paddedLayout(spec, lanes).bytes

/** Columns of a larger matrix: the first one, and how many columns that matrix has. */
type Window = { readonly first: number; readonly of: number }

/** Writes the numbers of a tensor, or of some of its columns, as padded rows. */
export const writePadded = (
  view: Float32Array | Int32Array,
  address: number,
  { rows, columns, pitch }: PaddedLayout,
  values: ArrayLike<number>,
  { first, of }: Window = { first: 0, of: columns },
): void => {
  const [start, step] = [address / 4, pitch / 4]
  view.fill(0, start, start + rows * step)
  if (columns === of && step === of) view.set(values, start)
  else
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        view[start + row * step + column] = values[row * of + first + column]!
}

/** Reads the numbers of a tensor, or of some of its columns, from padded rows. */
export const readPadded = <A extends Values>(
  view: Float32Array | Int32Array,
  address: number,
  { rows, columns, pitch }: PaddedLayout,
  into: A,
  { first, of }: Window = { first: 0, of: columns },
): A => {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      into[row * of + first + column] = view[(address + row * pitch) / 4 + column]!
  return into
}

/** The numbers of a matrix, column after column. */
export const transposeValues = (values: Values, rows: number, columns: number): Values => {
  const transposed = values.slice()
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      transposed[column * rows + row] = values[row * columns + column]!
  return transposed
}

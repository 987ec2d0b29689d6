/**
 * How a tensor lies in memory: numbers of 4 bytes whatever their dtype, row after row, each row filled up with
 * zeros to whole vectors. Every kernel may read the zeros, and must leave them zeros.
 *
 * A tensor of any rank is seen as rows along its last axis: [2,3,5] as 6 rows of 5. A scalar is one row of one.
 */
import type { Spec } from '../program.ts'

/** Numbers in a vector. */
export const LANES = 4

/** Bytes of a vector. */
export const VECTOR = 16

/** An address at which nothing lies, for what must be written and is of no use. */
export const NOWHERE = 0

export type PaddedLayout = {
  readonly rows: number
  readonly columns: number
  /** Vectors in a row. */
  readonly vectors: number
  /** Bytes from row to row. */
  readonly pitch: number
}

export const paddedLayout = ({ shape }: Pick<Spec, 'shape'>): PaddedLayout => {
  const columns = shape.at(-1) ?? 1
  const vectors = Math.ceil(columns / LANES)
  return { rows: shape.slice(0, -1).reduce((a, b) => a * b, 1), columns, vectors, pitch: vectors * VECTOR }
}

export const bytesOf = (spec: Pick<Spec, 'shape'>): number => {
  const { rows, pitch } = paddedLayout(spec)
  return rows * pitch
}

/** A tensor's numbers, written as rows. */
export const writePadded = (
  view: Float32Array | Int32Array,
  address: number,
  { rows, columns, pitch }: PaddedLayout,
  values: ArrayLike<number>,
): void => {
  const [start, step] = [address / 4, pitch / 4]
  view.fill(0, start, start + rows * step)
  if (step === columns) view.set(values, start)
  else
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        view[start + row * step + column] = values[row * columns + column]!
}

/** The numbers of a tensor that lies as rows, into an array of its kind. */
export const readPadded = <A extends Float32Array | Int32Array | Uint8Array>(
  view: Float32Array | Int32Array,
  address: number,
  { rows, columns, pitch }: PaddedLayout,
  into: A,
): A => {
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      into[row * columns + column] = view[(address + row * pitch) / 4 + column]!
  return into
}

/** The numbers of a matrix, column after column. */
export const transposeValues = <A extends Float32Array | Int32Array | Uint8Array>(
  values: A,
  rows: number,
  columns: number,
): A => {
  const turned = values.slice() as A
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = values[row * columns + column]!
  return turned
}

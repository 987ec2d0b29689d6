/**
 * Convolutions and their gradients as products of matrices, in TensorFlow.js's kernels (im2col): XLA's own convolutions
 * take longer on a processor.
 */
import type { Ref } from '../program.ts'
import { convolved, hasBorder, matrixShape, paddedShape, planePlaces, type Windows } from './images.ts'
import type { Rewriting, Rules } from './simplify-rule.ts'

type Matrix = readonly [rows: number, columns: number]

const reshaped = ({ make, spec }: Rewriting, x: Ref, shape: readonly number[]): Ref =>
  make('Reshape', [x], { ...spec(x), shape }, { shape: [...shape] })

/** Images as a matrix with a row for each place, [P, channels]; filters as one, [K, channels of the result]. */
const matrixOf = (rewriting: Rewriting, x: Ref): Ref => {
  const [a, b, c, channels] = rewriting.spec(x).shape as [number, number, number, number]
  return reshaped(rewriting, x, [a * b * c, channels])
}

/** The numbers that the window shows at each of its places, [P, K]. */
const windowMatrix = (rewriting: Rewriting, images: Ref, windows: Windows): Ref => {
  const { make, spec } = rewriting
  const { batch, channels, height, width } = windows
  const { dtype } = spec(images)
  const border = [height, width].map(({ before, after }) => [before, after])
  const padded = hasBorder(windows)
    ? make(
        'PadV2',
        [images],
        { dtype, shape: paddedShape(windows) },
        { paddings: [[0, 0], ...border, [0, 0]], constantValue: 0 },
      )
    : images
  const plane = [batch, height.places, width.places, channels]
  const strides = [1, height.stride, width.stride, 1]
  const planes = planePlaces(windows).map(begin => {
    const end = begin.map((from, axis) => from + (plane[axis]! - 1) * strides[axis]! + 1)
    return make('StridedSlice', [padded], { dtype, shape: plane }, { begin, end, strides })
  })
  const shape = plane.with(3, planes.length * channels)
  const together = planes.length === 1 ? planes[0]! : make('Concat', planes, { dtype, shape }, { axis: 3 })
  return reshaped(rewriting, together, matrixShape(windows))
}

/** The images to which the numbers of their windows, [P, K], are added, for windows that go from each place to the next. */
const addedWindows = (rewriting: Rewriting, matrix: Ref, windows: Windows): Ref => {
  const { make, spec, output } = rewriting
  const { dtype } = spec(matrix)
  const { batch, channels, height, width } = windows
  const plane = [batch, height.places, width.places, channels]
  const all = reshaped(rewriting, matrix, plane.with(3, spec(matrix).shape[1]!))
  const padded = { dtype, shape: paddedShape(windows) }
  const planes = planePlaces(windows).map((place, i) => {
    const begin = [0, 0, 0, i * channels]
    const numbers = make('Slice', [all], { dtype, shape: plane }, { begin, size: plane })
    const paddings = place.map((before, axis) => [before, padded.shape[axis]! - before - plane[axis]!])
    return make('PadV2', [numbers], padded, { paddings, constantValue: 0 })
  })
  const sum = planes.reduce((a, b) => make('Add', [a, b], padded))
  const begin = [0, height.before, width.before, 0]
  return hasBorder(windows) ? make('Slice', [sum], output, { begin, size: [...output.shape] }) : sum
}

const product = (
  { make, spec }: Rewriting,
  a: Ref,
  b: Ref,
  { transposeA = false, transposeB = false } = {},
): Ref => {
  const [ofA, ofB] = [spec(a).shape, spec(b).shape] as unknown as [Matrix, Matrix]
  const shape = [ofA[transposeA ? 1 : 0], ofB[transposeB ? 0 : 1]]
  return make('BatchMatMul', [a, b], { dtype: 'float32', shape }, { transposeA, transposeB })
}

export const convolutionProducts: Rules = {
  Conv2D: rewriting => {
    const { old, inputs, output, spec } = rewriting
    const [x, filter] = inputs as [Ref, Ref]
    const windows = convolved(old, spec(x).shape, spec(filter).shape)
    const matrix = windowMatrix(rewriting, x, windows)
    return reshaped(rewriting, product(rewriting, matrix, matrixOf(rewriting, filter)), output.shape)
  },
  Conv2DBackpropFilter: rewriting => {
    const { old, inputs, output, spec } = rewriting
    const [x, dy] = inputs as [Ref, Ref]
    const matrix = windowMatrix(rewriting, x, convolved(old, spec(x).shape, output.shape))
    return reshaped(
      rewriting,
      product(rewriting, matrix, matrixOf(rewriting, dy), { transposeA: true }),
      output.shape,
    )
  },
  Conv2DBackpropInput: rewriting => {
    const { old, inputs, output, spec } = rewriting
    const [dy, filter] = inputs as [Ref, Ref]
    const windows = convolved(old, output.shape, spec(filter).shape)
    if (windows.height.stride > 1 || windows.width.stride > 1) return undefined
    const [rows, columns] = [matrixOf(rewriting, dy), matrixOf(rewriting, filter)]
    return addedWindows(rewriting, product(rewriting, rows, columns, { transposeB: true }), windows)
  },
}

/**
 * Convolutions and pooling, as products and reductions of windows: a matrix has a row for each place of the window, and a
 * column for each number that the window shows there (im2col). What goes back to the image is added up there.
 *
 * Shapes: images [m, height, width, channels]; P places of the window in all images, K numbers in a window.
 */
import { backend_util, type NamedAttrMap } from '@tensorflow/tfjs-core'
import { CompileError } from '../../core/scan.ts'
import { numbersOf } from '../attributes.ts'
import type { KernelNode, MoveLoop, Stride } from '../kernel-program.ts'
import { sizeOf, type Node, type Ref, type Spec } from '../program.ts'
import { broadcastTo, emitMove, emitPadded, emitSlice } from './moves.ts'
import { emitProduct } from './products.ts'
import type { Builder } from './rewrite.ts'

type Canonical = Builder<KernelNode>

/** Where a window goes over images. */
type Windows = Pick<
  backend_util.Conv2DInfo,
  | 'batchSize'
  | 'inHeight'
  | 'inWidth'
  | 'inChannels'
  | 'outHeight'
  | 'outWidth'
  | 'filterHeight'
  | 'filterWidth'
  | 'strideHeight'
  | 'strideWidth'
  | 'dilationHeight'
  | 'dilationWidth'
  | 'padInfo'
>

type Four = [number, number, number, number]
type Pair = [number, number]

const fourOf = (shape: readonly number[]): Four => {
  if (shape.length !== 4)
    throw new CompileError('images of other than four axes are not supported by the compiler')
  return [...shape] as Four
}

const pairOf = (value: unknown): Pair => {
  const [height = 1, width = height] = numbersOf(value)
  return [height, width]
}

const checkFormat = ({ kernel, attributes: { dataFormat } }: Node): void => {
  if (dataFormat === 'NCHW')
    throw new CompileError(`the kernel ${kernel} of NCHW is not supported by the compiler`)
}

type Padding = Parameters<typeof backend_util.computeConv2DInfo>[4]

const rounding = ({ dimRoundingMode }: Readonly<NamedAttrMap>) =>
  dimRoundingMode as 'floor' | 'round' | 'ceil' | undefined

const convolved = (old: Node, images: readonly number[], filter: readonly number[]): Windows => {
  checkFormat(old)
  const { strides, dilations, pad } = old.attributes
  return backend_util.computeConv2DInfo(
    fourOf(images),
    fourOf(filter),
    pairOf(strides),
    pairOf(dilations),
    pad as Padding,
    rounding(old.attributes),
  )
}

const pooled = (old: Node, images: readonly number[]): Windows => {
  checkFormat(old)
  const { filterSize, strides, pad } = old.attributes
  return backend_util.computePool2DInfo(
    fourOf(images),
    pairOf(filterSize),
    pairOf(strides),
    1,
    pad as Padding,
    rounding(old.attributes),
  )
}

const reshaped = ({ emit, spec }: Canonical, ref: Ref, shape: readonly number[]): Ref =>
  String(spec(ref).shape) === String(shape)
    ? ref
    : emit({ kernel: 'Reshape', inputs: [ref], attributes: {}, outputs: [{ dtype: spec(ref).dtype, shape }] })

const imageShape = ({ batchSize, inHeight, inWidth, inChannels }: Windows): Four => [
  batchSize,
  inHeight,
  inWidth,
  inChannels,
]

/** The shape of the images with their border, beyond which no window goes. */
const paddedShape = ({ batchSize, inHeight, inWidth, inChannels, padInfo }: Windows): Four => [
  batchSize,
  inHeight + padInfo.top + padInfo.bottom,
  inWidth + padInfo.left + padInfo.right,
  inChannels,
]

/** A place in the images and in the matrix of their windows. */
type Windowed = { readonly extent: number; readonly image: Stride; readonly matrix: Stride }

/** The loops over all numbers of all windows. Either a window shows all channels, or each channel has its own. */
const windowLoops = (windows: Windows, channels: 'together' | 'apart'): readonly Windowed[] => {
  const { batchSize, inChannels, outHeight, outWidth, filterHeight, filterWidth } = windows
  const [inRow, inWindow] = channels === 'together' ? [1, inChannels] : [inChannels, 1]
  return [
    { extent: batchSize, image: [0, 1], matrix: [0, outHeight * outWidth * inRow] },
    { extent: outHeight, image: [1, windows.strideHeight], matrix: [0, outWidth * inRow] },
    { extent: outWidth, image: [2, windows.strideWidth], matrix: [0, inRow] },
    { extent: filterHeight, image: [1, windows.dilationHeight], matrix: [1, filterWidth * inWindow] },
    { extent: filterWidth, image: [2, windows.dilationWidth], matrix: [1, inWindow] },
    { extent: inChannels, image: [3, 1], matrix: channels === 'together' ? [1, 1] : [0, 1] },
  ]
}

const matrixShape = (windows: Windows, channels: 'together' | 'apart'): Pair => {
  const { batchSize, inChannels, outHeight, outWidth, filterHeight, filterWidth } = windows
  const [places, numbers] = [batchSize * outHeight * outWidth, filterHeight * filterWidth]
  return channels === 'together' ? [places, numbers * inChannels] : [places * inChannels, numbers]
}

const ZEROS = [0, 0, 0, 0]

/** The windows of images, [P, K]; beyond the border they show `fill`. */
const windowsOf = (
  builder: Canonical,
  images: Ref,
  windows: Windows,
  channels: 'together' | 'apart',
  fill = 0,
): Ref => {
  const { dtype } = builder.spec(images)
  const { padInfo } = windows
  const padded = paddedShape(windows)
  const source =
    String(padded) === String(imageShape(windows))
      ? images
      : emitPadded(builder, images, [0, padInfo.top, padInfo.left, 0], padded, fill)
  const loops = windowLoops(windows, channels).map(({ extent, image, matrix }): MoveLoop => ({
    extent,
    from: image,
    to: matrix,
  }))
  return emitMove(builder, [source], { dtype, shape: matrixShape(windows, channels) }, [
    { input: 0, from: ZEROS, to: [0, 0], loops },
  ])
}

/** The images to which the numbers of their windows, [P, K], are added. */
const addedWindows = (
  builder: Canonical,
  matrix: Ref,
  windows: Windows,
  channels: 'together' | 'apart',
): Ref => {
  const { padInfo } = windows
  const loops = windowLoops(windows, channels).map(({ extent, image, matrix: row }): MoveLoop => ({
    extent,
    from: row,
    to: image,
  }))
  const padded = paddedShape(windows)
  const added = emitMove(
    builder,
    [matrix],
    { dtype: 'float32', shape: padded },
    [{ input: 0, from: [0, 0], to: ZEROS, loops }],
    { adds: true },
  )
  return String(padded) === String(imageShape(windows))
    ? added
    : emitSlice(builder, added, [0, padInfo.top, padInfo.left, 0], imageShape(windows))
}

type ImageRule = (old: Node, inputs: readonly Ref[], output: Spec, builder: Canonical) => Ref

const product = (builder: Canonical, a: Ref, b: Ref, transposeA: boolean, transposeB: boolean): Ref => {
  const [[rows, inner], [otherInner, columns]] = [builder.spec(a).shape, builder.spec(b).shape] as [
    Pair,
    Pair,
  ]
  const shape = [transposeA ? inner : rows, transposeB ? otherInner : columns]
  return emitProduct({ a, b, transposeA, transposeB }, { dtype: 'float32', shape }, builder)
}

/** The filter as a matrix, [K, channels of the result]. */
const filterMatrix = (builder: Canonical, filter: Ref): Ref => {
  const { shape } = builder.spec(filter)
  return reshaped(builder, filter, [shape.slice(0, 3).reduce((a, b) => a * b, 1), shape[3]!])
}

/** Images as a matrix with a row for each place, [P, channels]. */
const placeMatrix = (builder: Canonical, images: Ref): Ref => {
  const { shape } = builder.spec(images)
  return reshaped(builder, images, [shape.slice(0, 3).reduce((a, b) => a * b, 1), shape[3]!])
}

const column = (builder: Canonical, ref: Ref): Ref => reshaped(builder, ref, [sizeOf(builder.spec(ref)), 1])

/** How many numbers of the image each window shows, [P]: those of the border do not count. */
const shownNumbers = (windows: Windows): Float32Array => {
  const { batchSize, inChannels, inHeight, inWidth, outHeight, outWidth, padInfo } = windows
  const shown = (at: number, stride: number, before: number, size: number, filter: number): number =>
    Math.min(at * stride - before + filter, size) - Math.max(at * stride - before, 0)
  const counts = new Float32Array(batchSize * outHeight * outWidth * inChannels)
  return counts.map((_, i) => {
    const place = Math.floor(i / inChannels)
    const [y, x] = [Math.floor(place / outWidth) % outHeight, place % outWidth]
    return (
      shown(y, windows.strideHeight, padInfo.top, inHeight, windows.filterHeight) *
      shown(x, windows.strideWidth, padInfo.left, inWidth, windows.filterWidth)
    )
  })
}

const countsOf = (builder: Canonical, windows: Windows): Ref => {
  const values = shownNumbers(windows)
  return builder.constant({ dtype: 'float32', shape: [values.length], values })
}

/** The kernels that become windows. */
export const imageRules: Readonly<Record<string, ImageRule>> = {
  Conv2D: (old, inputs, output, builder) => {
    const [x, filter] = [inputs[0]!, inputs[1]!]
    const windows = convolved(old, builder.spec(x).shape, builder.spec(filter).shape)
    const matrix = windowsOf(builder, x, windows, 'together')
    return reshaped(
      builder,
      product(builder, matrix, filterMatrix(builder, filter), false, false),
      output.shape,
    )
  },
  Conv2DBackpropFilter: (old, inputs, output, builder) => {
    const [x, dy] = [inputs[0]!, inputs[1]!]
    const windows = convolved(old, builder.spec(x).shape, output.shape)
    const matrix = windowsOf(builder, x, windows, 'together')
    return reshaped(builder, product(builder, matrix, placeMatrix(builder, dy), true, false), output.shape)
  },
  Conv2DBackpropInput: (old, inputs, output, builder) => {
    const [dy, filter] = [inputs[0]!, inputs[1]!]
    const windows = convolved(old, output.shape, builder.spec(filter).shape)
    const matrix = product(builder, placeMatrix(builder, dy), filterMatrix(builder, filter), false, true)
    return addedWindows(builder, matrix, windows, 'together')
  },
  MaxPool: (old, inputs, output, builder) => {
    const windows = pooled(old, builder.spec(inputs[0]!).shape)
    const matrix = windowsOf(builder, inputs[0]!, windows, 'apart', -Infinity)
    const largest = builder.emit({
      kernel: 'Max',
      inputs: [matrix],
      attributes: { axes: [1], keepDims: false },
      outputs: [{ ...output, shape: [sizeOf(output)] }],
    })
    return reshaped(builder, largest, output.shape)
  },
  // to the first of the largest numbers of each window
  MaxPoolGrad: (old, inputs, _output, builder) => {
    const [dy, x] = [inputs[0]!, inputs[1]!]
    const windows = pooled(old, builder.spec(x).shape)
    const matrix = windowsOf(builder, x, windows, 'apart', -Infinity)
    const shape = matrixShape(windows, 'apart')
    const { emit } = builder
    const place = emit({
      kernel: 'ArgMax',
      inputs: [matrix],
      attributes: {},
      outputs: [{ dtype: 'int32', shape: [shape[0]] }],
    })
    const numbers = Int32Array.from({ length: shape[1] }, (_, i) => i)
    const own = builder.constant({ dtype: 'int32', shape: [shape[1]], values: numbers })
    const isPlace = emit({
      kernel: 'Equal',
      inputs: [column(builder, place), own],
      attributes: {},
      outputs: [{ dtype: 'bool', shape }],
    })
    const spread = emit({
      kernel: 'Select',
      inputs: [isPlace, column(builder, dy), builder.scalar(0)],
      attributes: {},
      outputs: [{ dtype: 'float32', shape }],
    })
    return addedWindows(builder, spread, windows, 'apart')
  },
  AvgPool: (old, inputs, output, builder) => {
    const windows = pooled(old, builder.spec(inputs[0]!).shape)
    const matrix = windowsOf(builder, inputs[0]!, windows, 'apart')
    const flat = { ...output, shape: [sizeOf(output)] }
    const total = builder.emit({
      kernel: 'Sum',
      inputs: [matrix],
      attributes: { axes: [1], keepDims: false },
      outputs: [flat],
    })
    const inputsOfMean = [total, countsOf(builder, windows)]
    const mean = builder.emit({ kernel: 'RealDiv', inputs: inputsOfMean, attributes: {}, outputs: [flat] })
    return reshaped(builder, mean, output.shape)
  },
  AvgPoolGrad: (old, inputs, output, builder) => {
    const windows = pooled(old, output.shape)
    const flat = reshaped(builder, inputs[0]!, [sizeOf(builder.spec(inputs[0]!))])
    const each = builder.emit({
      kernel: 'RealDiv',
      inputs: [flat, countsOf(builder, windows)],
      attributes: {},
      outputs: [builder.spec(flat)],
    })
    const matrix = broadcastTo(builder, column(builder, each), matrixShape(windows, 'apart'))
    return addedWindows(builder, matrix, windows, 'apart')
  },
}

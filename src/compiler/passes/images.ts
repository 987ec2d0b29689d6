/**
 * Convolutions as products: a matrix has a row for each place of the window, and a column for each number that the window
 * shows there (im2col). Pooling as operations on planes: a plane has the number at one place of every window. What goes back
 * to the image is added up there.
 *
 * Shapes: images [m, height, width, channels]; P places of the window in all images, K numbers in a window.
 */
import { CompileError } from '../../core/scan.ts'
import { numbersOf } from '../attributes.ts'
import type { KernelNode, MoveLoop, Stride } from '../kernel-program.ts'
import { sizeOf, type Node, type Ref, type Spec } from '../program.ts'
import { emitMove, emitPadded, emitSlice, reshaped } from './moves.ts'
import { emitProduct } from './products.ts'
import type { Builder } from './rewrite.ts'

type Canonical = Builder<KernelNode>

/** Where a window goes along one axis of images. */
type Walk = {
  readonly size: number
  readonly filter: number
  readonly stride: number
  readonly dilation: number
  /** The border before and after. */
  readonly before: number
  readonly after: number
  /** How many places the window has. */
  readonly places: number
}

/** Where a window goes over images. */
export type Windows = {
  readonly batch: number
  readonly channels: number
  readonly height: Walk
  readonly width: Walk
}

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

/** The border of an axis, by TensorFlow's rules: `same` keeps the size for the stride 1, with the odd number behind. */
const borderOf = (
  { kernel, attributes: { pad } }: Node,
  axis: 1 | 2,
  [size, reach, stride]: readonly [number, number, number],
): Pair => {
  if (pad === 'valid') return [0, 0]
  if (pad === 'same') {
    const all = Math.max(0, (Math.ceil(size / stride) - 1) * stride + reach - size)
    return [Math.floor(all / 2), Math.ceil(all / 2)]
  }
  if (typeof pad === 'number') return [pad, pad]
  const given = numbersOf(pad)
  if (given.length !== 8)
    throw new CompileError(
      `the kernel ${kernel} with the padding ${JSON.stringify(pad)} is not supported by the compiler`,
    )
  return [given[2 * axis]!, given[2 * axis + 1]!]
}

const walk = (
  old: Node,
  axis: 1 | 2,
  size: number,
  filter: number,
  stride: number,
  dilation: number,
): Walk => {
  const reach = (filter - 1) * dilation + 1
  const [before, after] = borderOf(old, axis, [size, reach, stride])
  const places = Math.floor((size + before + after - reach) / stride) + 1
  return { size, filter, stride, dilation, before, after, places }
}

/** @param filter its height and width */
const windowsOver = (old: Node, images: readonly number[], filter: Pair, dilations: Pair): Windows => {
  const { kernel, attributes } = old
  if (attributes.dataFormat === 'NCHW')
    throw new CompileError(`the kernel ${kernel} of NCHW is not supported by the compiler`)
  const [batch, height, width, channels] = fourOf(images)
  const strides = pairOf(attributes.strides)
  return {
    batch,
    channels,
    height: walk(old, 1, height, filter[0], strides[0], dilations[0]),
    width: walk(old, 2, width, filter[1], strides[1], dilations[1]),
  }
}

export const convolved = (old: Node, images: readonly number[], filter: readonly number[]): Windows =>
  windowsOver(old, images, [filter[0]!, filter[1]!], pairOf(old.attributes.dilations))

const pooled = (old: Node, images: readonly number[]): Windows =>
  windowsOver(old, images, pairOf(old.attributes.filterSize), [1, 1])

const imageShape = ({ batch, height, width, channels }: Windows): Four => [
  batch,
  height.size,
  width.size,
  channels,
]

/** The shape of the images with their border, beyond which no window goes. */
export const paddedShape = ({ batch, height, width, channels }: Windows): Four => [
  batch,
  height.before + height.size + height.after,
  width.before + width.size + width.after,
  channels,
]

/** A place in the images and in the matrix of their windows. */
type Windowed = { readonly extent: number; readonly image: Stride; readonly matrix: Stride }

/** The loops over all numbers of all windows. */
const windowLoops = ({ batch, channels, height, width }: Windows): readonly Windowed[] => [
  { extent: batch, image: [0, 1], matrix: [0, height.places * width.places] },
  { extent: height.places, image: [1, height.stride], matrix: [0, width.places] },
  { extent: width.places, image: [2, width.stride], matrix: [0, 1] },
  { extent: height.filter, image: [1, height.dilation], matrix: [1, width.filter * channels] },
  { extent: width.filter, image: [2, width.dilation], matrix: [1, channels] },
  { extent: channels, image: [3, 1], matrix: [1, 1] },
]

export const matrixShape = ({ batch, channels, height, width }: Windows): Pair => [
  batch * height.places * width.places,
  height.filter * width.filter * channels,
]

const ZEROS = [0, 0, 0, 0]

export const hasBorder = (windows: Windows): boolean =>
  String(paddedShape(windows)) !== String(imageShape(windows))

/** Images with their border. */
const paddedImages = (builder: Canonical, images: Ref, windows: Windows, fill: number): Ref =>
  hasBorder(windows)
    ? emitPadded(
        builder,
        images,
        [0, windows.height.before, windows.width.before, 0],
        paddedShape(windows),
        fill,
      )
    : images

/** Images without their border. */
const unpadded = (builder: Canonical, padded: Ref, windows: Windows): Ref =>
  hasBorder(windows)
    ? emitSlice(builder, padded, [0, windows.height.before, windows.width.before, 0], imageShape(windows))
    : padded

/** The windows of images, [P, K]; beyond the border they show 0. */
const windowsOf = (builder: Canonical, images: Ref, windows: Windows): Ref => {
  const { dtype } = builder.spec(images)
  const source = paddedImages(builder, images, windows, 0)
  const loops = windowLoops(windows).map(({ extent, image, matrix }): MoveLoop => ({
    extent,
    from: image,
    to: matrix,
  }))
  return emitMove(builder, [source], { dtype, shape: matrixShape(windows) }, [
    { input: 0, from: ZEROS, to: [0, 0], loops },
  ])
}

/** The images to which the numbers of their windows, [P, K], are added. */
const addedWindows = (builder: Canonical, matrix: Ref, windows: Windows): Ref => {
  const loops = windowLoops(windows).map(({ extent, image, matrix: row }): MoveLoop => ({
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
  return unpadded(builder, added, windows)
}

/** The numbers at one place of every window: the rows of the places are the rows of a matrix, [m places, places channels]. */
const planeShape = ({ batch, channels, height, width }: Windows): Pair => [
  batch * height.places,
  width.places * channels,
]

/** The loops over a plane. */
const planeLoops = ({ batch, channels, height, width }: Windows): readonly Windowed[] => [
  { extent: batch, image: [0, 1], matrix: [0, height.places] },
  { extent: height.places, image: [1, height.stride], matrix: [0, 1] },
  { extent: width.places, image: [2, width.stride], matrix: [1, channels] },
  { extent: channels, image: [3, 1], matrix: [1, 1] },
]

/** The place of each plane in the padded images, in the order of the numbers of a window. */
export const planePlaces = ({ height, width }: Windows): readonly Four[] =>
  Array.from({ length: height.filter * width.filter }, (_, i): Four => [
    0,
    Math.floor(i / width.filter) * height.dilation,
    (i % width.filter) * width.dilation,
    0,
  ])

const emitPlane = (
  { emit }: Canonical,
  kernel: 'Add' | 'Equal' | 'Maximum' | 'RealDiv' | 'Select',
  inputs: readonly Ref[],
  shape: readonly number[],
  dtype: Spec['dtype'] = 'float32',
): Ref => emit({ kernel, inputs, attributes: {}, outputs: [{ dtype, shape }] })

/** The planes of the windows of images; beyond the border they show `fill`. */
const planesOf = (builder: Canonical, images: Ref, windows: Windows, fill: number): readonly Ref[] => {
  const { dtype } = builder.spec(images)
  const padded = paddedImages(builder, images, windows, fill)
  const loops = planeLoops(windows).map(({ extent, image, matrix }) => ({ extent, from: image, to: matrix }))
  return planePlaces(windows).map(place =>
    emitMove(builder, [padded], { dtype, shape: planeShape(windows) }, [
      { input: 0, from: place, to: [0, 0], loops },
    ]),
  )
}

/** The images to which planes are added. */
const addedPlanes = (builder: Canonical, planes: readonly Ref[], windows: Windows): Ref => {
  const loops = planeLoops(windows).map(({ extent, image, matrix }) => ({ extent, from: matrix, to: image }))
  const parts = planePlaces(windows).map((place, input) => ({ input, from: [0, 0], to: place, loops }))
  const spec: Spec = { dtype: 'float32', shape: paddedShape(windows) }
  return unpadded(builder, emitMove(builder, planes, spec, parts, { adds: true }), windows)
}

const combined = (builder: Canonical, kernel: 'Add' | 'Maximum', planes: readonly Ref[]): Ref =>
  planes.reduce((all, plane) => emitPlane(builder, kernel, [all, plane], builder.spec(all).shape))

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
  return reshaped(builder, filter, [sizeOf({ shape: shape.slice(0, 3) }), shape[3]!])
}

/** Images as a matrix with a row for each place, [P, channels]. */
const placeMatrix = (builder: Canonical, images: Ref): Ref => {
  const { shape } = builder.spec(images)
  return reshaped(builder, images, [sizeOf({ shape: shape.slice(0, 3) }), shape[3]!])
}

/** How many numbers of the image a window shows at a place of an axis: those of the border do not count. */
const shown = ({ stride, before, size, filter }: Walk, place: number): number =>
  Math.min(place * stride - before + filter, size) - Math.max(place * stride - before, 0)

/** How many numbers of the image each window shows. */
const shownNumbers = ({ batch, channels, height, width }: Windows): Float32Array =>
  new Float32Array(batch * height.places * width.places * channels).map((_, i) => {
    const place = Math.floor(i / channels)
    return (
      shown(height, Math.floor(place / width.places) % height.places) * shown(width, place % width.places)
    )
  })

const countsOf = (builder: Canonical, windows: Windows): Ref => {
  const values = shownNumbers(windows)
  return builder.constant({ dtype: 'float32', shape: planeShape(windows), values })
}

/** The kernels that become windows. */
export const imageRules: Readonly<Record<string, ImageRule>> = {
  Conv2D: (old, inputs, output, builder) => {
    const [x, filter] = [inputs[0]!, inputs[1]!]
    const windows = convolved(old, builder.spec(x).shape, builder.spec(filter).shape)
    const matrix = windowsOf(builder, x, windows)
    return reshaped(
      builder,
      product(builder, matrix, filterMatrix(builder, filter), false, false),
      output.shape,
    )
  },
  Conv2DBackpropFilter: (old, inputs, output, builder) => {
    const [x, dy] = [inputs[0]!, inputs[1]!]
    const windows = convolved(old, builder.spec(x).shape, output.shape)
    const matrix = windowsOf(builder, x, windows)
    return reshaped(builder, product(builder, matrix, placeMatrix(builder, dy), true, false), output.shape)
  },
  Conv2DBackpropInput: (old, inputs, output, builder) => {
    const [dy, filter] = [inputs[0]!, inputs[1]!]
    const windows = convolved(old, output.shape, builder.spec(filter).shape)
    const matrix = product(builder, placeMatrix(builder, dy), filterMatrix(builder, filter), false, true)
    return addedWindows(builder, matrix, windows)
  },
  MaxPool: (old, inputs, output, builder) => {
    const windows = pooled(old, builder.spec(inputs[0]!).shape)
    return reshaped(
      builder,
      combined(builder, 'Maximum', planesOf(builder, inputs[0]!, windows, -Infinity)),
      output.shape,
    )
  },
  // to the first of the largest numbers of each window
  MaxPoolGrad: (old, inputs, _output, builder) => {
    const windows = pooled(old, builder.spec(inputs[1]!).shape)
    const planes = planesOf(builder, inputs[1]!, windows, -Infinity)
    const most = combined(builder, 'Maximum', planes)
    const zero = builder.scalar(0)
    const shape = planeShape(windows)
    const choice = (condition: Ref, yes: Ref, no: Ref): Ref =>
      emitPlane(builder, 'Select', [condition, yes, no], shape)
    let rest = reshaped(builder, inputs[0]!, shape)
    const spread = planes.map(plane => {
      const isLargest = emitPlane(builder, 'Equal', [plane, most], shape, 'bool')
      const own = choice(isLargest, rest, zero)
      rest = choice(isLargest, zero, rest)
      return own
    })
    return addedPlanes(builder, spread, windows)
  },
  AvgPool: (old, inputs, output, builder) => {
    const windows = pooled(old, builder.spec(inputs[0]!).shape)
    const sum = combined(builder, 'Add', planesOf(builder, inputs[0]!, windows, 0))
    const mean = emitPlane(builder, 'RealDiv', [sum, countsOf(builder, windows)], planeShape(windows))
    return reshaped(builder, mean, output.shape)
  },
  AvgPoolGrad: (old, inputs, output, builder) => {
    const windows = pooled(old, output.shape)
    const plane = reshaped(builder, inputs[0]!, planeShape(windows))
    const each = emitPlane(builder, 'RealDiv', [plane, countsOf(builder, windows)], planeShape(windows))
    return addedPlanes(
      builder,
      planePlaces(windows).map(() => each),
      windows,
    )
  },
}

/**
 * Kernels that take each number of an axis from others along it: mirrored padding and resized images, as rows that are
 * picked, or products with a matrix; and sums over neighbouring channels.
 */
import { sizeOf, type Node, type Ref, type Spec } from '../program.ts'
import { ofFloats, type Rewriting, type Rules, type SimplifyRule } from './simplify-rule.ts'

/** The numbers at these places of an axis. */
const picked = (
  { make, constant, spec }: Rewriting,
  x: Ref,
  axis: number,
  places: readonly number[],
): Ref => {
  const index = constant({ dtype: 'int32', shape: [places.length], values: Int32Array.from(places) })
  const from = spec(x)
  const output = { ...from, shape: from.shape.with(axis, places.length) }
  return make('GatherV2', [x, index], output, { axis, batchDims: 0 })
}

/** Shares of the numbers of an axis, for each of the new ones: rows [new, old]. */
type Shares = readonly (readonly number[])[]

const transposed = (shares: Shares): Shares => shares[0]!.map((_, old) => shares.map(row => row[old]!))

/** Along an axis, each number becomes the sum of these shares of the numbers there. */
const mixed = ({ make, constant, spec }: Rewriting, x: Ref, axis: number, shares: Shares): Ref => {
  const from = spec(x)
  const [rank, count] = [from.shape.length, shares.length]
  const order = [...from.shape.keys()]
  const perm = [...order.filter(d => d !== axis), axis]
  const swap = (of: Ref, by: readonly number[]): Ref => {
    const { dtype, shape } = spec(of)
    const output = { dtype, shape: by.map(d => shape[d]!) }
    return axis === rank - 1 ? of : make('Transpose', [of], output, { perm: [...by] })
  }
  const reshape = (of: Ref, shape: readonly number[]): Ref =>
    make('Reshape', [of], { ...from, shape }, { shape: [...shape] })
  const front = swap(x, perm)
  const rows = sizeOf(from) / from.shape[axis]!
  const matrix = constant({
    dtype: 'float32',
    shape: [from.shape[axis]!, count],
    values: Float32Array.from(transposed(shares).flat()),
  })
  const product = make(
    'BatchMatMul',
    [reshape(front, [rows, from.shape[axis]!]), matrix],
    { ...from, shape: [rows, count] },
    { transposeA: false, transposeB: false },
  )
  const back = reshape(product, [...perm.slice(0, -1).map(d => from.shape[d]!), count])
  return swap(
    back,
    order.map(d => perm.indexOf(d)),
  )
}

/** Where the new numbers of a resized axis are on the old one. */
const sources = ({ attributes }: Node, old: number, size: number): ((i: number) => number) => {
  const { alignCorners, halfPixelCenters } = attributes
  const ends = alignCorners === true && size > 1 ? 1 : 0
  const ratio = (old - ends) / (size - ends)
  return i => ratio * (halfPixelCenters === true ? i + 0.5 : i)
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, i) => i)

/** The nearest old number of each new one. */
const nearest = (node: Node, old: number, size: number): readonly number[] => {
  const at = sources(node, old, size)
  const whole = node.attributes.alignCorners === true ? Math.round : Math.floor
  return range(size).map(i => Math.max(0, Math.min(old - 1, whole(at(i)))))
}

const ofPlaces = (places: readonly number[], old: number): Shares =>
  places.map(place => range(old).map(j => (j === place ? 1 : 0)))

/** Between the two old numbers around each new one. */
const bilinear = (node: Node, old: number, size: number): Shares => {
  const at = sources(node, old, size)
  return range(size).map(i => {
    const place = at(i) - (node.attributes.halfPixelCenters === true ? 0.5 : 0)
    const [below, above] = [Math.max(0, Math.floor(place)), Math.min(old - 1, Math.ceil(place))]
    const part = place - below
    return range(old).map(j => (j === below ? 1 - part : 0) + (j === above ? part : 0))
  })
}

/** Height and width of images [n, height, width, channels]. */
const SIDES = [1, 2] as const

/** Images, resized by shares of each side. */
const resized = (sharesOf: (node: Node, old: number, size: number) => Shares): SimplifyRule =>
  ofFloats(rewriting => {
    const { old, inputs, output, spec } = rewriting
    return SIDES.reduce(
      (x, axis) => mixed(rewriting, x, axis, sharesOf(old, spec(x).shape[axis]!, output.shape[axis]!)),
      inputs[0]!,
    )
  })

/** The gradient of images by that of the resized ones, which is the first input. */
const unresized = (sharesOf: (node: Node, old: number, size: number) => Shares): SimplifyRule =>
  ofFloats(rewriting => {
    const { old, inputs, output, spec } = rewriting
    return SIDES.reduce(
      (x, axis) =>
        mixed(rewriting, x, axis, transposed(sharesOf(old, output.shape[axis]!, spec(x).shape[axis]!))),
      inputs[0]!,
    )
  })

const nearestShares = (node: Node, old: number, size: number): Shares =>
  ofPlaces(nearest(node, old, size), old)

/** bias + alpha Σ x² over the channels around each one. */
const normOf = (rewriting: Rewriting, x: Ref): Ref => {
  const { old, make, scalar, spec } = rewriting
  const { depthRadius, bias, alpha } = old.attributes as Readonly<Record<string, number>>
  const from = spec(x)
  const squares = make('Multiply', [x, x], from)
  const sums = aroundChannels(rewriting, squares, depthRadius!)
  return make('Add', [scalar(bias!), make('Multiply', [scalar(alpha!), sums], from)], from)
}

const aroundChannels = (rewriting: Rewriting, x: Ref, radius: number): Ref => {
  const channels = rewriting.spec(x).shape.at(-1)!
  const band = range(channels).map(i => range(channels).map(j => (Math.abs(i - j) <= radius ? 1 : 0)))
  return mixed(rewriting, x, rewriting.spec(x).shape.length - 1, band)
}

const toPower = ({ make, scalar }: Rewriting, x: Ref, exponent: number, output: Spec): Ref =>
  make('Pow', [x, scalar(exponent)], output)

export const resamplingRules: Rules = {
  LRN: ofFloats(rewriting => {
    const { old, inputs, make, output } = rewriting
    const power = toPower(rewriting, normOf(rewriting, inputs[0]!), -Number(old.attributes.beta), output)
    return make('Multiply', [inputs[0]!, power], output)
  }),
  LRNGrad: ofFloats(rewriting => {
    const { old, inputs, make, scalar, output } = rewriting
    const [x, y, dy] = inputs as readonly [Ref, Ref, Ref]
    const { depthRadius, alpha, beta } = old.attributes as Readonly<Record<string, number>>
    const times = (a: Ref, b: Ref): Ref => make('Multiply', [a, b], output)
    const norm = normOf(rewriting, x)
    const shares = aroundChannels(rewriting, make('RealDiv', [times(dy, y), norm], output), depthRadius!)
    const own = times(dy, toPower(rewriting, norm, -beta!, output))
    return make('Sub', [own, times(times(scalar(2 * alpha! * beta!), x), shares)], output)
  }),
  MirrorPad: rewriting => {
    const { old, inputs, spec } = rewriting
    const paddings = old.attributes.paddings as unknown as readonly (readonly [number, number])[]
    // 'reflect' does not repeat the number at the edge
    const edge = old.attributes.mode === 'reflect' ? 0 : 1
    return paddings.reduce((x, [before, after], axis) => {
      const size = spec(x).shape[axis]!
      const places = range(before + size + after).map(i => {
        const at = i - before
        return at < 0 ? -at - edge : at < size ? at : 2 * size - 2 - at + edge
      })
      return before + after === 0 ? x : picked(rewriting, x, axis, places)
    }, inputs[0]!)
  },
  ResizeBilinear: resized(bilinear),
  ResizeBilinearGrad: unresized(bilinear),
  ResizeNearestNeighbor: rewriting => {
    const { old, inputs, output, spec } = rewriting
    return SIDES.reduce(
      (x, axis) => picked(rewriting, x, axis, nearest(old, spec(x).shape[axis]!, output.shape[axis]!)),
      inputs[0]!,
    )
  },
  ResizeNearestNeighborGrad: unresized(nearestShares),
}

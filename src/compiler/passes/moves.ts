/**
 * The kernels of TensorFlow.js that only move numbers, as the one kernel that our own engines have for them.
 */
import { CompileError } from '../../core/scan.ts'
import { countedAxis, numbersOf } from '../attributes.ts'
import type { KernelNode, MoveLoop, MovePart } from '../kernel-program.ts'
import type { Node, Ref, Spec } from '../program.ts'
import type { Builder } from './rewrite.ts'

type Canonical = Builder<KernelNode>

/** How a move differs from a plain one. */
type MoveKind = { readonly fill?: number; readonly adds?: boolean }

export const emitMove = (
  { emit }: Canonical,
  inputs: readonly Ref[],
  output: Spec,
  parts: readonly MovePart[],
  { fill = 0, adds = false }: MoveKind = {},
): Ref => emit({ kernel: 'Move', inputs, attributes: { parts, fill, adds }, outputs: [output] })

/** The same numbers in another shape. */
export const reshaped = ({ emit, spec }: Canonical, ref: Ref, shape: readonly number[]): Ref =>
  String(spec(ref).shape) === String(shape)
    ? ref
    : emit({ kernel: 'Reshape', inputs: [ref], attributes: {}, outputs: [{ dtype: spec(ref).dtype, shape }] })

const origin = (shape: readonly number[]): readonly number[] => shape.map(() => 0)

/** Along each axis of a shape, in both tensors. */
const eachAxis = (shape: readonly number[]): readonly MoveLoop[] =>
  shape.map((extent, axis) => ({ extent, from: [axis, 1], to: [axis, 1] }))

/** The tensor along the axes of a shape into which it broadcasts. */
export const broadcastTo = (builder: Canonical, ref: Ref, shape: readonly number[]): Ref => {
  const { dtype, shape: given } = builder.spec(ref)
  const missing = shape.length - given.length
  const loops = shape.map((extent, axis): MoveLoop => {
    const own = axis - missing
    return own < 0 || given[own] === 1 ? { extent, to: [axis, 1] } : { extent, from: [own, 1], to: [axis, 1] }
  })
  return emitMove(builder, [ref], { dtype, shape }, [
    { input: 0, from: origin(given), to: origin(shape), loops },
  ])
}

/** A part of a tensor, from a place on. */
export const emitSlice = (
  builder: Canonical,
  ref: Ref,
  begin: readonly number[],
  shape: readonly number[],
): Ref =>
  emitMove(builder, [ref], { dtype: builder.spec(ref).dtype, shape }, [
    { input: 0, from: begin, to: origin(shape), loops: eachAxis(shape) },
  ])

/** A tensor with a border of a number around it. */
export const emitPadded = (
  builder: Canonical,
  ref: Ref,
  before: readonly number[],
  shape: readonly number[],
  fill: number,
): Ref => {
  const { dtype, shape: given } = builder.spec(ref)
  const part = { input: 0, from: origin(given), to: before, loops: eachAxis(given) }
  return emitMove(builder, [ref], { dtype, shape }, [part], { fill })
}

/** Tensors one after the other along an axis. */
export const emitConcat = (builder: Canonical, refs: readonly Ref[], axis: number, output: Spec): Ref => {
  let at = 0
  const parts = refs.map((ref, input) => {
    const { shape } = builder.spec(ref)
    const to = origin(shape).with(axis, at)
    at += shape[axis]!
    return { input, from: origin(shape), to, loops: eachAxis(shape) }
  })
  return emitMove(builder, refs, output, parts)
}

type MoveRule = (old: Node, inputs: readonly Ref[], output: Spec, builder: Canonical) => Ref

/** One input along loops over the axes of the result. */
const ofOne =
  (
    loops: (old: Node, input: Spec, output: Spec) => readonly MoveLoop[],
    from: (old: Node, input: Spec, output: Spec) => readonly number[] = (_, { shape }) => origin(shape),
  ): MoveRule =>
  (old, inputs, output, builder) => {
    const input = builder.spec(inputs[0]!)
    return emitMove(builder, [inputs[0]!], output, [
      {
        input: 0,
        from: from(old, input, output),
        to: origin(output.shape),
        loops: loops(old, input, output),
      },
    ])
  }

const reversedAxes = ({ attributes: { dims } }: Node, { shape }: Spec): readonly number[] => {
  const axes = numbersOf(dims ?? shape.map((_, axis) => axis))
  return axes.map(axis => (axis < 0 ? axis + shape.length : axis))
}

/** Numbers of each axis at a fixed distance; an axis that is removed has one number. (`slice_util` of TensorFlow.js would add 6 KB.) */
const stridedSlice: MoveRule = ({ attributes }, [x], output, builder) => {
  const { dtype, shape } = builder.spec(x!)
  const [from, to, strides] = ['begin', 'end', 'strides'].map(name => numbersOf(attributes[name])) as [
    readonly number[],
    readonly number[],
    readonly number[],
  ]
  const has = (mask: string, axis: number): boolean => ((Number(attributes[mask] ?? 0) >> axis) & 1) === 1
  if (
    from.length !== shape.length ||
    [...shape.keys()].some(axis => has('ellipsisMask', axis) || has('newAxisMask', axis))
  )
    throw new CompileError(
      'a strided slice with other axes than those of its input is not supported by the compiler',
    )
  /** A place that counts from the end where it is negative, within the axis or just beyond one of its ends. */
  const place = (at: number, n: number, isBackwards: boolean): number =>
    Math.min(Math.max(at < 0 ? at + n : at, isBackwards ? -1 : 0), isBackwards ? n - 1 : n)
  const begin = shape.map((n, axis) => {
    const isBackwards = strides[axis]! < 0
    return has('beginMask', axis) ? (isBackwards ? n - 1 : 0) : place(from[axis]!, n, isBackwards)
  })
  const end = shape.map((n, axis) => {
    const isBackwards = strides[axis]! < 0
    if (has('shrinkAxisMask', axis)) return begin[axis]! + Math.sign(strides[axis]!)
    return has('endMask', axis) ? (isBackwards ? -1 : n) : place(to[axis]!, n, isBackwards)
  })
  const extents = begin.map((from, axis) => Math.ceil((end[axis]! - from) / strides[axis]!))
  const loops = extents.map((extent, axis): MoveLoop => ({
    extent,
    from: [axis, strides[axis]!],
    to: [axis, 1],
  }))
  const part = { input: 0, from: begin, to: origin(extents), loops }
  const picked = emitMove(builder, [x!], { dtype, shape: extents }, [part])
  return reshaped(builder, picked, output.shape)
}

/** The kernels that become moves. */
export const moveRules: Readonly<Record<string, MoveRule>> = {
  Concat: (old, inputs, output, builder) => emitConcat(builder, inputs, countedAxis(old, output), output),
  PadV2: (old, [x], output, builder) => {
    const paddings = numbersOf(old.attributes.paddings)
    const before = output.shape.map((_, axis) => paddings[2 * axis]!)
    return emitPadded(builder, x!, before, output.shape, Number(old.attributes.constantValue ?? 0))
  },
  Reverse: ofOne(
    (old, input) => {
      const axes = reversedAxes(old, input)
      return input.shape.map((extent, axis) => ({
        extent,
        from: [axis, axes.includes(axis) ? -1 : 1],
        to: [axis, 1],
      }))
    },
    (old, input) => {
      const axes = reversedAxes(old, input)
      return input.shape.map((n, axis) => (axes.includes(axis) ? n - 1 : 0))
    },
  ),
  Slice: (old, [x], output, builder) => emitSlice(builder, x!, numbersOf(old.attributes.begin), output.shape),
  StridedSlice: stridedSlice,
  Tile: ofOne((_, { shape }, output) => [
    ...shape.map((n, axis): MoveLoop => ({ extent: output.shape[axis]! / n, to: [axis, n] })),
    ...eachAxis(shape),
  ]),
  Transpose: ofOne((old, input) =>
    numbersOf(old.attributes.perm).map((from, to) => ({
      extent: input.shape[from]!,
      from: [from, 1],
      to: [to, 1],
    })),
  ),
}

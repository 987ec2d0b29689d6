/**
 * What the passes need to know of kernels: which shapes fit, and which axes a reduction takes.
 */
import type { Node, Spec } from '../program.ts'
import { sizeOf } from '../program.ts'
import { TraceError } from '../trace.ts'

export const sameShape = (a: Spec, b: Spec): boolean => String(a.shape) === String(b.shape)

export const isScalar = (spec: Spec): boolean => sizeOf(spec) === 1

const numbers = (value: unknown): readonly number[] => [value].flat() as number[]

/** The axes that a reduction takes away, counted from 0. */
export const axesOf = ({ kernel, attributes }: Node, { shape }: Spec): readonly number[] => {
  // the kernel Max has another name for it
  const given = attributes.axis ?? attributes.reductionIndices
  const axes = given === undefined || given === null ? shape.map((_, i) => i) : numbers(given)
  const counted = axes.map(axis => (axis < 0 ? axis + shape.length : axis))
  if (counted.some(axis => !(axis >= 0 && axis < shape.length)))
    throw new TraceError(`the kernel ${kernel} has no lowering along the axis ${axes.join()}`)
  return counted
}

/**
 * Reading the attributes of a kernel.
 */
import { CompileError } from '../core/scan.ts'
import type { Node, Spec } from './program.ts'

/** The numbers of an attribute that is one number, or a list of any depth; none where it is missing. */
export const numbersOf = (value: unknown): readonly number[] =>
  Array.isArray(value) ? value.flatMap(numbersOf) : typeof value === 'number' ? [value] : []

/** The axes that a reduction of `input` removes, counted from 0: all, where none are named. */
export const axesOf = (
  { kernel, attributes }: Pick<Node, 'kernel' | 'attributes'>,
  { shape }: Spec,
): readonly number[] => {
  // the kernel Max has another name for it; TensorFlow.js passes null or nothing for all axes
  const given: unknown = attributes.axis ?? attributes.reductionIndices
  const axes = given === undefined || given === null ? shape.map((_, i) => i) : numbersOf(given)
  const counted = axes.map(axis => (axis < 0 ? axis + shape.length : axis))
  if (counted.some(axis => !(axis >= 0 && axis < shape.length)))
    throw new CompileError(
      `the kernel ${kernel} is not supported along axis ${axes.join()} of [${shape.join()}]`,
    )
  return counted
}

/** The axis that a kernel names, counted from 0. */
export const countedAxis = ({ attributes }: Pick<Node, 'attributes'>, { shape }: Spec): number =>
  (Number(attributes.axis) + shape.length) % shape.length

/**
 * Questions about shapes.
 */
import { sizeOf, type Spec } from '../program.ts'

export const sameShape = (a: Spec, b: Spec): boolean => String(a.shape) === String(b.shape)

export const isScalar = (spec: Spec): boolean => sizeOf(spec) === 1

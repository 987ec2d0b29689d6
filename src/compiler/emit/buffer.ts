/**
 * Where a tensor lies.
 */
import type { Spec } from '../program.ts'

export type TensorBuffer = {
  readonly spec: Spec
  /** A constant of the module. Of a table it is the place where a pointer to it will stand. */
  readonly address: number
  /** Tables are data that stay from call to call, rows as they are or the numbers that are not zero. */
  readonly table?: 'dense' | 'sparse'
}

export type TensorBuffers = readonly TensorBuffer[]

/**
 * Where a tensor is in memory.
 */
import type { Ref, Spec } from '../program.ts'
import type { PaddedLayout } from './layout.ts'

/** A gather source is stored as its rows, or as the numbers of each row that are not zero. */
export type SourceForm = 'dense' | 'sparse'

export type TensorBuffer = {
  readonly spec: Spec
  readonly layout: PaddedLayout
  /** A constant of the module. For a gather source it is the address of a pointer to its data. */
  readonly address: number
  /** Set for a gather source, whose data stay in memory from call to call. */
  readonly gatherSource?: SourceForm
}

/** The buffer of a tensor of the program. */
export type BufferOf = (ref: Ref) => TensorBuffer

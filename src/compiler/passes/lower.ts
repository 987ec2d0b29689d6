/**
 * The passes, one after the other: from the program that was traced to the one whose nodes are the loops that run.
 */
import type { Program } from '../program.ts'
import { fuse } from './fuse.ts'
import { canonicalize } from './canonicalize.ts'
import { assignLayouts, type LaidOut } from './assign-layouts.ts'
import { sparsify } from './sparsify.ts'

/**
 * @param tables the inputs of which only rows are taken, and the form in which they are kept
 * @param rows how many of the inputs, the last ones, are rows of the scan: they are copied as they are
 */
export const lower = (
  traced: Program,
  tables: ReadonlyMap<number, 'dense' | 'sparse'>,
  rows: number,
): LaidOut => {
  const fixed = traced.inputs.flatMap((_, i) =>
    tables.has(i) || i >= traced.inputs.length - rows ? [i] : [],
  )
  const { program, turned } = assignLayouts(canonicalize(traced), new Set(fixed))
  const sparse = new Set([...tables].flatMap(([index, form]) => (form === 'sparse' ? [index] : [])))
  return { program: fuse(sparsify(program, sparse)), turned }
}

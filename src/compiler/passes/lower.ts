/**
 * The passes in their order: from a program in canonical form to one whose nodes are the loops that run.
 */
import type { KernelProgram, LoopProgram } from '../kernel-program.ts'
import type { SourceForm } from '../emit/buffer.ts'
import { assignLayouts } from './assign-layouts.ts'
import { fuse } from './fuse.ts'
import { sparsify } from './sparsify.ts'

export type Lowered = {
  readonly program: LoopProgram
  /** The inputs that are given transposed. */
  readonly transposed: ReadonlySet<number>
}

/**
 * @param sources the form in which each gather source is stored
 * @param rows how many of the inputs, the last ones, are rows of the scan: they are copied as they are
 */
export const lower = (
  canonical: KernelProgram,
  sources: ReadonlyMap<number, SourceForm>,
  rows: number,
): Lowered => {
  const firstRow = canonical.inputs.length - rows
  const fixed = canonical.inputs.flatMap((_, i) => (sources.has(i) || i >= firstRow ? [i] : []))
  const { program, transposed } = assignLayouts(canonical, new Set(fixed))
  const sparse = [...sources].flatMap(([index, form]) => (form === 'sparse' ? [index] : []))
  return { program: fuse(sparsify(program, new Set(sparse))), transposed }
}

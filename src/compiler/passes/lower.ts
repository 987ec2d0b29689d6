/**
 * The passes in their order: from a program in canonical form to one whose nodes are the loops that run.
 */
import type { KernelProgram, LoopProgram } from '../kernel-program.ts'
import type { SourceForm } from '../emit/buffer.ts'
import type { StepLayout } from '../rows.ts'
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
 */
export const lower = (
  canonical: KernelProgram,
  sources: ReadonlyMap<number, SourceForm>,
  layout: StepLayout,
): Lowered => {
  // rows are copied as they are
  const firstRow = canonical.inputs.length - layout.rows
  const fixed = canonical.inputs.flatMap((_, i) => (sources.has(i) || i >= firstRow ? [i] : []))
  const { program, transposed } = assignLayouts(canonical, new Set(fixed), layout)
  const sparse = [...sources].flatMap(([index, form]) => (form === 'sparse' ? [index] : []))
  return { program: fuse(sparsify(program, new Set(sparse))), transposed }
}

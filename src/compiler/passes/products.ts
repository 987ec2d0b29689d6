/**
 * Products and transposes of matrices in canonical form.
 */
import type { KernelNode } from '../kernel-program.ts'
import type { Ref, Spec } from '../program.ts'
import type { Builder } from './rewrite.ts'

type Canonical = Builder<KernelNode>

const transposedSpec = ({ dtype, shape: [rows = 1, columns = 1] }: Spec): Spec => ({
  dtype,
  shape: [columns, rows],
})

/** The transpose of a matrix. */
export const transpose = (ref: Ref, { emit, spec }: Canonical): Ref =>
  emit({ kernel: 'Transpose', inputs: [ref], attributes: {}, outputs: [transposedSpec(spec(ref))] })

export type ProductSpec = {
  readonly a: Ref
  readonly b: Ref
  readonly transposeA: boolean
  readonly transposeB: boolean
}

/** A product that reads its second matrix row by row: the numbers of a row are adjacent, and fill whole vectors. */
export const emitProduct = (
  { a, b, transposeA, transposeB }: ProductSpec,
  output: Spec,
  builder: Canonical,
): Ref =>
  builder.emit({
    kernel: 'BatchMatMul',
    inputs: [a, transposeB ? transpose(b, builder) : b],
    attributes: { transposeA },
    outputs: [output],
  })

/**
 * One sum of a product: a b + c. The machine has an instruction for it, but only relaxed SIMD gives access to it, and
 * it rounds once where a product and a sum round twice.
 */
import { assemble } from '../emit/assembler.ts'
import { f32x4, locals, let_ } from '../emit/code.ts'
import { webAssembly } from './webassembly.ts'
import type { MulAdd } from '../emit/matmul.ts'

const strict: MulAdd = (a, b, c) => f32x4.add(f32x4.mul(a, b), c)

/** Whether this engine knows the relaxed multiply-and-add. */
export const hasRelaxed = (): boolean => {
  const fn = locals()
  const zero = f32x4.const(0)
  const { code } = let_(fn, f32x4.relaxedMulAdd(zero, zero, zero))
  return webAssembly.validate(assemble([{ params: [], locals: fn.kinds, body: code }], 1))
}

/** The multiply-and-add to use: the relaxed one where it is wanted and there. */
export const mulAddOf = (wanted: boolean): MulAdd => (wanted && hasRelaxed() ? f32x4.relaxedMulAdd : strict)

/**
 * The rules by which programs are simplified.
 */
import type { Constant, Node, Ref, Spec } from '../program.ts'

/** What a rule works with: the node, its inputs in the new program, and what it can write. `make` simplifies what it makes. */
export type Rewriting = {
  readonly old: Node
  readonly inputs: readonly Ref[]
  /** The dtype and shape of the old node's only output. */
  readonly output: Spec
  readonly spec: (ref: Ref) => Spec
  readonly make: (
    kernel: string,
    inputs: readonly Ref[],
    output: Spec,
    attributes?: Node['attributes'],
  ) => Ref
  readonly scalar: (value: number) => Ref
  readonly constant: (constant: Constant) => Ref
  /** The value of a constant without axes. */
  readonly numberOf: (ref: Ref) => number | undefined
}

/** What replaces the outputs of a node; undefined where the node stays. */
export type SimplifyRule = (rewriting: Rewriting) => Ref | readonly Ref[] | undefined

export const boolean = ({ shape }: Spec): Spec => ({ dtype: 'bool', shape })

/** A rule that floats need, and that is wrong, or not possible, for other numbers. */
export const ofFloats =
  (rule: SimplifyRule): SimplifyRule =>
  rewriting =>
    rewriting.output.dtype === 'float32' ? rule(rewriting) : undefined

/** Rules by the names of their kernels. */
export type Rules = Readonly<Record<string, SimplifyRule>>

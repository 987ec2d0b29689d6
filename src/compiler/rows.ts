/**
 * The per-step inputs of a scan: trees whose leaves are stacked along a first axis, and the rows of them.
 */
import { tensor } from '@tensorflow/tfjs-core'
import { withTensors } from '../core/scope.ts'
import { leaves, paths, unflatten, type Tree } from '../core/tree.ts'
import { CompileError, type Stacked, type StepRange } from '../core/scan.ts'
import { printSpec, specOf, type AnyNode, type Program, type Spec } from './program.ts'
import { simplify } from './passes/simplify.ts'
import { trace } from './trace.ts'

/** The dtype and shape of a row of each leaf. */
export const rowSpecs = (xs: Tree): readonly Spec[] =>
  leaves(xs).map(({ dtype, shape }) => ({ dtype, shape: shape.slice(1) }))

/** @throws RangeError when a leaf does not have all rows of the range */
export const checkRange = (xs: Tree, [from, to]: StepRange): void => {
  for (const { shape } of leaves(xs)) {
    const n = shape.at(0) ?? 0
    if (from < 0 || to > n)
      throw new RangeError(`scan: the range [${from}, ${to}) exceeds a per-step input with ${n} rows`)
  }
}

/** The form of the tree of rows as text, such as `x.rows:int32[10] x.mask:float32[10,30]`. */
export const rowSignature = (xs: Tree, specs: readonly Spec[]): string =>
  paths(xs, 'x')
    .map((path, i) => `${path}:${printSpec(specs[i]!)}`)
    .join(' ')

/** The rows of a range, each as a function that makes its tensors; the receiver frees them. */
export function* rows<X extends Tree>(xs: Stacked<X>, range: StepRange): Generator<() => X> {
  checkRange(xs, range)
  const specs = rowSpecs(xs)
  const values = leaves(xs).map(leaf => leaf.dataSync())
  const row = (i: number): Tree =>
    unflatten<Tree>(
      xs,
      specs.map(({ dtype, shape }, leaf) => {
        const size = shape.reduce((a, b) => a * b, 1)
        return tensor(values[leaf]!.subarray(i * size, (i + 1) * size), [...shape], dtype)
      }),
    )
  for (let i = range[0]; i < range[1]; i++) yield () => row(i) as X // the form of xs is that of X
}

/** The simplified program of a step, (state, constants, x) -> state, traced on the first row. */
export const traceStep = <S extends Tree, C extends Tree, X extends Tree>(
  f: (state: S, constants: C, x: X) => S,
  s0: S,
  constants: C,
  xs: Stacked<X>,
): Program => {
  const [first] = rows<X>(xs, [0, 1])
  // the range has one row, or checkRange has thrown
  return withTensors(first!, row =>
    simplify(
      trace(f, [
        ['', s0],
        ['', constants],
        ['x', row],
      ]),
    ),
  )
}

/**
 * Checks that a step returns its state as it was given: the same dtypes and shapes.
 *
 * @throws CompileError that names the first difference
 */
export const checkStateKinds = (step: Program<AnyNode>): void => {
  step.outputs.forEach((ref, i) => {
    const { name, ...spec } = step.inputs[i]!
    const [before, after] = [printSpec(spec), printSpec(specOf(step, ref))]
    if (before !== after)
      throw new CompileError(
        `a scan's state must keep its dtypes and shapes: ${name || 'the state'} was ${before}, became ${after}`,
      )
  })
}

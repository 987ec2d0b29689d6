/**
 * The per-step inputs of a scan: trees whose leaves are stacked along a first axis, and the rows of them.
 */
import { tensor, zeros } from '@tensorflow/tfjs-core'
import { scoped, using } from '../core/scope.ts'
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

/** A row of zeros; the caller owns it. */
export const zeroRow = <X extends Tree>(xs: Stacked<X>): X =>
  unflatten<Tree>(
    xs,
    rowSpecs(xs).map(({ dtype, shape }) => zeros([...shape], dtype)),
  ) as X // the form of xs is that of X

/** A step with an output: (state, constants, x) -> [state, y]. */
export type StackedStep<S extends Tree, C extends Tree, X extends Tree, Y extends Tree> = (
  state: S,
  constants: C,
  x: X,
) => readonly [state: S, y: Y]

/** What the inputs and outputs of a step's program are. */
export type StepLayout = {
  /** How many of the inputs and of the outputs, the first ones, are the state. The other outputs are those of the step. */
  readonly carried: number
  /** How many of the inputs, the last ones, are a row of the per-step inputs. */
  readonly rows: number
}

/** A step as a simplified program, with the form of its output, whose tensors are disposed of. */
export type TracedStep = { readonly program: Program; readonly layout: StepLayout; readonly form: Tree }

/** Traces a step: on a row of zeros, as its numbers do not matter. */
export const traceStep = <S extends Tree, C extends Tree, X extends Tree, Y extends Tree>(
  f: StackedStep<S, C, X, Y>,
  s0: S,
  constants: C,
  xs: Stacked<X>,
): TracedStep => {
  let form: Tree = []
  const recorded = (state: S, given: C, x: X): Tree => {
    const [next, y] = f(state, given, x)
    const [before, after] = [paths(s0, 'state'), paths(next, 'state')]
    if (String(before) !== String(after))
      throw new CompileError(
        `a scan's state must keep its form: it was ${before.join(' ')}, became ${after.join(' ')}`,
      )
    form = y
    return [next, y]
  }
  const program = using(scoped(() => zeroRow<X>(xs))(), row =>
    simplify(
      trace(recorded, [
        ['', s0],
        ['', constants],
        ['x', row],
      ]),
    ),
  )
  return { program, layout: { carried: leaves(s0).length, rows: leaves(xs).length }, form }
}

/**
 * Checks that a step returns its state as it was given: the same dtypes and shapes.
 *
 * @throws CompileError that names the first difference
 */
export const checkStateKinds = (step: Program<AnyNode>, { carried }: StepLayout): void => {
  step.outputs.slice(0, carried).forEach((ref, i) => {
    const { name, ...spec } = step.inputs[i]!
    const [before, after] = [printSpec(spec), printSpec(specOf(step, ref))]
    if (before !== after)
      throw new CompileError(
        `a scan's state must keep its dtypes and shapes: ${name || 'the state'} was ${before}, became ${after}`,
      )
  })
}
